"""The endpoints: status, connections, ping."""

from collections.abc import Mapping
from decimal import Decimal
from typing import cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import runner
from integrations.api.base import Endpoint, place_of
from integrations.api.errors import ErrorSerializer
from integrations.api.paging import page_of
from integrations.api.serializers import (
    ConnectionPage,
    ConnectionSerializer,
    PingSerializer,
    StatusSerializer,
)
from integrations.models import Connection, ReviewItem
from integrations.web.figures import standings
from tenants.access import Place
from tenants.permissions import Act
from tenants.web.middleware import io_view

REFUSALS = dict.fromkeys((400, 401, 403, 404, 413, 415), ErrorSerializer)


def _texts(sums: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: f"{amount.normalize():f}" for currency, amount in sums.items()}


class Status(Endpoint):
    """Where everything stands: counts and amounts by state, health of the connections."""

    @extend_schema(operation_id="status", responses={200: StatusSerializer, **REFUSALS})
    def get(self, request: Request) -> Response:
        place = cast(Place, place_of(request))
        connections = list(Connection.objects.order_by("name"))
        return Response(
            {
                "tenant": place.slug,
                "rehearsal": bool(connections) and all(c.environment == "simulator" for c in connections),
                "needs_you": ReviewItem.objects.filter(status=ReviewItem.Status.OPEN).count(),
                "records": {
                    entity: {
                        "counts": standing.counts,
                        "amounts": {
                            s: {c: f"{a.normalize():f}" for c, a in m.items()} for s, m in standing.amounts.items()
                        },
                    }
                    for entity, standing in standings().items()
                },
                "connections": [{"id": c.uuid, "name": c.name, "status": c.status} for c in connections],
            }
        )


class Connections(Endpoint):
    """The tenant's connections."""

    @extend_schema(
        operation_id="connections",
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("limit", int)],
        responses={200: ConnectionPage, **REFUSALS},
    )
    def get(self, request: Request) -> Response:
        rows, after = page_of(Connection.objects.all(), request)
        return Response({"results": ConnectionSerializer(rows, many=True).data, "next": after})


class OneConnection(Endpoint):
    """One connection."""

    @extend_schema(operation_id="connection", responses={200: ConnectionSerializer, **REFUSALS})
    def get(self, request: Request, uuid: UUID) -> Response:
        return Response(ConnectionSerializer(get_object_or_404(Connection, uuid=uuid)).data)


@io_view
class Ping(Endpoint):
    """Ask the system behind a connection what works and what is missing. It changes nothing there."""

    acts = (Act.CONNECT, Act.WORK)

    @extend_schema(operation_id="ping", request=None, responses={200: PingSerializer, **REFUSALS})
    def post(self, request: Request, uuid: UUID) -> Response:
        if request.data:
            raise ValidationError({"": ["Send no body."]})
        place = cast(Place, place_of(request))
        with place.scope():
            connection = get_object_or_404(Connection, uuid=uuid)
        result = runner.ping(connection.pk, place.tenant_id, place.actor)
        return Response(PingSerializer(result).data, status=status.HTTP_200_OK)


class Schema(Endpoint, SpectacularAPIView):
    """The API's description, for members."""


class Docs(Endpoint, SpectacularSwaggerSplitView):
    """The description to read and try; its script is a file of its own, as the content policy asks."""

    template_name = "integrations/api_docs.html"
