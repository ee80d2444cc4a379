"""The second person of a tenant: whether what matters takes two, and switching that off or on again."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Nothing, Person, Query, Strict, asked, described, given
from integrations.api.paging import page_of
from integrations.api.refusing import refused
from integrations.models import CheckSwitch
from integrations.store import controls, switching
from tenants.access import Place
from tenants.permissions import Act, Right


class SwitchSerializer(serializers.Serializer[Any]):
    """A proposed, confirmed or past switch; people by their e-mail address."""

    id = serializers.UUIDField(source="uuid")
    off = serializers.BooleanField()
    reason = serializers.CharField()
    status = serializers.ChoiceField(choices=CheckSwitch.Status.choices)
    made_by = Person("made_by")
    made_at = serializers.DateTimeField()
    checked_by = Person("checked_by")
    checked_at = serializers.DateTimeField(allow_null=True)


class SecondPersonSerializer(serializers.Serializer[Any]):
    """Whether what matters takes two people here, and every switch, newest first."""

    on = serializers.BooleanField()
    why_off = serializers.CharField(help_text="In words; empty while it is on.")
    results = SwitchSerializer(many=True)
    next = serializers.URLField(allow_null=True)


class SwitchBody(Strict):
    """Off, or on again, and why."""

    off = serializers.BooleanField()
    reason = serializers.CharField(max_length=2000)


class SecondPerson(Endpoint):
    """The second person: how it stands; an owner proposes to switch it, a controller confirms."""

    acts = (Act.UNCHECK,)

    @described("second_person", SecondPersonSerializer, query=Query)
    def get(self, request: Request) -> Response:
        asked(request, Query)
        control = controls.second_person()
        rows, after = page_of(CheckSwitch.objects.select_related("made_by", "checked_by"), request)
        return Response(
            {
                "on": control is None,
                "why_off": control.words if control else "",
                "results": SwitchSerializer(rows, many=True).data,
                "next": after,
            }
        )

    @described("propose_second_person", SwitchSerializer, body=SwitchBody, code=201)
    def post(self, request: Request) -> Response:
        body = given(request, SwitchBody)
        with refused(switching.Refused):
            made = switching.propose(cast(Place, place_of(request)), body["off"], body["reason"])
        return Response(SwitchSerializer(made).data, status=201)


class OneSwitch(Endpoint):
    """One switch of the second person."""

    @described("second_person_switch", SwitchSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        return Response(SwitchSerializer(get_object_or_404(CheckSwitch, uuid=uuid)).data)


class _Decision(Endpoint):
    """Base: a person decides on a proposal."""

    acts = (Act.UNCHECK,)
    rights = frozenset({Right.CHECKER})

    def _decide(self, request: Request, uuid: UUID, how: Callable[[Place, CheckSwitch], CheckSwitch]) -> Response:
        given(request, Nothing)
        with refused(switching.Refused):
            made = how(cast(Place, place_of(request)), get_object_or_404(CheckSwitch, uuid=uuid))
        return Response(SwitchSerializer(made).data)


class Approve(_Decision):
    """Let the switch take force; a second person's act."""

    @described("approve_second_person", SwitchSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._decide(request, uuid, switching.approve)


class Reject(_Decision):
    """Decide against the switch; a second person's act."""

    @described("reject_second_person", SwitchSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._decide(request, uuid, switching.reject)


class Withdraw(_Decision):
    """Take back an own proposal."""

    rights = frozenset({Right.MAKER})

    @described("withdraw_second_person", SwitchSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._decide(request, uuid, switching.withdraw)
