"""Addresses of the whole application."""

from django.contrib.admin import autodiscover
from django.urls import URLPattern, URLResolver, include, path

from tenants.adminsite import site as tenant_admin
from tenants.web import health, operator_pages

autodiscover()

handler400 = "integrations.web.faults.not_understood"
handler500 = "integrations.web.faults.fault"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("allauth.account.urls")),
    path("second-factor/", include("allauth.mfa.urls")),
    path("", include("tenants.web.urls")),
    path("admin/", tenant_admin.urls),
    path("operator/", operator_pages.directory, name="operator"),
    path("operator/enter/", operator_pages.enter_tenant, name="operator_enter"),
    path("operator/leave/", operator_pages.leave_tenant, name="operator_leave"),
    path("", include("integrations.web.urls")),
    path("", include("integrations.api.urls")),
]
