"""The review queue: what needs a person and why; retry, answer, ignore and link it, alone or with a second person."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Nothing, Person, Strict, asked, described, given, page
from integrations.api.paging import page_of
from integrations.api.refusing import Conflict, refused
from integrations.api.views.desk import AssignBody, member
from integrations.api.views.records import AnswerSerializer, RecordSerializer
from integrations.api.views.review_filters import NEWEST, ReviewQuery, ordered_page, wanted
from integrations.engine.reasons import reason_of
from integrations.models import Answer, OutboxItem, ReviewItem
from integrations.store import answers, desk, queue
from tenants.access import Place
from tenants.permissions import Act, Right

JOINED = ("item__source", "item__flow__integration", "resolved_by", "assignee")


class ChoiceSerializer(serializers.Serializer[Any]):
    """One way to answer. `act` says whose it is; some take a second person."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    act = serializers.CharField()


class SidesSerializer(serializers.Serializer[Any]):
    """One field that differs: as the ledger has it, as was agreed last, as the other side has it now."""

    field = serializers.CharField()
    ledger = serializers.CharField()
    agreed = serializers.CharField()
    target = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """One reason why it is held; `code` and `subject` together name the question."""

    code = serializers.CharField()
    message = serializers.CharField()
    field = serializers.CharField(default="")
    value = serializers.CharField(default="")
    urgent = serializers.BooleanField(default=False)
    subject = serializers.CharField(default="")
    choices = ChoiceSerializer(many=True, default=list)
    sides = SidesSerializer(many=True, default=list)


class ReviewSerializer(serializers.Serializer[Any]):
    """A record that is, or was, held: every reason at once, and what the other side answered."""

    id = serializers.UUIDField(source="uuid")
    status = serializers.ChoiceField(choices=ReviewItem.Status.choices)
    code = serializers.CharField()
    named = serializers.CharField(help_text="What the first reason waits for, such as an account.")
    owner = serializers.SerializerMethodField(help_text="The role whose work it is.")
    assignee = Person("assignee")
    pay_by = serializers.SerializerMethodField(help_text="The due date, or the last day of a discount.")
    discount_by = serializers.DateField(allow_null=True)
    urgent = serializers.BooleanField()
    problems = ProblemSerializer(many=True)
    answer = serializers.CharField()
    opened_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_by = Person("resolved_by")
    resolution = serializers.CharField()
    record = RecordSerializer(source="item")

    def get_owner(self, review: ReviewItem) -> str:
        return reason_of(review.code).owner

    def get_pay_by(self, review: ReviewItem) -> date | None:
        return None if review.pay_by == ReviewItem.NEVER else review.pay_by


class OneReviewSerializer(ReviewSerializer):
    """The same with every answer that was given or proposed for the record."""

    answers = AnswerSerializer(many=True, source="given")


class RetriedSerializer(serializers.Serializer[Any]):
    """How many will be decided again with the next run, which is due now."""

    retried = serializers.IntegerField()


class AnswerBody(Strict):
    """The answer to one question: one of its choices, and why. The question may be left out where there is one only."""

    choice = serializers.CharField(max_length=100)
    reason = serializers.CharField(max_length=2000)
    code = serializers.CharField(required=False, max_length=60)
    subject = serializers.CharField(required=False, max_length=300, allow_blank=True)


class IgnoreBody(Strict):
    """Why, and until when; without an end until its content changes."""

    reason = serializers.CharField(max_length=2000)
    until = serializers.DateTimeField(required=False, allow_null=True)


class LinkBody(Strict):
    """The id on the other side, and why it is the same."""

    target_id = serializers.CharField(max_length=64)
    reason = serializers.CharField(max_length=2000)


class DecisionBody(Strict):
    """Which proposal; may be left out where there is one only. A reason is kept with a rejection."""

    answer = serializers.UUIDField(required=False)
    reason = serializers.CharField(required=False, max_length=2000, allow_blank=True)


class Reviews(Endpoint):
    """Review items, newest first; open ones also in the orders of the queue."""

    @described("review_items", page(ReviewSerializer), query=ReviewQuery)
    def get(self, request: Request) -> Response:
        query = wanted(asked(request, ReviewQuery))
        order, status = query.pop("order", NEWEST), query.pop("status", ReviewItem.Status.OPEN)
        rows = queue.narrowed(ReviewItem.objects.filter(status=status), query, _place(request))
        if order == NEWEST:
            newest, after = page_of(rows.only("pk"), request)
            ids = [row.pk for row in newest]
        else:
            ids, after = ordered_page(rows, request, order)
        found = queue.loaded(ReviewItem.objects.select_related(*JOINED), ids)
        return Response({"results": ReviewSerializer(found, many=True).data, "next": after})


