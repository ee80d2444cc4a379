"""Runs: what each did, and whether it adds up."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint
from integrations.api.describing import Query, asked, described, page
from integrations.api.paging import page_of
from integrations.models import SyncRun


class RunSerializer(serializers.Serializer[Any]):
    """One execution of a flow's read, write or sweep. `counts` add up to `taken` when it is `balanced`."""

    id = serializers.UUIDField(source="uuid")
    flow = serializers.UUIDField(source="flow.uuid")
    integration = serializers.UUIDField(source="flow.integration.uuid")
    entity = serializers.CharField(source="flow.entity")
    kind = serializers.ChoiceField(choices=SyncRun.Kind.choices)
    status = serializers.ChoiceField(choices=SyncRun.Status.choices)
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    taken = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField())
    reasons = serializers.DictField(child=serializers.IntegerField())
    amounts = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))
    balanced = serializers.BooleanField(allow_null=True)
    error_code = serializers.CharField()
    error_message = serializers.CharField()


class RunsQuery(Query):
    """Which runs."""

    flow = serializers.UUIDField(required=False)
    integration = serializers.UUIDField(required=False)
    kind = serializers.ChoiceField(choices=SyncRun.Kind.choices, required=False)
    status = serializers.ChoiceField(choices=SyncRun.Status.choices, required=False)
    since = serializers.DateTimeField(required=False, help_text="Started at or after.")


_FIELDS = {
    "flow": "flow__uuid",
    "integration": "flow__integration__uuid",
    "kind": "kind",
    "status": "status",
    "since": "started_at__gte",
}


class Runs(Endpoint):
    """Runs, newest first."""

    @described("runs", page(RunSerializer), query=RunsQuery)
    def get(self, request: Request) -> Response:
        wanted = asked(request, RunsQuery)
        filters = {field: wanted[name] for name, field in _FIELDS.items() if name in wanted}
        rows: Any = SyncRun.objects.select_related("flow__integration").filter(**filters)
        found, after = page_of(rows, request)
        return Response({"results": RunSerializer(found, many=True).data, "next": after})


class OneRun(Endpoint):
    """One run."""

    @described("run", RunSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        row = get_object_or_404(SyncRun.objects.select_related("flow__integration"), uuid=uuid)
        return Response(RunSerializer(row).data)
