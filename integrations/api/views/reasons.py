"""The catalogue of reasons: what a code means, whose work it is and what to do."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint
from integrations.api.describing import described
from integrations.engine.reasons import REASONS, Where
from tenants.models import Role


class ReasonSerializer(serializers.Serializer[Any]):
    """One code. A code that is not listed is the other side's own."""

    code = serializers.CharField()
    title = serializers.CharField()
    meaning = serializers.CharField()
    owner = serializers.ChoiceField(choices=Role.choices)
    do = serializers.CharField()
    where = serializers.ChoiceField(choices=[(each.value, each.value) for each in Where])


class ReasonsSerializer(serializers.Serializer[Any]):
    """The whole catalogue, by code."""

    results = ReasonSerializer(many=True)


class Reasons(Endpoint):
    """Every code that a record, a run or a connection can carry."""

    @described("reasons", ReasonsSerializer)
    def get(self, request: Request) -> Response:
        shown = ("title", "meaning", "owner", "do", "where")
        rows = [
            {"code": code, **{name: getattr(reason, name) for name in shown}}
            for code, reason in sorted(REASONS.items())
        ]
        return Response(ReasonsSerializer({"results": rows}).data)