class OneReview(Endpoint):
    """One review item with the answers given so far."""

    @described("review_item", OneReviewSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        return Response(_shown(_one(uuid)))


class RetryOne(Endpoint):
    """Decide it again with the next run. What may be on the other side already stays held."""

    acts = (Act.WORK,)
    for_keys = True

    @described("retry", RetriedSerializer, body=Nothing)
    def post(self, request: Request, uuid: UUID) -> Response:
        given(request, Nothing)
        review = _one(uuid)
        done = answers.retry(ReviewItem.objects.filter(pk=review.pk), _place(request).person)
        if not done:
            raise Conflict("It is not held any more, or it may be on the other side already: that is answered instead.")
        return Response({"retried": done})


class Resolve(Endpoint):
    """Answer a question. Where a second person is needed the answer is proposed; an API key never answers."""

    acts = (Act.WORK, Act.OVERRIDE, Act.PAYEE)

    @described("resolve", OneReviewSerializer, body=AnswerBody)
    def post(self, request: Request, uuid: UUID) -> Response:
        body, review = given(request, AnswerBody), _one(uuid)
        with refused(answers.Refused):
            code, subject = _question(review, body)
            answers.answer(_place(request), review.item, code, subject, body["choice"], body["reason"])
        return Response(_shown(_one(uuid)))


class Ignore(Endpoint):
    """Leave it out until it changes or `until`; above the integration's limit a second person agrees."""

    acts = (Act.IGNORE, Act.OVERRIDE)

    @described("ignore", OneReviewSerializer, body=IgnoreBody)
    def post(self, request: Request, uuid: UUID) -> Response:
        body, review = given(request, IgnoreBody), _one(uuid)
        with refused(answers.Refused):
            answers.ignore(_place(request), review.item, body["reason"], body.get("until"))
        return Response(_shown(_one(uuid)))


class Assign(Endpoint):
    """Give it to a member, or to nobody."""

    acts = (Act.WORK,)

    @described("assign", OneReviewSerializer, body=AssignBody)
    def post(self, request: Request, uuid: UUID) -> Response:
        body, review = given(request, AssignBody), _one(uuid)
        with refused(answers.Refused):
            if not desk.give(_place(request), review.item, member(body["to"])):
                raise Conflict("It is not held any more: there is nothing to be given.")
        return Response(_shown(_one(uuid)))


class Link(Endpoint):
    """Say that it is that record of the other side. Nothing is written there; both are compared with the next run."""

    acts = (Act.WORK,)

    @described("link", OneReviewSerializer, body=LinkBody)
    def post(self, request: Request, uuid: UUID) -> Response:
        body, review = given(request, LinkBody), _one(uuid)
        with refused(answers.Refused):
            answers.link(_place(request), review.item, body["target_id"], body["reason"])
        return Response(_shown(_one(uuid)))


class _Judgement(Endpoint):
    """Base: decide on a proposal; the product asks itself whose it is."""

    acts = (Act.WORK, Act.OVERRIDE, Act.PAYEE)
    rights = frozenset({Right.CHECKER})

    def _judge(self, request: Request, uuid: UUID, how: Callable[[Place, Answer, str], Any]) -> Response:
        body, review = given(request, DecisionBody), _one(uuid)
        proposal = _proposal(review.item, body.get("answer"))
        with refused(answers.Refused):
            how(_place(request), proposal, body.get("reason", ""))
        return Response(_shown(_one(uuid)))


class Approve(_Judgement):
    """Agree with a proposed answer, as a second person: it takes effect at once."""

    @described("approve", OneReviewSerializer, body=DecisionBody)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._judge(request, uuid, lambda place, proposal, _reason: answers.approve(place, proposal))


class Reject(_Judgement):
    """Disagree with a proposed answer, as a second person: the question stays open."""

    @described("reject", OneReviewSerializer, body=DecisionBody)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._judge(request, uuid, answers.reject)


class Withdraw(_Judgement):
    """Take back an own proposal."""

    rights = frozenset({Right.YES, Right.MAKER})

    @described("withdraw", OneReviewSerializer, body=DecisionBody)
    def post(self, request: Request, uuid: UUID) -> Response:
        return self._judge(request, uuid, lambda place, proposal, _reason: answers.withdraw(place, proposal))


def _place(request: Request) -> Place:
    return cast(Place, place_of(request))


def _one(uuid: UUID) -> ReviewItem:
    found: ReviewItem = get_object_or_404(ReviewItem.objects.select_related(*JOINED), uuid=uuid)
    return found


def _shown(review: ReviewItem) -> Any:
    rows = Answer.objects.filter(item=review.item_id).select_related("made_by", "checked_by").order_by("id")
    review.given = list(rows)  # type: ignore[attr-defined]
    return OneReviewSerializer(review).data


def _question(review: ReviewItem, body: dict[str, Any]) -> tuple[str, str]:
    """The question that is meant: named, or the only one that has this choice."""
    problems: Sequence[dict[str, Any]] = review.problems
    if "code" in body:
        fitting = [each for each in problems if each["code"] == body["code"]]
        subject = body.get("subject", fitting[0].get("subject", "") if len(fitting) == 1 else "")
        return body["code"], subject
    having = [each for each in problems if body["choice"] in {one["key"] for one in each.get("choices", ())}]
    if len(having) != 1:
        raise Conflict("Name the question by its code and subject: this choice fits none, or several.", "which")
    return having[0]["code"], having[0].get("subject", "")


def _proposal(item: OutboxItem, uuid: UUID | None) -> Answer:
    rows = list(Answer.objects.filter(item=item, **({"uuid": uuid} if uuid else {"status": Answer.Status.PROPOSED})))
    if len(rows) != 1:
        raise Conflict("No single proposal waits here: name one of its answers.", "which")
    found: Answer = rows[0]
    return found
