"""Work on many review items, chosen ones or all that a filter matches: causes, retry, ignore, assign, comment."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Person, Strict, asked, described, given
from integrations.api.refusing import refused
from integrations.api.views.review_filters import CauseQuery, Narrowed, wanted
from integrations.engine.reasons import reason_of
from integrations.models import Comment, Flow, OutboxItem, ReviewItem
from integrations.store import bulk, desk, ignoring, queue
from integrations.store.questions import Refused
from tenants.access import Place
from tenants.models import Membership, User
from tenants.permissions import Act

MOST = 1000  # ids of one act
CAUSES = 200


class BulkSerializer(serializers.Serializer[Any]):
    """How many were done; of those that were not, why. `more` match beyond the 10,000 of one act: ask again."""

    done = serializers.IntegerField()
    proposed = serializers.IntegerField(help_text="Wait for a second person.")
    left = serializers.IntegerField()
    refused = serializers.DictField(child=serializers.CharField(), help_text="By id, the first 1,000 of them.")
    more = serializers.IntegerField()


class Chosen(Strict):
    """Review items by `ids`, or all open ones that `filter` matches: exactly one of the two."""

    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST, required=False)
    filter = Narrowed(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("ids" in attrs) == ("filter" in attrs):
            raise ValidationError({"ids": ["Either ids or a filter."]})
        return attrs


class IgnoreManyBody(Chosen):
    """Which, why, and until when; without an end until their content changes."""

    reason = serializers.CharField(max_length=2000)
    until = serializers.DateTimeField(required=False, allow_null=True)


class AssignBody(Strict):
    """To whom: the address of a member, or null for nobody."""

    to = serializers.EmailField(allow_null=True)


class AssignMany(Chosen, AssignBody):
    """Which, and to whom."""


class CommentBody(Strict):
    """What is said; it is never changed or taken back."""

    text = serializers.CharField(max_length=desk.LONGEST)


class CommentMany(Chosen, CommentBody):
    """Which, and what is said."""


class CommentSerializer(serializers.Serializer[Any]):
    """What somebody said about the record."""

    id = serializers.UUIDField(source="uuid")
    author = Person("author")
    text = serializers.CharField()
    made_at = serializers.DateTimeField()


class CommentsSerializer(serializers.Serializer[Any]):
    """All of them, oldest first."""

    results = CommentSerializer(many=True)


class CauseSerializer(serializers.Serializer[Any]):
    """What holds records together: a code in one flow, and what the code names there."""

    code = serializers.CharField()
    named = serializers.CharField()
    flow = serializers.UUIDField()
    title = serializers.CharField()
    owner = serializers.CharField()
    do = serializers.CharField()
    count = serializers.IntegerField()
    urgent = serializers.IntegerField()
    amounts = serializers.DictField(child=serializers.CharField(), help_text="By currency, exact.")
    earliest = serializers.DateField(allow_null=True)


class CausesSerializer(serializers.Serializer[Any]):
    """The most pressing causes, at most 200, and how many items there are in all."""

    count = serializers.IntegerField()
    results = CauseSerializer(many=True)


class Causes(Endpoint):
    """Open items by cause: urgent ones first, then by the earliest day to pay by."""

    @described("review_causes", CausesSerializer, query=CauseQuery)
    def get(self, request: Request) -> Response:
        rows = queue.narrowed(queue.opened(), wanted(asked(request, CauseQuery)), _place(request))
        sums, causes = queue.summed(rows, CAUSES)
        flows = dict(Flow.objects.values_list("pk", "uuid"))
        shown = [_cause(cause, flows[cause.flow]) for cause in causes]
        return Response(CausesSerializer({"count": sums.count, "results": shown}).data)


def _cause(cause: queue.Cause, flow: UUID) -> dict[str, Any]:
    reason = reason_of(cause.code)
    numbers = {"count": cause.count, "urgent": cause.urgent, "earliest": cause.earliest}
    words = {"title": reason.title, "owner": reason.owner, "do": reason.do}
    amounts = {currency: format(amount.normalize(), "f") for currency, amount in cause.amounts.items()}
    return {"code": cause.code, "named": cause.named, "flow": flow, "amounts": amounts, **numbers, **words}


class _Many(Endpoint):
    """Base of an act on many: in slices, each committed by itself."""

    scoped = False

    def _do(self, request: Request, body: dict[str, Any], act: Callable[[], bulk.Act]) -> Response:
        place = _place(request)
        with refused(Refused):
            outcome = bulk.on_each(place, _rows(body, place), act())
        shown = {"done": outcome.done, "proposed": outcome.proposed, "left": outcome.left, "more": outcome.more}
        gone = {str(uuid): "There is nothing here." for uuid in body.get("ids", ()) if str(uuid) not in outcome.seen}
        return Response(BulkSerializer({**shown, "refused": {**gone, **outcome.refused}}).data)


class RetryMany(_Many):
    """Decide them again with the next run; those that are not held any more, or must not be retried, are left."""

    acts = (Act.WORK,)
    for_keys = True

    @described("retry_many", BulkSerializer, body=Chosen)
    def post(self, request: Request) -> Response:
        return self._do(request, given(request, Chosen), lambda: desk.retrying)


class IgnoreMany(_Many):
    """Leave them out until they change or `until`; those above the integration's limit are proposed."""

    acts = (Act.IGNORE, Act.OVERRIDE)

    @described("ignore_many", BulkSerializer, body=IgnoreManyBody)
    def post(self, request: Request) -> Response:
        body = given(request, IgnoreManyBody)
        return self._do(request, body, lambda: ignoring.ignoring(body["reason"], body.get("until")))


