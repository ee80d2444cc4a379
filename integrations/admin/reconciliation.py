"""What both sides held day by day, and the signed statements: to look at."""

from django.contrib import admin

from integrations.admin.looking import LookOnly
from integrations.models import ReconciliationSnapshot, ReconciliationStatement
from tenants.adminsite import moment, site


@admin.register(ReconciliationSnapshot, site=site)
class ReconciliationSnapshotAdmin(LookOnly):
    """The sums of a day."""

    about = "Once a day: how many records stood how, with their sums on both sides."
    list_display = ("day", "integration", "records", "unexplained", "answer")
    list_filter = ("integration",)
    list_select_related = ("integration",)
    search_fields = ("answer__icontains",)
    search_help_text = "Part of what it came to"


@admin.register(ReconciliationStatement, site=site)
class ReconciliationStatementAdmin(LookOnly):
    """Signed, each behind the one before."""

    about = "Signed statements of how both sides stood; each follows the one before by its hash."
    list_display = ("number", "integration", "made", "records", "unexplained", "made_by")
    list_filter = ("integration",)
    list_select_related = ("integration", "made_by")
    search_fields = ("digest__startswith",)
    search_help_text = "Beginning of its hash"
    made = moment("at", "As of")
