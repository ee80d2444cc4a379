"""Where everything stands; and the API's own description."""

from typing import Any, cast

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint, place_of
from integrations.api.describing import described
from integrations.models import Connection, Flow, ReviewItem
from integrations.store.checking import rehearsal
from integrations.web.figures import by_entity, standings
from tenants.access import Place


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


class Status(Endpoint):
    """Where everything stands: counts and amounts by state, health of the connections."""

    @described("status", StatusSerializer)
    def get(self, request: Request) -> Response:
        flows = list(Flow.objects.all())
        records = {
            entity: {
                "counts": standing.counts,
                "amounts": {
                    state: {currency: f"{amount.normalize():f}" for currency, amount in sums.items()}
                    for state, sums in standing.amounts.items()
                },
            }
            for entity, standing in by_entity(flows, standings(flows)).items()
        }
        rows = Connection.objects.order_by("name")
        return Response(
            {
                "tenant": cast(Place, place_of(request)).slug,
                "rehearsal": rehearsal(),
                "needs_you": ReviewItem.objects.filter(status=ReviewItem.Status.OPEN).count(),
                "records": records,
                "connections": [{"id": row.uuid, "name": row.name, "status": row.status} for row in rows],
            }
        )


class Schema(Endpoint, SpectacularAPIView):
    """The API's description, for members."""


class Docs(Endpoint, SpectacularSwaggerSplitView):
    """The description to read and try; its script is a file of its own, as the content policy asks."""

    template_name = "integrations/api_docs.html"
