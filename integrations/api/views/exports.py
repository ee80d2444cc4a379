"""The exports for auditors, for programs: which there are, what one would hold, and the file."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Strict, asked, described
from integrations.api.files import AsItIs
from integrations.engine.agreement import PART_CHOICES, STATE_CHOICES
from integrations.models import Integration
from integrations.web.auditing import giving
from integrations.web.auditing.asked import DAYS, MOST_DRAWN
from integrations.web.auditing.population import Cells
from integrations.web.auditing.table import EXPORTS, Export
from tenants.access import Place


class ExportSerializer(serializers.Serializer[Any]):
    """An export: the question it answers, which rows it has, and the filters it takes."""

    key = serializers.CharField()
    name = serializers.CharField()
    answers = serializers.CharField()
    query = serializers.CharField(source="population.query")
    takes = serializers.ListField(child=serializers.CharField())
    columns = serializers.ListField(source="population.columns", child=serializers.CharField())


class ExportsSerializer(serializers.Serializer[Any]):
    """All of them; there are few, so they come at once."""

    results = ExportSerializer(many=True)


class ExportLookSerializer(ExportSerializer):
    """What it would hold if it were taken now."""

    as_of = serializers.DateTimeField()
    asked_for = serializers.DictField(child=serializers.CharField(), help_text="The filters in words.")
    seed = serializers.CharField(help_text="Of a sample: send it along, and the same records are drawn.")
    rows = serializers.IntegerField(help_text="How many it would have.")
    first = serializers.ListField(
        child=serializers.DictField(child=serializers.CharField()), help_text="The first rows, by column, as text."
    )


class ExportQuery(Strict):
    """The filters; each export takes those that `takes` names. Days are the tenant's, both counted."""

    since = serializers.DateField(required=False, validators=DAYS)
    until = serializers.DateField(required=False, validators=DAYS)
    integration = serializers.UUIDField(required=False)
    who = serializers.EmailField(required=False, help_text="Who did it.")
    days = serializers.IntegerField(required=False, min_value=1, max_value=400, help_text="Late after so many.")
    part = serializers.ChoiceField(choices=PART_CHOICES, required=False)
    state = serializers.ChoiceField(choices=STATE_CHOICES, required=False)
    period = serializers.CharField(required=False, max_length=20)
    currency = serializers.CharField(required=False, max_length=10)
    party = serializers.CharField(required=False, max_length=120, help_text="The supplier's number.")
    size = serializers.IntegerField(required=False, min_value=1, max_value=MOST_DRAWN, help_text="Drawn each way.")
    seed = serializers.CharField(required=False, max_length=40)


class Exports(Endpoint):
    """The exports for auditors."""

    @described("exports", ExportsSerializer)
    def get(self, request: Request) -> Response:
        return Response({"results": ExportSerializer(list(EXPORTS.values()), many=True).data})


class OneExport(Endpoint):
    """What an export would hold if it were taken now: how many rows, and the first of them."""

    scoped = False

    @described("export", ExportLookSerializer, query=ExportQuery)
    def get(self, request: Request, key: str) -> Response:
        place, at, export = cast(Place, place_of(request)), timezone.now(), _export(key)
        found = giving.look(place, export, _query(request, place, export), at)
        return Response(
            {
                **ExportSerializer(export).data,
                "as_of": at,
                "asked_for": found.asked.stated,
                "seed": found.asked.seed,
                "rows": found.count,
                "first": [_row(export, cells) for cells in found.first],
            }
        )


class ExportFile(Endpoint):
    """The export as CSV: it states query, filters, time, rows, totals and SHA-256, and the audit notes who took it."""

    scoped = False
    content_negotiation_class = AsItIs

    @described("export_file", OpenApiTypes.BINARY, query=ExportQuery, media="text/csv")
    def get(self, request: Request, key: str) -> StreamingHttpResponse:
        place, export = cast(Place, place_of(request)), _export(key)
        return giving.file_of(place, export, _query(request, place, export), timezone.now())


def _export(key: str) -> Export:
    if key not in EXPORTS:
        raise Http404
    return EXPORTS[key]


def _query(request: Request, place: Place, export: Export) -> Mapping[str, Any]:
    """What was asked, checked: a filter that the export does not take is refused, never ignored."""
    wanted = asked(request, ExportQuery)
    if unknown := sorted(set(wanted) - set(export.takes)):
        known = ", ".join(export.takes)
        raise serializers.ValidationError({name: [f"This export takes {known}."] for name in unknown})
    if "integration" in wanted:
        with place.scope():
            get_object_or_404(Integration, uuid=wanted["integration"])
    return {name: str(value) for name, value in wanted.items()}


def _row(export: Export, cells: Cells) -> dict[str, str]:
    return {name: _text(cell) for name, cell in zip(export.population.columns, cells, strict=True)}


def _text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case datetime() | date():
            return cell.isoformat()
        case Decimal():
            return f"{cell:f}"
    return str(cell)
