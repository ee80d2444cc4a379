"""Connections and their pings."""

from typing import Any, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import runner
from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Nothing, Query, asked, described, given, page
from integrations.api.paging import page_of
from integrations.models import Connection
from tenants.access import Place
from tenants.permissions import Act


class ConnectionSerializer(serializers.ModelSerializer[Connection]):
    """A connection without its secrets; `secrets` names those that are set."""

    id = serializers.UUIDField(source="uuid", read_only=True)
    secrets = serializers.SerializerMethodField()

    class Meta:
        model = Connection
        fields = (
            *("id", "name", "system", "environment", "settings", "secrets"),
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
        return Response(PingSerializer(runner.ping(connection.pk, place.tenant_id, place.actor)).data)
