"""Flows: when they run, and run, pause and resume."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit.log import record
from integrations import runner
from integrations.api.base import Endpoint
from integrations.api.describing import Nothing, Query, asked, described, given, page
from integrations.api.paging import page_of
from integrations.api.refusing import Conflict
from integrations.models import Flow
from integrations.runner import scheduling
from integrations.web.schedules import flow_views
from tenants.permissions import Act


class FlowSerializer(serializers.Serializer[Any]):
    """One entity in one direction. `state` is on, running, paused or stopped; `next_read_at` null: not scheduled."""

    id = serializers.UUIDField(source="flow.uuid")
    integration = serializers.UUIDField(source="flow.integration.uuid")
    entity = serializers.CharField(source="flow.entity")
    inbound = serializers.BooleanField(source="flow.inbound", help_text="It reads the AP tool and writes the ERP.")
    enabled = serializers.BooleanField(source="flow.enabled")
    state = serializers.CharField()
    paused_reason = serializers.CharField(source="flow.paused_reason")
    schedule = serializers.CharField(source="flow.schedule")
    time_zone = serializers.CharField(source="flow.time_zone")
    blackouts = serializers.JSONField(source="flow.blackouts")
    first_complete_at = serializers.DateTimeField(source="flow.first_complete_at", allow_null=True)
    next_read_at = serializers.DateTimeField(source="due_at", allow_null=True)
    last_run = serializers.UUIDField(source="last.uuid", allow_null=True, default=None)


class FlowsQuery(Query):
    """Which flows."""

    integration = serializers.UUIDField(required=False)
    entity = serializers.CharField(required=False, max_length=20)


class Flows(Endpoint):
    """The tenant's flows."""

    @described("flows", page(FlowSerializer), query=FlowsQuery)
    def get(self, request: Request) -> Response:
        wanted = asked(request, FlowsQuery)
        rows: Any = Flow.objects.select_related("integration__erp", "integration__ap")
        if "integration" in wanted:
            rows = rows.filter(integration__uuid=wanted["integration"])
        if "entity" in wanted:
            rows = rows.filter(entity=wanted["entity"])
        found, after = page_of(rows, request)
        return Response({"results": FlowSerializer(flow_views(found), many=True).data, "next": after})


class OneFlow(Endpoint):
    """One flow."""

    @described("flow", FlowSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        return Response(_shown(_one(uuid)))


class RunFlow(Endpoint):
    """Read the source and write what is ready, with the next dispatch: within seconds. Asking twice is asking once."""

    acts = (Act.CONNECT, Act.WORK)
    for_keys = True

    @described("run_flow", FlowSerializer, body=Nothing, code=202)
    def post(self, request: Request, uuid: UUID) -> Response:
        given(request, Nothing)
        flow = _one(uuid)
        if not flow.enabled:
            raise Conflict("This flow is paused: resume it first.")
        runner.run_soon(flow.pk)
        record("flow_run_asked", subject=f"flow:{flow.pk}")
        return Response(_shown(flow), status=202)


class PauseFlow(Endpoint):
    """Nothing of this flow is read or written until it is resumed."""

    acts = (Act.CONNECT,)

    @described("pause_flow", FlowSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return _switched(request, uuid, on=False)


class ResumeFlow(Endpoint):
    """Let a paused flow go on."""

    acts = (Act.CONNECT,)

    @described("resume_flow", FlowSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return _switched(request, uuid, on=True)


def _switched(request: Request, uuid: UUID, *, on: bool) -> Response:
    given(request, Nothing)
    flow = _one(uuid)
    scheduling.switch(flow, on=on)
    return Response(_shown(flow))


def _one(uuid: UUID) -> Flow:
    found: Flow = get_object_or_404(Flow.objects.select_related("integration__erp", "integration__ap"), uuid=uuid)
    return found


def _shown(flow: Flow) -> Any:
    return FlowSerializer(flow_views([flow])[0]).data
