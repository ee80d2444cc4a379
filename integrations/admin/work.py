"""What ran, what each record came to, what waits for a person: to look at, with the way to where it is worked on."""

from typing import Any

from django.contrib import admin

from integrations.admin.looking import OF_KIND, LookOnly, OfRecords, code_words, kind_of_flow
from integrations.engine.records import Entity
from integrations.models import Answer, OutboxItem, Plan, PlanLine, RecordLink, ReviewItem, Settlement, SyncRun
from integrations.web.tags import counts, money
from integrations.web.words import PLAN_KINDS, noun
from tenants.adminlists import chosen
from tenants.adminsite import moment, site

ENTITIES = [(each.value, noun(each.value, 1).capitalize()) for each in Entity]


@admin.register(SyncRun, site=site)
class SyncRunAdmin(LookOnly):
    """What each run took and what became of it."""

    about = "What each run of a flow took, and what became of it."
    route = "web:run"
    list_display = ("__str__", kind_of_flow, "status", "taken", "became", "balanced", "page")
    list_filter = ("kind", "status", "balanced", OF_KIND)
    list_select_related = ("flow",)

    @admin.display(description="What became of them")
    def became(self, obj: SyncRun) -> str:
        return counts(obj.counts, obj.kind)


@admin.register(OutboxItem, site=site)
class OutboxItemAdmin(OfRecords):
    """Where each record stands."""

    about = "Where each record stands on its way to the other side."
    item_of, uuid_of = "", ("uuid",)
    list_display = ("record", "whose", "worth", kind_of_flow, "state", code_words, "changed", "page")
    list_filter = ("state", OF_KIND)
    list_select_related = ("flow", "source")
    changed = moment("changed_at", "Changed")

    def _item(self, obj: Any) -> Any:
        return obj


@admin.register(ReviewItem, site=site)
class ReviewItemAdmin(OfRecords):
    """What waits for a person; it is worked on under /review/."""

    about = "What waits, or waited, for a person; it is worked on under Review."
    item_of = "item__"
    list_display = ("record", "whose", "worth", code_words, "status", "urgent", "opened", "page")
    list_filter = ("status", "urgent")
    list_select_related = ("item__source",)
    opened = moment("opened_at", "Opened")


@admin.register(Answer, site=site)
class AnswerAdmin(OfRecords):
    """What people decided of held records."""

    about = "What people decided of held records, and what waits for a second person."
    item_of = "item__"
    list_display = ("record", code_words, "choice", "status", "made_by", "checked_by", "reason", "page")
    list_filter = ("status",)
    list_select_related = ("item__source", "made_by", "checked_by")


@admin.register(RecordLink, site=site)
class RecordLinkAdmin(LookOnly):
    """Which record is which on the other side."""

    about = "Which record is which on the other side."
    list_display = ("source_key", "variant", "target_id", "kind", "inbound", "made_by", "linked")
    list_filter = (chosen("Entity", "entity", ENTITIES), "made_by", "integration")
    search_beginnings = ("source_key", "target_id")
    search_help_text = "Key of the record or id on the other side, from its beginning"
    linked = moment("linked_at", "Linked")

    @admin.display(description="Kind")
    def kind(self, obj: RecordLink) -> str:
        return noun(obj.entity, 1, inbound=obj.inbound).capitalize()


@admin.register(Settlement, site=site)
class SettlementAdmin(LookOnly):
    """Paid invoices and how they stand in the ledger."""

    about = "Invoices that a booked payment paid, and how they stand in the ledger."
    list_display = ("number", "supplier", "supplier_name", "paid", "payment", "dated", "state", "integration")
    list_filter = ("state", "integration")
    list_select_related = ("integration",)
    search_beginnings = ("payment", "invoice")
    search_help_text = "Key of the payment or of the invoice, from its beginning"

    @admin.display(description="Paid")
    def paid(self, obj: Settlement) -> str:
        return money(obj.amount, obj.currency)


@admin.register(Plan, site=site)
class PlanAdmin(LookOnly):
    """What a run would have done."""

    about = "What a run would do, as it was decided and stored."
    route = "web:plan"
    list_display = ("__str__", "integration", "status", "made_by", "applied", "page")
    list_filter = ("status", "integration")
    list_select_related = ("integration", "made_by")
    applied = moment("applied_at", "Applied")


@admin.register(PlanLine, site=site)
class PlanLineAdmin(OfRecords):
    """The decision of a plan on one record."""

    about = "What a plan decided of each record, and what applying it did."
    item_of = "item__"
    list_display = ("record", "whose", "planned", "decided", code_words, "result", "plan", "page")
    list_filter = (chosen("Kind", "kind", list(PLAN_KINDS.items())), "result")
    list_select_related = ("item__source", "plan")

    @admin.display(description="Decision")
    def decided(self, obj: PlanLine) -> str:
        return PLAN_KINDS.get(obj.kind, obj.kind)

    @admin.display(description="Amount")
    def planned(self, obj: PlanLine) -> str:
        return money(obj.amount, obj.currency)
