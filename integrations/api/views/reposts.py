"""Posting coding anew: see what today's rules would make of it, ask for it, and agree as a second person."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Nothing, Strict, described, given
from integrations.api.refusing import Conflict, refused
from integrations.engine.recoding import Came
from integrations.models import Answer, OutboxItem
from integrations.store import answers, reposting
from tenants.access import Place
from tenants.permissions import Act, Right


class CodedSerializer(serializers.Serializer[Any]):
    """A coded line, accounts and values by their names."""

    amount = serializers.DecimalField(max_digits=24, decimal_places=6, normalize_output=True)
    account = serializers.CharField()
    dimensions = serializers.DictField(child=serializers.CharField())


class RepostSerializer(serializers.Serializer[Any]):
    """A record as it was sent and as today's rules would code it. `refused` says why it stays; "" where it may change.

    `proposal` is what somebody has asked for and nobody has decided on.
    """

    before = CodedSerializer(many=True)
    after = CodedSerializer(many=True)
    refused = serializers.CharField()
    proposal = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField(help_text="Of the proposal.")
    made_by = serializers.EmailField(allow_null=True)


class RepostBody(Strict):
    """Why."""

    reason = serializers.CharField(max_length=2000)


class Repost(Endpoint):
    """Ask that the coding of an unpaid record, on which no approver has acted, is posted anew by today's rules."""

    acts = (Act.OVERRIDE,)

    @described("repost_preview", RepostSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        return Response(_shown(_item(uuid)))

    @described("repost", RepostSerializer, body=RepostBody)
    def post(self, request: Request, uuid: UUID) -> Response:
        body, item = given(request, RepostBody), _item(uuid)
        with refused(reposting.Refused):
            reposting.propose(cast(Place, place_of(request)), item, body["reason"])
        return Response(_shown(_item(uuid)))


class _Judgement(Endpoint):
    """Base: decide on what somebody has asked for."""

    acts = (Act.OVERRIDE,)
    rights = frozenset({Right.CHECKER})

    def _judge(self, request: Request, uuid: UUID, how: Callable[[Place, Answer], Any]) -> Response:
        given(request, Nothing)
        proposal = _proposal(_item(uuid))
        if proposal is None:
            raise Conflict("Nobody has asked for it, or it is decided already.", "closed")
        with refused(answers.Refused):
            how(cast(Place, place_of(request)), proposal)
        return Response(_shown(_item(uuid)))


class Approve(_Judgement):
    """Agree, as a second person: exactly this coding goes out with the next run."""

    @described("approve_repost", RepostSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._judge(request, uuid, answers.approve)


class Reject(_Judgement):
    """Disagree, as a second person: the record stays as it is."""

    @described("reject_repost", RepostSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._judge(request, uuid, answers.reject)


def _item(uuid: UUID) -> OutboxItem:
    rows = OutboxItem.objects.select_related("source", "flow__integration__erp", "flow__integration__ap")
    found: OutboxItem = get_object_or_404(rows, uuid=uuid)
    return found


def _proposal(item: OutboxItem) -> Answer | None:
    rows: Any = Answer.objects.filter(item=item, code=reposting.CODE, status=Answer.Status.PROPOSED)
    found: Answer | None = rows.select_related("made_by").first()
    return found


def _shown(item: OutboxItem) -> Any:
    found, proposal = reposting.look([item])[item.pk], _proposal(item)
    return RepostSerializer(
        {
            "before": _lines(found.old, found),
            "after": _lines(found.new, found),
            "refused": found.refused,
            "proposal": proposal.uuid if proposal else None,
            "reason": proposal.reason if proposal else "",
            "made_by": proposal.made_by.email if proposal and proposal.made_by else None,
        }
    ).data


def _lines(came: Came | None, found: reposting.Recoding) -> list[dict[str, Any]]:
    names = found.names
    return [
        {
            "amount": line.amount,
            "account": names.get(line.account, line.account),
            "dimensions": {kind: names.get(value, value) for kind, value in line.dimensions},
        }
        for line in (came.lines if came else ())
    ]