class AssignToMany(_Many):
    """Give them to a member, or to nobody."""

    acts = (Act.WORK,)

    @described("assign_many", BulkSerializer, body=AssignMany)
    def post(self, request: Request) -> Response:
        body = given(request, AssignMany)
        with _place(request).scope():
            to = member(body["to"])
        return self._do(request, body, lambda: desk.assigning(to))


class CommentOnMany(_Many):
    """Say the same about each of them."""

    acts = (Act.WORK,)

    @described("comment_many", BulkSerializer, body=CommentMany)
    def post(self, request: Request) -> Response:
        body = given(request, CommentMany)
        return self._do(request, body, lambda: desk.commenting(body["text"]))


class Comments(Endpoint):
    """What people say about a record; a new one is added."""

    acts = (Act.WORK,)

    @described("comments", CommentsSerializer)
    def get(self, request: Request, uuid: UUID) -> Response:
        return _comments(_review(uuid).item)

    @described("comment", CommentsSerializer, body=CommentBody)
    def post(self, request: Request, uuid: UUID) -> Response:
        body, review = given(request, CommentBody), _review(uuid)
        with refused(Refused):
            desk.say(_place(request), review.item, body["text"])
        return _comments(review.item)


def _comments(item: OutboxItem) -> Response:
    rows = Comment.objects.filter(item=item).select_related("author").order_by("id")
    return Response(CommentsSerializer({"results": rows}).data)


def _rows(body: dict[str, Any], place: Place) -> Callable[[], queue.Rows]:
    def rows() -> queue.Rows:
        if "ids" in body:
            return queue.opened().filter(uuid__in=body["ids"])
        return queue.narrowed(queue.opened(), wanted(body["filter"]), place)

    return rows


def member(address: str | None) -> User | None:
    """The member of this address; None for nobody. ValidationError for a stranger's."""
    if address is None:
        return None
    row: Membership | None = Membership.objects.filter(user__email=address.lower()).select_related("user").first()
    if row is None:
        raise ValidationError({"to": ["Nobody of this address is a member here."]})
    return row.user


def _review(uuid: UUID) -> ReviewItem:
    found: ReviewItem = get_object_or_404(ReviewItem.objects.select_related("item__flow"), uuid=uuid)
    return found


def _place(request: Request) -> Place:
    return cast(Place, place_of(request))
