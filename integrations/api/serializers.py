"""What the API shows. No serializer has a field for a secret."""

from typing import Any

from rest_framework import serializers

from integrations.models import Connection


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


class ConnectionPage(serializers.Serializer[Any]):
    """Connections, newest first."""

    results = ConnectionSerializer(many=True)
    next = serializers.URLField(allow_null=True)


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


class StandingSerializer(serializers.Serializer[Any]):
    """Of one entity: records by state; amounts by state and currency, as exact text, for what has not arrived yet."""

    counts = serializers.DictField(child=serializers.IntegerField())
    amounts = serializers.DictField(child=serializers.DictField(child=serializers.CharField()))


class ConnectionHealth(serializers.Serializer[Any]):
    """Whether a connection works."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=Connection.Status.choices)


class StatusSerializer(serializers.Serializer[Any]):
    """Where everything stands."""

    tenant = serializers.CharField()
    rehearsal = serializers.BooleanField(help_text="Every connection is a simulator.")
    needs_you = serializers.IntegerField(help_text="Open review items.")
    records = serializers.DictField(child=StandingSerializer(), help_text="By entity.")
    connections = ConnectionHealth(many=True)
