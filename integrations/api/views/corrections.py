"""Correcting the coding of one record: which places there are, putting other numbers there, taking that back."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Strict, described, given
from integrations.api.refusing import refused
from integrations.models import OutboxItem
from integrations.store import answers, correcting
from tenants.access import Place
from tenants.permissions import Act


class SpotSerializer(serializers.Serializer[Any]):
    """A place of the coding: `read` is what the rules read there, `now` what a person put there; null: nothing."""

    place = serializers.CharField()
    line = serializers.CharField()
    what = serializers.CharField()
    read = serializers.CharField(allow_blank=True)
    now = serializers.CharField(allow_blank=True, allow_null=True)


class CorrectionsSerializer(serializers.Serializer[Any]):
    """The places that may be corrected now; none of a record that is neither held nor waiting."""

    places = SpotSerializer(many=True)


class CorrectedSerializer(serializers.Serializer[Any]):
    """What stands in a place from now on: `now` null, what the rules read there. The record is decided anew with it."""

    place = serializers.CharField()
    now = serializers.CharField(allow_blank=True, allow_null=True)


class DoneSerializer(serializers.Serializer[Any]):
    """What was done; the places themselves may be corrected again once the record was decided."""

    results = CorrectedSerializer(many=True)


class ChangeBody(Strict):
    """A number in a place; empty: a code part is left out."""

    place = serializers.CharField(max_length=300)
    value = serializers.CharField(max_length=60, allow_blank=True)


class CorrectionBody(Strict):
    """What goes where, and why."""

    changes = serializers.ListField(child=ChangeBody(), allow_empty=False, max_length=correcting.MOST)
    reason = serializers.CharField(max_length=2000)


class TakeBackBody(Strict):
    """Which place is coded by the rules again, and why."""

    place = serializers.CharField(max_length=300)
    reason = serializers.CharField(max_length=2000)


class Corrections(Endpoint):
    """Correct the coding of this record alone; amounts, payee, number and dates are never changed here."""

    acts = (Act.WORK,)

    @described("corrections", CorrectionsSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        return Response({"places": SpotSerializer(correcting.spots(_item(uuid)), many=True).data})

    @described("correct", DoneSerializer, body=CorrectionBody)
    def post(self, request: Request, uuid: UUID) -> Response:
        body, item = given(request, CorrectionBody), _item(uuid)
        changes = [(each["place"], each["value"]) for each in body["changes"]]
        with refused(answers.Refused):
            correcting.correct(cast(Place, place_of(request)), item, changes, body["reason"])
        return _done(changes)


class TakeBack(Endpoint):
    """Have a corrected place coded by the rules again."""

    acts = (Act.WORK,)

    @described("take_correction_back", DoneSerializer, body=TakeBackBody)
    def post(self, request: Request, uuid: UUID) -> Response:
        body, item = given(request, TakeBackBody), _item(uuid)
        with refused(answers.Refused):
            correcting.take_back(cast(Place, place_of(request)), item, body["place"], body["reason"])
        return _done([(body["place"], None)])


def _item(uuid: UUID) -> OutboxItem:
    rows = OutboxItem.objects.select_related("source", "flow__integration__erp", "flow__integration__ap")
    found: OutboxItem = get_object_or_404(rows, uuid=uuid)
    return found


def _done(places: Sequence[tuple[str, str | None]]) -> Response:
    return Response({"results": [{"place": place, "now": now} for place, now in places]})
