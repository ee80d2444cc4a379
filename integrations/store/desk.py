"""What people do with many records of the queue at once: retry, assign, comment. Each is audited by itself."""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils import timezone

from integrations.models import Comment, OutboxItem, ReviewItem
from integrations.store import answers
from integrations.store.bulk import GONE, Act, Outcome
from integrations.store.checking import Ruling, ruling
from integrations.store.questions import Refused, tell
from tenants import permissions
from tenants.access import Place
from tenants.models import Membership, Role, User

LONGEST = 4000  # characters of a comment
_BLIND = "it may be on the other side already: compare both sides first"


def retrying(place: Place, reviews: Sequence[ReviewItem], outcome: Outcome) -> None:
    """Decide them again with the next run, which is due now."""
    _may_work(place)
    retried = set(answers.decide_again(ReviewItem.objects.filter(pk__in=[each.pk for each in reviews]), place.person))
    for review in reviews:
        if review.pk in retried:
            outcome.done += 1
        else:
            outcome.refuse(review, _BLIND if review.code in answers.NEVER_BLINDLY else GONE)


def assigning(to: User | None) -> Act:
    """Give them to a member, or to nobody. Raises Refused for somebody who is no member."""

    def assign(place: Place, reviews: Sequence[ReviewItem], outcome: Outcome) -> None:
        _may_work(place)
        if to is not None and not workers().filter(user=to).exists():
            raise Refused("unknown", "Work is given to members of this team whose role may do it.")
        open_still = ReviewItem.objects.filter(pk__in=[r.pk for r in reviews], status=ReviewItem.Status.OPEN)
        held = {each.pk: each for each in open_still.select_for_update(of=("self",)).order_by("pk")}
        other = [r for r in reviews if r.pk in held and held[r.pk].assignee_id != (to.pk if to else None)]
        ReviewItem.objects.filter(pk__in=[r.pk for r in other]).update(assignee=to)
        for review in other:
            refs = {"to": to.pk if to else 0, "from": held[review.pk].assignee_id or 0}
            tell("assigned", review.item, refs, {"to": to.email if to else ""})
        outcome.done += len(held)
        for review in reviews:
            if review.pk not in held:
                outcome.refuse(review, GONE)

    return assign


def workers() -> QuerySet[Membership]:
    """Those of this team whose role may do work, and so be given it."""
    at_work = [role for role in Role.values if permissions.may(role, permissions.Act.WORK)]
    found: QuerySet[Membership] = Membership.objects.filter(role__in=at_work)
    return found


def give(place: Place, item: OutboxItem, to: User | None) -> bool:
    """One held record to a member, or to nobody; whether it is still held."""
    open_still = ReviewItem.objects.filter(item=item, status=ReviewItem.Status.OPEN)
    outcome = Outcome()
    assigning(to)(place, list(open_still.select_related("item__flow")), outcome)
    return bool(outcome.done)


def commenting(text: str) -> Act:
    """Say the same about each of them."""
    said = _said(text)

    def comment(place: Place, reviews: Sequence[ReviewItem], outcome: Outcome) -> None:
        _say(place, [review.item for review in reviews], said)
        outcome.done += len(reviews)

    return comment


def say(place: Place, item: OutboxItem, text: str) -> Comment:
    """One comment on one record, in whatever state it is."""
    return _say(place, [item], _said(text))[0]


def _said(text: str) -> str:
    """What is said, without blanks around it. Raises Refused."""
    if not text.strip():
        raise Refused("reason", "Write what you want to say.")
    return text.strip()[:LONGEST]


def _say(place: Place, items: Sequence[OutboxItem], text: str) -> list[Comment]:
    _may_work(place)
    now = timezone.now()
    made: list[Comment] = Comment.objects.bulk_create(
        Comment(item=item, author_id=place.person, text=text, made_at=now) for item in items
    )
    for each in made:
        tell("commented", each.item, {"comment": str(each.uuid)}, {"text": text})
    return made


def _may_work(place: Place) -> None:
    if ruling(place, permissions.Act.WORK) is Ruling.NO:
        raise Refused("not_allowed", "Your role may not do this.")
