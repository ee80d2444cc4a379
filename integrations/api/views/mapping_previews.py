"""What a set of mapping changes would do to the records of the last months: have it looked at, read what was found."""

from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import tasks
from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Nothing, Query, asked, described, given, page
from integrations.api.paging import page_of
from integrations.api.refusing import refused
from integrations.models import MappingPreview, MappingSet, PreviewLine
from integrations.store import previews
from tenants.access import Place
from tenants.permissions import Act


class PreviewSerializer(serializers.Serializer[Any]):
    """One look. Posted records never change with a mapping: they are counted as what they would have been.

    `totals`: `records` looked at; `kinds` with counts and amounts; `accounts` (and values of dimensions, by their
    `kind`) that get more or less, before and after, per currency, as exact text; `same`: how many accounts do not.
    """

    id = serializers.UUIDField(source="uuid")
    set = serializers.UUIDField(source="set.uuid")
    status = serializers.ChoiceField(choices=MappingPreview.Status.choices)
    since = serializers.DateField(help_text="Records dated before this day are left out.")
    totals = serializers.JSONField()
    message = serializers.CharField()
    made_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class PreviewLineSerializer(serializers.Serializer[Any]):
    """A record that would come out otherwise; coding in words, or why it is held."""

    record = serializers.UUIDField(source="item.uuid")
    number = serializers.CharField(source="item.source.number")
    party_name = serializers.CharField(source="item.source.party_name")
    inbound = serializers.BooleanField(source="item.flow.inbound")
    kind = serializers.ChoiceField(choices=PreviewLine.Kind.choices)
    amount = serializers.DecimalField(max_digits=24, decimal_places=6, allow_null=True, normalize_output=True)
    currency = serializers.CharField()
    before = serializers.CharField(help_text="Of what was posted: as it was sent.")
    after = serializers.CharField()


class LinesQuery(Query):
    """Which of them."""

    kind = serializers.ChoiceField(choices=PreviewLine.Kind.choices, required=False)


class Preview(Endpoint):
    """The newest preview of a set. POST has one made by a worker: look at it until it is `ready`."""

    acts = (Act.WORK,)

    @described("mapping_preview", PreviewSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        return Response(PreviewSerializer(_newest(uuid)).data)

    @described("make_mapping_preview", PreviewSerializer, body=Nothing, code=202)
    def post(self, request: Request, uuid: UUID) -> Response:
        given(request, Nothing)
        place = cast(Place, place_of(request))
        with refused(previews.PreviewRefused):
            made = previews.start(get_object_or_404(MappingSet, uuid=uuid), place.person)
        transaction.on_commit(lambda: tasks.make_preview.delay(made.pk, str(place.tenant_id)))
        return Response(PreviewSerializer(made).data, status=202)


class Lines(Endpoint):
    """The records that would come out otherwise, of the newest preview of a set."""

    @described("mapping_preview_lines", page(PreviewLineSerializer), query=LinesQuery)
    def get(self, request: Request, uuid: UUID) -> Response:
        wanted = asked(request, LinesQuery)
        rows = PreviewLine.objects.filter(preview=_newest(uuid)).select_related("item__source", "item__flow")
        if "kind" in wanted:
            rows = rows.filter(kind=wanted["kind"])
        found, after = page_of(rows, request)
        return Response({"results": PreviewLineSerializer(found, many=True).data, "next": after})


def _newest(uuid: UUID) -> MappingPreview:
    rows: QuerySet[MappingPreview] = MappingPreview.objects.filter(set=get_object_or_404(MappingSet, uuid=uuid))
    newest = rows.order_by("-id")[:1].values_list("pk", flat=True)
    found: MappingPreview = get_object_or_404(MappingPreview.objects.select_related("set"), pk__in=list(newest))
    return found
