"""Records: where each stands, and the whole story of one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint
from integrations.api.describing import Person, Query, asked, described, page
from integrations.api.paging import page_of
from integrations.api.views.trail import EntrySerializer, opened
from integrations.models import Answer, Blocker, OutboxItem, RecordLink, WriteIntent
from integrations.store import images
from integrations.store.search import search
from integrations.web.story import story

JOINED = ("source", "flow__integration")
_NEVER_SHOWN = {"tax_id"}  # at any depth: it stays with the systems


class RecordSerializer(serializers.Serializer[Any]):
    """One source record and where it stands. Amounts are exact text."""

    id = serializers.UUIDField(source="uuid")
    integration = serializers.UUIDField(source="flow.integration.uuid")
    flow = serializers.UUIDField(source="flow.uuid")
    entity = serializers.CharField(source="flow.entity")
    inbound = serializers.BooleanField(source="flow.inbound", help_text="It comes into the ERP.")
    source_key = serializers.CharField()
    variant = serializers.CharField()
    number = serializers.CharField(source="source.number")
    party = serializers.CharField(source="source.party")
    party_name = serializers.CharField(source="source.party_name")
    amount = serializers.DecimalField(
        source="source.amount", max_digits=24, decimal_places=6, allow_null=True, normalize_output=True
    )
    currency = serializers.CharField(source="source.currency")
    due_date = serializers.DateField(source="source.due_date", allow_null=True)
    state = serializers.ChoiceField(choices=OutboxItem.State.choices)
    reason = serializers.CharField()
    message = serializers.CharField()
    changed_at = serializers.DateTimeField()


class LinkSerializer(serializers.Serializer[Any]):
    """The record of the other side that this one is."""

    target_id = serializers.CharField()
    variant = serializers.CharField()
    made_by = serializers.ChoiceField(choices=RecordLink.MadeBy.choices)
    score = serializers.IntegerField(allow_null=True)
    target_version = serializers.CharField()
    why = serializers.ListField(child=serializers.CharField())
    linked_at = serializers.DateTimeField()


class IntentSerializer(serializers.Serializer[Any]):
    """A write: what was to be written, why so, and what became of it. `evidence` is what a look-up found."""

    natural_key = serializers.CharField()
    target_id = serializers.CharField()
    draft = serializers.SerializerMethodField()
    why = serializers.ListField(child=serializers.CharField())
    rules_version = serializers.CharField()
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField()
    looks = serializers.IntegerField()
    evidence = serializers.SerializerMethodField()

    def get_draft(self, row: WriteIntent) -> dict[str, Any]:
        shown: dict[str, Any] = without_secrets(row.draft)
        return shown

    def get_evidence(self, row: WriteIntent) -> list[Any]:
        shown: list[Any] = without_secrets(row.evidence)
        return shown


class AnswerSerializer(serializers.Serializer[Any]):
    """What a person decided of one problem, or proposed."""

    id = serializers.UUIDField(source="uuid")
    code = serializers.CharField()
    subject = serializers.CharField()
    choice = serializers.CharField()
    reason = serializers.CharField()
    status = serializers.ChoiceField(choices=Answer.Status.choices)
    made_by = Person("made_by")
    made_at = serializers.DateTimeField()
    checked_by = Person("checked_by")
    checked_at = serializers.DateTimeField(allow_null=True)


class BlockerSerializer(serializers.Serializer[Any]):
    """What it waits for."""

    kind = serializers.CharField()
    key = serializers.CharField()


class EventSerializer(serializers.Serializer[Any]):
    """One thing that happened, in words."""

    at = serializers.DateTimeField()
    title = serializers.CharField()
    points = serializers.ListField(child=serializers.CharField())
    quoted = serializers.CharField()
    by = serializers.CharField()


class ImageSerializer(serializers.Serializer[Any]):
    """A document that the ERP keeps with the invoice, and what of it is on the other side."""

    record = serializers.UUIDField(source="item.uuid", help_text="The image's own record.")
    name = serializers.CharField(source="item.source.number")
    state = serializers.CharField(source="item.state")
    reason = serializers.CharField(source="item.reason")
    message = serializers.CharField(source="item.message")
    size = serializers.IntegerField(allow_null=True, help_text="Bytes.")
    sha256 = serializers.CharField(help_text="Of what was sent.")
    read_back = serializers.CharField(help_text="equal, or “not possible” where the other side gives nothing back.")
    sent_at = serializers.DateTimeField(allow_null=True)


class StorySerializer(RecordSerializer):
    """A record with everything that is known of it."""

    attempts = serializers.IntegerField()
    notes = serializers.JSONField()
    until = serializers.DateTimeField(allow_null=True)
    source = serializers.JSONField(help_text="As last read: mapped fields only.")  # type: ignore[assignment]
    review = serializers.UUIDField(allow_null=True, help_text="The open review item.")
    events = EventSerializer(many=True)
    links = LinkSerializer(many=True)
    intents = IntentSerializer(many=True)
    answers = AnswerSerializer(many=True)
    blockers = BlockerSerializer(many=True)
    images = ImageSerializer(many=True, help_text="Of an invoice that is sent from here.")
    audit = EntrySerializer(many=True)


class RecordsQuery(Query):
    """Which records."""

    q = serializers.CharField(required=False, max_length=120, help_text="Any id, number, name or amount.")
    integration = serializers.UUIDField(required=False)
    entity = serializers.CharField(required=False, max_length=20)
    inbound = serializers.BooleanField(required=False, help_text="Into the ERP, or out of it.")
    state = serializers.ChoiceField(choices=OutboxItem.State.choices, required=False)
    reason = serializers.CharField(required=False, max_length=60, help_text="The code of the reason.")
    since = serializers.DateTimeField(required=False, help_text="Changed at or after.")
    until = serializers.DateTimeField(required=False, help_text="Changed before.")


_FIELDS = {
    "integration": "flow__integration__uuid",
    "entity": "flow__entity",
    "inbound": "flow__inbound",
    "state": "state",
    "reason": "reason",
    "since": "changed_at__gte",
    "until": "changed_at__lt",
}


class Records(Endpoint):
    """Records, newest first; `q` finds the first 1,000 that have every word of it."""

    @described("records", page(RecordSerializer), query=RecordsQuery)
    def get(self, request: Request) -> Response:
        wanted = asked(request, RecordsQuery)
        rows: Any = OutboxItem.objects.select_related(*JOINED)
        rows = rows.filter(**{field: wanted[name] for name, field in _FIELDS.items() if name in wanted})
        if "q" in wanted:
            rows = rows.filter(source_id__in=search(wanted["q"]))
        found, after = page_of(rows, request)
        return Response({"results": RecordSerializer(found, many=True).data, "next": after})


class OneRecord(Endpoint):
    """One record with its whole story."""

    @described("record", StorySerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        rows = OutboxItem.objects.select_related("source", "flow__integration__erp", "flow__integration__ap")
        item = get_object_or_404(rows, uuid=uuid)
        told = story(item)
        return Response(
            {
                **RecordSerializer(item).data,
                **{name: getattr(item, name) for name in ("attempts", "notes", "until")},
                "source": without_secrets(item.source.snapshot),
                "review": told.review.uuid if told.review else None,
                "events": EventSerializer(told.events, many=True).data,
                "links": LinkSerializer(_links(item), many=True).data,
                "intents": IntentSerializer(WriteIntent.objects.filter(item=item).order_by("id"), many=True).data,
                "answers": AnswerSerializer(_answers(item), many=True).data,
                "blockers": BlockerSerializer(Blocker.objects.filter(item=item).order_by("id"), many=True).data,
                "images": ImageSerializer(images.kept_with(item) or [], many=True).data,
                "audit": [opened(entry) for entry in told.audit],
            }
        )


def _links(item: OutboxItem) -> Any:
    flow = item.flow
    place = {"integration": flow.integration_id, "entity": flow.entity, "inbound": flow.inbound}
    return RecordLink.objects.filter(**place, source_key=item.source_key).order_by("id")


def _answers(item: OutboxItem) -> Any:
    return Answer.objects.filter(item=item).select_related("made_by", "checked_by").order_by("id")


def without_secrets(value: Any) -> Any:
    """JSON without what is shown to nobody."""
    if isinstance(value, Mapping):
        return {name: without_secrets(inner) for name, inner in value.items() if name not in _NEVER_SHOWN}
    if isinstance(value, list):
        return [without_secrets(inner) for inner in value]
    return value
