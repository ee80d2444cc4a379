"""People in the tenant's admin, to look at. The site and its base class are in `tenants.adminsite`."""

from django.contrib import admin

from tenants.adminsite import TenantAdminSite, TenantModelAdmin, TenantTabularInline, site
from tenants.models import Invitation, Membership

__all__ = ["TenantAdminSite", "TenantModelAdmin", "TenantTabularInline", "site"]


@admin.register(Membership, site=site)
class MembershipAdmin(TenantModelAdmin):
    """Members, to look at; they are changed on the members page, where the rules are."""

    about = "Who belongs here, with which role."
    list_display = ("user", "role", "created")
    list_filter = ("role",)
    search_fields = ("user__email__icontains", "user__name__icontains")
    search_help_text = "Part of the address or name"
    list_select_related = ("user",)


@admin.register(Invitation, site=site)
class InvitationAdmin(TenantModelAdmin):
    """Invitations, without what would open them."""

    about = "Who was invited, by whom, and what became of it."
    sealed = frozenset({"digest"})
    list_display = ("email", "role", "invited_by", "created", "expires", "accepted", "revoked", "checked_by")
    list_filter = ("role",)
    search_fields = ("email__icontains",)
    search_help_text = "Part of the address"
    list_select_related = ("invited_by", "checked_by")
    fields = ("email", "role", "invited_by", "created", "expires", "checked_by", "accepted", "revoked")
