"""Sets of mapping changes: what waits, what it changes, and deciding on it."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Nothing, Person, Query, asked, described, given, page
from integrations.api.paging import page_of
from integrations.api.refusing import refused
from integrations.models import MappingChange, MappingSet
from integrations.runner import mappings
from tenants.access import Place
from tenants.permissions import Act, Right


class MappingSetSerializer(serializers.Serializer[Any]):
    """Changes that are decided on together; people by their e-mail address."""

    id = serializers.UUIDField(source="uuid")
    integration = serializers.UUIDField(source="integration.uuid")
    reason = serializers.CharField()
    origin = serializers.CharField(help_text="The file it came from, if it did.")
    status = serializers.ChoiceField(choices=MappingSet.Status.choices)
    undoes = serializers.UUIDField(source="undoes.uuid", default=None, allow_null=True)
    made_by = Person("made_by")
    made_at = serializers.DateTimeField()
    checked_by = Person("checked_by")
    checked_at = serializers.DateTimeField(allow_null=True)


class MappingChangeSerializer(serializers.Serializer[Any]):
    """One rule of a set: which, what it said, what it says; null: there was, or is, none."""

    kind = serializers.ChoiceField(choices=MappingChange.Kind.choices)
    rule = serializers.JSONField()
    old = serializers.JSONField()
    new = serializers.JSONField()
    id = serializers.IntegerField(source="row", allow_null=True, help_text="The rule's number, once in force.")
    version = serializers.IntegerField(allow_null=True, help_text="Of the rule, once in force.")


class SetsQuery(Query):
    """Which sets."""

    integration = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=MappingSet.Status.choices, required=False)


class Sets(Endpoint):
    """Every set of changes: proposed, approved, rejected, withdrawn."""

    @described("mapping_sets", page(MappingSetSerializer), query=SetsQuery)
    def get(self, request: Request) -> Response:
        wanted = asked(request, SetsQuery)
        rows: Any = MappingSet.objects.select_related("integration", "made_by", "checked_by", "undoes")
        if "integration" in wanted:
            rows = rows.filter(integration__uuid=wanted["integration"])
        if "status" in wanted:
            rows = rows.filter(status=wanted["status"])
        found, after = page_of(rows, request)
        return Response({"results": MappingSetSerializer(found, many=True).data, "next": after})


class OneSet(Endpoint):
    """One set."""

    @described("mapping_set", MappingSetSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        return Response(MappingSetSerializer(_set(uuid)).data)


class Changes(Endpoint):
    """The rules of a set."""

    @described("mapping_changes", page(MappingChangeSerializer), query=Query)
    def get(self, request: Request, uuid: UUID) -> Response:
        asked(request, Query)
        found, after = page_of(_set(uuid).changes.all(), request)
        return Response({"results": MappingChangeSerializer(found, many=True).data, "next": after})


class _Decision(Endpoint):
    """Base: a person decides on a set."""

    acts = (Act.MAP,)
    rights = frozenset({Right.CHECKER})

    def _decide(self, request: Request, uuid: UUID, how: Callable[[Place, MappingSet], MappingSet]) -> Response:
        given(request, Nothing)
        with refused(mappings.Refused):
            return Response(MappingSetSerializer(how(cast(Place, place_of(request)), _set(uuid))).data)


class Approve(_Decision):
    """Let a set take force and free what waited for it; a second person's act."""

    @described("approve_mappings", MappingSetSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._decide(request, uuid, mappings.approve)


class Reject(_Decision):
    """Decide against a set; a second person's act."""

    @described("reject_mappings", MappingSetSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._decide(request, uuid, mappings.reject)


class Withdraw(_Decision):
    """Take back an own proposal."""

    rights = frozenset({Right.MAKER})

    @described("withdraw_mappings", MappingSetSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._decide(request, uuid, mappings.withdraw)


class Undo(_Decision):
    """Propose the way back from a set in force; rules that were changed again since stay."""

    rights = frozenset({Right.MAKER})

    @described("undo_mappings", MappingSetSerializer, body=Nothing, code=201)
    def post(self, request: Request, uuid: UUID) -> Response:
        given(request, Nothing)
        with refused(mappings.Refused):
            made, _ = mappings.undo(cast(Place, place_of(request)), _set(uuid))
        return Response(MappingSetSerializer(made).data, status=201)


def _set(uuid: UUID) -> MappingSet:
    found: MappingSet = get_object_or_404(MappingSet.objects.select_related("integration"), uuid=uuid)
    return found
