"""Connections, their pings, and changes of where they lead."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import runner
from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Nothing, Person, Query, Strict, asked, described, given, page
from integrations.api.paging import page_of
from integrations.api.refusing import Conflict, refused
from integrations.models import Connection, ConnectionChange
from integrations.runner import addresses
from integrations.runner.connecting import CLOSED
from tenants.access import Place
from tenants.permissions import Act, Right


class ConnectionSerializer(serializers.ModelSerializer[Connection]):
    """A connection without its secrets; `secrets` names those that are set. Nothing is sent while it is `closed`."""

    id = serializers.UUIDField(source="uuid", read_only=True)
    secrets = serializers.SerializerMethodField()

    class Meta:
        model = Connection
        fields = (
            *("id", "name", "system", "environment", "closed", "settings", "secrets"),
            *("status", "status_code", "status_message", "status_at", "created_at"),
        )
        read_only_fields = fields

    def get_secrets(self, connection: Connection) -> list[str]:
        return sorted(connection.secrets_set)


class CheckSerializer(serializers.Serializer[Any]):
    """One line of a ping."""

    name = serializers.CharField()
    verdict = serializers.ChoiceField(choices=["found", "missing", "warning"])
    why = serializers.CharField()
    advice = serializers.CharField(allow_blank=True)


class PingSerializer(serializers.Serializer[Any]):
    """The answer of a ping: green when nothing that is needed is missing."""

    at = serializers.DateTimeField()
    seconds = serializers.FloatField()
    green = serializers.BooleanField()
    checks = CheckSerializer(many=True)


class ConnectionChangeSerializer(serializers.Serializer[Any]):
    """A proposed, approved or past change of where a connection leads; people by their e-mail address."""

    id = serializers.UUIDField(source="uuid")
    connection = serializers.UUIDField(source="connection.uuid")
    opens = serializers.BooleanField(help_text="The connection is new; nothing is sent before this is approved.")
    old = serializers.DictField(child=serializers.CharField(allow_blank=True))
    new = serializers.DictField(child=serializers.CharField(allow_blank=True))
    reason = serializers.CharField()
    status = serializers.ChoiceField(choices=ConnectionChange.Status.choices)
    made_by = Person("made_by")
    made_at = serializers.DateTimeField()
    checked_by = Person("checked_by")
    checked_at = serializers.DateTimeField(allow_null=True)


class SettingsBody(Strict):
    """Settings by name that become otherwise, never secrets, and why."""

    settings = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=200_000))
    reason = serializers.CharField(max_length=2000, allow_blank=True, required=False, default="")


class Connections(Endpoint):
    """The tenant's connections."""

    @described("connections", page(ConnectionSerializer), query=Query)
    def get(self, request: Request) -> Response:
        asked(request, Query)
        rows, after = page_of(Connection.objects.all(), request)
        return Response({"results": ConnectionSerializer(rows, many=True).data, "next": after})


class OneConnection(Endpoint):
    """One connection."""

    @described("connection", ConnectionSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        return Response(ConnectionSerializer(get_object_or_404(Connection, uuid=uuid)).data)


class Ping(Endpoint):
    """Ask the system behind a connection what works and what is missing. It changes nothing there."""

    acts = (Act.CONNECT, Act.WORK)
    scoped = False

    @described("ping", PingSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        given(request, Nothing)
        place = cast(Place, place_of(request))
        with place.scope():
            connection = get_object_or_404(Connection, uuid=uuid)
        if connection.closed:
            raise Conflict(CLOSED, "address_unapproved")
        return Response(PingSerializer(runner.ping(connection.pk, place.tenant_id, place.actor)).data)


class Change(Endpoint):
    """Change settings of a connection; where host, company or API profile change it waits for a second person."""

    acts = (Act.CONNECT,)

    @described("change_connection", ConnectionSerializer, body=SettingsBody)
    def post(self, request: Request, uuid: UUID) -> Response:
        row, body = get_object_or_404(Connection, uuid=uuid), given(request, SettingsBody)
        with refused(addresses.Refused):
            plain = addresses.laid_over(row, body["settings"])
            addresses.edit(cast(Place, place_of(request)), row, plain, reason=body["reason"])
        return Response(ConnectionSerializer(get_object_or_404(Connection, uuid=uuid)).data)


class Changes(Endpoint):
    """Every change of where connections lead: proposed, approved, rejected, withdrawn."""

    @described("connection_changes", page(ConnectionChangeSerializer), query=Query)
    def get(self, request: Request) -> Response:
        asked(request, Query)
        rows, after = page_of(ConnectionChange.objects.select_related("connection", "made_by", "checked_by"), request)
        return Response({"results": ConnectionChangeSerializer(rows, many=True).data, "next": after})


class OneChange(Endpoint):
    """One change of where a connection leads."""

    @described("connection_change", ConnectionChangeSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        return Response(ConnectionChangeSerializer(get_object_or_404(ConnectionChange, uuid=uuid)).data)


class _Decision(Endpoint):
    """Base: a person decides on a proposal."""

    acts = (Act.CONNECT,)
    rights = frozenset({Right.CHECKER})

    def _decide(
        self, request: Request, uuid: UUID, how: Callable[[Place, ConnectionChange], ConnectionChange]
    ) -> Response:
        given(request, Nothing)
        change = get_object_or_404(ConnectionChange, uuid=uuid)
        with refused(addresses.Refused):
            return Response(ConnectionChangeSerializer(how(cast(Place, place_of(request)), change)).data)


class Approve(_Decision):
    """Let a connection lead there; a second person's act."""

    @described("approve_connection", ConnectionChangeSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._decide(request, uuid, addresses.approve)


class Reject(_Decision):
    """Decide against it; a second person's act."""

    @described("reject_connection", ConnectionChangeSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._decide(request, uuid, addresses.reject)


class Withdraw(_Decision):
    """Take back an own proposal."""

    rights = frozenset({Right.MAKER})

    @described("withdraw_connection", ConnectionChangeSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._decide(request, uuid, addresses.withdraw)
