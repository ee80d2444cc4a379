"""Integrations, their settings, and the changes of those."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Nothing, Person, Query, Strict, asked, described, given, page
from integrations.api.paging import page_of
from integrations.api.refusing import refused
from integrations.models import Integration, SettingChange
from integrations.runner import settings
from integrations.runner.concerning import concerning
from integrations.store.settings import today
from tenants.access import Place
from tenants.permissions import Act, Right


class IntegrationSerializer(serializers.Serializer[Any]):
    """Two connections joined for one company. While it is not active it is read and planned, never written."""

    id = serializers.UUIDField(source="uuid")
    name = serializers.CharField()
    erp = serializers.UUIDField(source="erp.uuid")
    ap = serializers.UUIDField(source="ap.uuid")
    company = serializers.CharField()
    company_name = serializers.CharField()
    start_date = serializers.DateField(allow_null=True)
    active = serializers.BooleanField()
    policy_version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class SettingSerializer(serializers.Serializer[Any]):
    """One setting: what it is today, what the product does unless told, what may be chosen."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    help = serializers.CharField()
    rule = serializers.CharField(help_text="The paragraph of the AP rules.")
    group = serializers.CharField()
    kind = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())
    value = serializers.JSONField()
    default = serializers.JSONField()


class SettingsSerializer(serializers.Serializer[Any]):
    """The settings of what the integration carries, as they are in force today."""

    version = serializers.IntegerField()
    day = serializers.DateField()
    settings = SettingSerializer(many=True)


class ChangeSerializer(serializers.Serializer[Any]):
    """A proposed, approved or past change; people by their e-mail address."""

    id = serializers.UUIDField(source="uuid")
    integration = serializers.UUIDField(source="integration.uuid")
    name = serializers.CharField()
    old = serializers.JSONField()
    new = serializers.JSONField()
    reason = serializers.CharField()
    effective_from = serializers.DateField()
    status = serializers.ChoiceField(choices=SettingChange.Status.choices)
    version = serializers.IntegerField(allow_null=True, help_text="Of the settings, once in force.")
    made_by = Person("made_by")
    made_at = serializers.DateTimeField()
    checked_by = Person("checked_by")
    checked_at = serializers.DateTimeField(allow_null=True)


class ProposalBody(Strict):
    """A setting, what it should become, why, and from which day on."""

    name = serializers.CharField(max_length=60)
    value = serializers.JSONField(allow_null=True)
    reason = serializers.CharField(max_length=2000)
    effective_from = serializers.DateField(required=False, allow_null=True)


class ChangesQuery(Query):
    """Which changes."""

    integration = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=SettingChange.Status.choices, required=False)


class Integrations(Endpoint):
    """The tenant's integrations."""

    @described("integrations", page(IntegrationSerializer), query=Query)
    def get(self, request: Request) -> Response:
        asked(request, Query)
        rows, after = page_of(Integration.objects.select_related("erp", "ap"), request)
        return Response({"results": IntegrationSerializer(rows, many=True).data, "next": after})


class OneIntegration(Endpoint):
    """One integration."""

    @described("integration", IntegrationSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        return Response(IntegrationSerializer(_one(uuid)).data)


class Settings(Endpoint):
    """The settings of an integration; a change is proposed with its reason and waits for a second person."""

    acts = (Act.SETTINGS,)
    for_keys = True

    @described("settings", SettingsSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        day = today()
        integration = _one(uuid)
        policy = settings.in_force(integration, day)
        values = settings.shown(policy)
        rows = [
            {
                **{name: getattr(spec, name) for name in ("name", "label", "help", "rule", "group", "kind", "default")},
                "choices": [key for key, _ in spec.choices],
                "value": values[spec.name],
            }
            for spec in concerning(integration)
        ]
        return Response({"version": policy.version, "day": day, "settings": rows})

    @described("propose_setting", ChangeSerializer, body=ProposalBody, code=201)
    def post(self, request: Request, uuid: UUID) -> Response:
        integration, body = _one(uuid), given(request, ProposalBody)
        name, value = body["name"], body["value"]
        with refused(settings.Refused):
            change = settings.propose(
                cast(Place, place_of(request)), integration, name, value, body["reason"], body.get("effective_from")
            )
        return Response(ChangeSerializer(change).data, status=201)


class Changes(Endpoint):
    """Every change of settings: proposed, approved, rejected, withdrawn."""

    @described("setting_changes", page(ChangeSerializer), query=ChangesQuery)
    def get(self, request: Request) -> Response:
        wanted = asked(request, ChangesQuery)
        rows: Any = SettingChange.objects.select_related("integration", "made_by", "checked_by")
        if "integration" in wanted:
            rows = rows.filter(integration=_one(wanted["integration"]))
        if "status" in wanted:
            rows = rows.filter(status=wanted["status"])
        found, after = page_of(rows, request)
        return Response({"results": ChangeSerializer(found, many=True).data, "next": after})


class OneChange(Endpoint):
    """One change of a setting."""

    @described("setting_change", ChangeSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        return Response(ChangeSerializer(get_object_or_404(SettingChange, uuid=uuid)).data)


class _Decision(Endpoint):
    """Base: a person decides on a proposal."""

    acts = (Act.SETTINGS,)
    rights = frozenset({Right.CHECKER})

    def _decide(self, request: Request, uuid: UUID, how: Callable[[Place, SettingChange], SettingChange]) -> Response:
        given(request, Nothing)
        change = get_object_or_404(SettingChange, uuid=uuid)
        with refused(settings.Refused):
            return Response(ChangeSerializer(how(cast(Place, place_of(request)), change)).data)


class Approve(_Decision):
    """Let a proposed change take force; a second person's act."""

    @described("approve_setting", ChangeSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._decide(request, uuid, settings.approve)


class Reject(_Decision):
    """Decide against a proposed change; a second person's act."""

    @described("reject_setting", ChangeSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._decide(request, uuid, settings.reject)


class Withdraw(_Decision):
    """Take back an own proposal, or an approved change whose day has not come."""

    rights = frozenset({Right.MAKER})

    @described("withdraw_setting", ChangeSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._decide(request, uuid, settings.withdraw)


def _one(uuid: UUID) -> Integration:
    found: Integration = get_object_or_404(Integration.objects.select_related("erp", "ap"), uuid=uuid)
    return found
