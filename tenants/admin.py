"""People in the tenant's admin, to look at. The site and its base class are in `tenants.adminsite`."""

from django.contrib import admin

from tenants.adminsite import TenantAdminSite, TenantModelAdmin, TenantTabularInline, site
from tenants.models import Membership

__all__ = ["TenantAdminSite", "TenantModelAdmin", "TenantTabularInline", "site"]


@admin.register(Membership, site=site)
class MembershipAdmin(TenantModelAdmin):
    """Members, to look at; they are changed on the members page, where the rules are."""

    list_display = ("user", "role", "created")
    list_filter = ("role",)
    search_fields = ("user__email", "user__name")
    list_select_related = ("user",)
