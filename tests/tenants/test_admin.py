from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory

from audit.log import record
from audit.models import AuditEntry
from integrations.models import Connection, Flow, Integration
from tenants.adminsite import TenantAdminSite, TenantModelAdmin, choices_of, site
from tenants.models import Invitation, Membership, User
from tenants.permissions import Act
from tenants.scope import tenant_scope
from tests.factories import Cast, signed_in


def test_lists_show_the_own_tenant_only(cast: Cast) -> None:
    page = signed_in(cast.owner).get("/admin/tenants/membership/").content.decode()
    assert cast.colleague.email in page
    assert cast.stranger.email not in page


def test_a_foreign_row_is_answered_like_a_missing_one(cast: Cast) -> None:
    with tenant_scope(cast.elsewhere.pk):
        theirs = Membership.objects.get().pk
    client = signed_in(cast.owner)
    foreign, missing = (client.get(f"/admin/tenants/membership/{pk}/change/") for pk in (theirs, 10**15))
    assert (foreign.status_code, foreign["Location"]) == (missing.status_code, missing["Location"]) == (302, "/admin/")


def test_visitors_and_people_without_tenant_stay_out(cast: Cast) -> None:
    visit = Client(SERVER_NAME="127.0.0.1").get("/admin/", follow=True)
    assert visit.redirect_chain[-1][0].startswith("/login/")
    operator = User.objects.create_superuser(f"op-{cast.owner.email}", "correct horse battery")
    assert signed_in(operator).get("/admin/").status_code in {302, 403}


def test_the_audit_is_there_to_read_with_its_detail(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        record("vendor.created", detail={"name": "Grafton Merchanting"})
    with tenant_scope(cast.tenant.pk):
        pk = AuditEntry.objects.get(action="vendor.created").pk
    client = signed_in(cast.owner)
    assert "Grafton Merchanting" in client.get(f"/admin/audit/auditentry/{pk}/change/").content.decode()
    assert client.post(f"/admin/audit/auditentry/{pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/audit/auditentry/add/").status_code == 403


@pytest.mark.parametrize(
    "query", ["user__password__startswith=s", "tenant__name__startswith=A", "user__is_superuser=1"]
)
def test_lists_cannot_be_asked_about_other_tables(cast: Cast, query: str) -> None:
    assert signed_in(cast.owner).get(f"/admin/tenants/membership/?{query}").status_code == 400


def test_only_tenant_models_on_the_base_class_are_registered() -> None:
    other = TenantAdminSite(name="other")
    with pytest.raises(ImproperlyConfigured, match="outside the tenant's base class"):
        other.register(User, TenantModelAdmin)
    with pytest.raises(ImproperlyConfigured, match="outside the tenant's base class"):
        other.register(Membership, admin.ModelAdmin)
    filtered = type("Filtered", (TenantModelAdmin,), {"list_filter": ("user",)})
    with pytest.raises(ImproperlyConfigured, match="rows of all tenants"):
        other.register(Membership, filtered)
    assert all(isinstance(one, TenantModelAdmin) for one in site._registry.values())


def test_choices_are_the_tenants_own(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        people = set(choices_of(Invitation._meta.get_field("invited_by"), None))
        assert people == {cast.owner, cast.colleague}
        assert not choices_of(Integration._meta.get_field("erp"), None).exists()
    with pytest.raises(ImproperlyConfigured, match="all tenants share"):
        choices_of(Membership._meta.get_field("tenant"), None)


class ChangeableInvitations(TenantModelAdmin):
    """A model admin that writes, as the mapping tables do."""

    change_act = Act.MEMBERS
    fields = ("email", "role", "expires", "invited_by")


@pytest.fixture
def writable(cast: Cast) -> tuple[ChangeableInvitations, Any]:
    """The admin and a request of the owner."""
    request = RequestFactory().post("/")
    request.user = cast.owner
    request.place = cast.place(cast.owner)  # type: ignore[attr-defined]
    return ChangeableInvitations(Invitation, site), request


def test_a_foreign_key_of_another_tenant_is_refused(cast: Cast, writable: tuple[ChangeableInvitations, Any]) -> None:
    model_admin, request = writable
    fields = {"email": "x@example.test", "role": "clerk", "expires_0": "2030-01-01", "expires_1": "00:00"}
    with tenant_scope(cast.tenant.pk):
        form_class = model_admin.get_form(request)
        assert not form_class({**fields, "invited_by": cast.stranger.pk}).is_valid()
        assert form_class({**fields, "invited_by": cast.owner.pk}).is_valid()
        assert "tenant" not in form_class.base_fields


def test_a_saved_change_is_in_the_audit_and_in_the_rows_history(
    cast: Cast, writable: tuple[ChangeableInvitations, Any]
) -> None:
    model_admin, request = writable
    fields = {"email": "x@example.test", "role": "clerk", "expires_0": "2030-01-01", "expires_1": "00:00"}
    with tenant_scope(cast.tenant.pk):
        form = model_admin.get_form(request)({**fields, "invited_by": cast.owner.pk})
        row = form.save(commit=False)
        row.digest = b"x" * 32
        model_admin.save_model(request, row, form, change=False)
    with tenant_scope(cast.tenant.pk):
        assert AuditEntry.objects.get(action="admin.saved").subject == f"tenants.invitation:{row.pk}"
        answer: Any = model_admin.history_view(request, str(row.pk))
        page = answer.render().content.decode()
    assert "admin.saved" in page


def test_roles_decide_who_may_change(cast: Cast, writable: tuple[ChangeableInvitations, Any]) -> None:
    model_admin, request = writable
    assert model_admin.has_change_permission(request)
    request.place = cast.place(cast.colleague)
    assert not model_admin.has_change_permission(request)
    assert model_admin.has_view_permission(request)
    request.place = None
    assert not model_admin.has_view_permission(request)


def test_secrets_cannot_be_asked_about(cast: Cast) -> None:
    model_admin = TenantModelAdmin(Flow, site)
    assert not model_admin.lookup_allowed("integration__erp__secrets__startswith", "x")
    assert not TenantModelAdmin(Connection, site).lookup_allowed("secrets__isnull", "1")
