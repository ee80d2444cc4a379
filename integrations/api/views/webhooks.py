"""Outgoing webhooks: the organisation's endpoints, their secrets, and what was sent to them."""

from functools import partial
from typing import Any, cast
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations import tasks
from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Nothing, Query, Strict, asked, described, given, page
from integrations.api.paging import page_of
from integrations.api.refusing import refused
from integrations.models import AlertChannel, AlertDelivery, AlertKind
from integrations.models.alert import every_kind
from integrations.runner.alerts import endpoints
from integrations.runner.alerts.signing import message_id
from tenants.access import Place
from tenants.permissions import Act


class WebhookSerializer(serializers.Serializer[Any]):
    """An endpoint that is told of alerts. Its secret is shown by what makes it, once, and never again."""

    id = serializers.UUIDField(source="uuid")
    name = serializers.CharField()
    url = serializers.CharField()
    kinds = serializers.ListField(child=serializers.ChoiceField(choices=AlertKind.choices))
    over = serializers.BooleanField(help_text="Whether it is also told when a cause is over.")
    enabled = serializers.BooleanField()
    off_why = serializers.CharField(help_text="Why it was switched off, when we did it.")
    failing_since = serializers.DateTimeField(allow_null=True)
    secret_at = serializers.DateTimeField(allow_null=True)
    old_secret_until = serializers.DateTimeField(source="old_until", allow_null=True)


class WebhookSecretSerializer(WebhookSerializer):
    """An endpoint with its new secret: null when an Idempotency-Key asks for the answer again."""

    secret = serializers.CharField(allow_null=True)


class DeliverySerializer(serializers.Serializer[Any]):
    """A message to an endpoint and what came of it."""

    id = serializers.UUIDField(source="uuid")
    webhook_id = serializers.SerializerMethodField(help_text="The message's id, as its header says it.")
    type = serializers.CharField()
    body = serializers.CharField()
    status = serializers.ChoiceField(choices=AlertDelivery.Status.choices)
    attempts = serializers.IntegerField()
    next_at = serializers.DateTimeField()
    answer_code = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()
    made_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)

    def get_webhook_id(self, row: AlertDelivery) -> str:
        return message_id(row.event)


class WebhookBody(Strict):
    """A new endpoint."""

    name = serializers.CharField(max_length=80)
    url = serializers.CharField(max_length=500, help_text="A public https address that takes POST requests.")
    kinds = serializers.MultipleChoiceField(choices=AlertKind.choices, default=lambda: set(every_kind()))
    over = serializers.BooleanField(default=True)


class Webhooks(Endpoint):
    """The organisation's endpoints; adding one."""

    acts = (Act.CONNECT,)
    shown_once = ("secret",)

    @described("webhooks", page(WebhookSerializer), query=Query)
    def get(self, request: Request) -> Response:
        asked(request, Query)
        rows, after = page_of(AlertChannel.objects.filter(user=None), request)
        return Response({"results": WebhookSerializer(rows, many=True).data, "next": after})

    @described("add_webhook", WebhookSecretSerializer, body=WebhookBody, code=201)
    def post(self, request: Request) -> Response:
        wanted = given(request, WebhookBody)
        with refused(endpoints.Refused):
            row, secret = endpoints.add(
                _place(request), wanted["name"], wanted["url"], wanted["kinds"], over=wanted["over"]
            )
        return Response(_with_secret(row, secret), status=201)


class OneWebhook(Endpoint):
    """One endpoint; taking it away with its secret and its log."""

    acts = (Act.CONNECT,)

    @described("webhook", WebhookSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        return Response(WebhookSerializer(_endpoint(uuid)).data)

    @described("delete_webhook", None, body=Nothing, code=204, once=False)
    def delete(self, request: Request, uuid: UUID) -> Response:
        given(request, Nothing)
        row = _locked(uuid)
        with refused(endpoints.Refused):
            endpoints.remove(_place(request), row)
        return Response(status=204)


class Rotate(Endpoint):
    """A new secret; the one before it signs too for 24 hours."""

    acts = (Act.CONNECT,)
    shown_once = ("secret",)

    @described("rotate_webhook", WebhookSecretSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        given(request, Nothing)
        row = _locked(uuid)
        with refused(endpoints.Refused):
            return Response(_with_secret(row, endpoints.renew_secret(_place(request), row)))


class Test(Endpoint):
    """Send a message of type `test`."""

    acts = (Act.CONNECT,)

    @described("test_webhook", DeliverySerializer, body=Nothing, code=202)
    def post(self, request: Request, uuid: UUID) -> Response:
        given(request, Nothing)
        row = _locked(uuid)
        with refused(endpoints.Refused):
            made = endpoints.send_test(_place(request), row)
        _post_soon(request, row)
        return Response(DeliverySerializer(made).data, status=202)


class Deliveries(Endpoint):
    """What was sent to an endpoint in the last 90 days."""

    @described("webhook_deliveries", page(DeliverySerializer), query=Query)
    def get(self, request: Request, uuid: UUID) -> Response:
        asked(request, Query)
        rows, after = page_of(_endpoint(uuid).deliveries.all(), request)
        return Response({"results": DeliverySerializer(rows, many=True).data, "next": after})


class Resend(Endpoint):
    """Send a message again, with the id it had."""

    acts = (Act.CONNECT,)

    @described("resend_webhook", DeliverySerializer, body=Nothing, code=202)
    def post(self, request: Request, uuid: UUID) -> Response:
        given(request, Nothing)
        rows = AlertDelivery.objects.filter(channel__user=None).select_related("channel")
        row: AlertDelivery = get_object_or_404(rows, uuid=uuid)
        with refused(endpoints.Refused):
            endpoints.resend(_place(request), row, timezone.now())
        _post_soon(request, row.channel)
        row.refresh_from_db()
        return Response(DeliverySerializer(row).data, status=202)


def _endpoint(uuid: UUID) -> AlertChannel:
    found: AlertChannel = get_object_or_404(AlertChannel, uuid=uuid, user=None)
    return found


def _locked(uuid: UUID) -> AlertChannel:
    """Changed by nobody else meanwhile: of two secrets handed out at once, the first would sign nothing."""
    found: AlertChannel = get_object_or_404(AlertChannel.objects.select_for_update(), uuid=uuid, user=None)
    return found


def _place(request: Request) -> Place:
    return cast(Place, place_of(request))


def _with_secret(row: AlertChannel, secret: str) -> dict[str, Any]:
    return {**WebhookSerializer(row).data, "secret": secret}


def _post_soon(request: Request, row: AlertChannel) -> None:
    transaction.on_commit(partial(tasks.post_alerts.delay, row.pk, str(_place(request).tenant_id)))
