"""Acts on many records of the queue: on the chosen ones, or on everything that the filters match."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from integrations.store import bulk, desk, ignoring, queue
from integrations.store.bulk import Outcome
from integrations.store.questions import Refused
from integrations.store.queue import NOBODY
from integrations.web.gate import page, place_of, typed
from integrations.web.members import member
from integrations.web.review_filters import Filters
from integrations.web.work import back_to, until_of
from tenants.permissions import Act
from tenants.web.middleware import io_view

AT_ONCE = 200  # chosen one by one


@page("POST", write=Act.WORK)
@io_view
def retry(request: HttpRequest) -> HttpResponseBase:
    """Decide them again with the next run, which is due now."""
    return _done(request, lambda: desk.retrying, "will be decided again with the next run, which is due now")


@page("POST", write=Act.READ)
@io_view
def ignore(request: HttpRequest) -> HttpResponseBase:
    """Ignore them with one reason; each is proved, kept and audited by itself."""
    words = "ignored; they come back by themselves when their content changes"
    return _done(request, lambda: ignoring.ignoring(typed(request, "reason"), until_of(request)), words)


@page("POST", write=Act.WORK)
@io_view
def assign(request: HttpRequest) -> HttpResponseBase:
    """Give them to a member, or to nobody."""
    to = request.POST.get("to", "")

    def act() -> bulk.Act:
        if to == NOBODY:
            return desk.assigning(None)
        with place_of(request).scope():
            found = member(to)
        if found is None:
            raise Refused("unknown", "Choose who gets them.")
        return desk.assigning(found)

    return _done(request, act, "given to nobody" if to == NOBODY else "given to them")


@page("POST", write=Act.WORK)
@io_view
def comment(request: HttpRequest) -> HttpResponseBase:
    """Say the same about each of them."""
    return _done(request, lambda: desk.commenting(typed(request, "text")), "commented")


def _done(request: HttpRequest, act: Callable[[], bulk.Act], words: str) -> HttpResponseBase:
    """Do it, say what was done and what was left and why, and go back to where the person was."""
    if request.method != "POST":
        return redirect("web:review")
    try:
        outcome = bulk.on_each(place_of(request), _rows(request), act())
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        _tell(request, outcome, words)
    return redirect(back_to(request, reverse("web:review")))


def chosen_of(request: HttpRequest) -> list[str]:
    """The records that the form names."""
    return [uuid for uuid in request.POST.getlist("item")[:AT_ONCE] if _is_uuid(uuid)]


def _rows(request: HttpRequest) -> Callable[[], queue.Rows]:
    place, filters = place_of(request), Filters(request.POST)
    every, chosen = "every" in request.POST, chosen_of(request)

    def rows() -> queue.Rows:
        found = queue.opened()
        return queue.narrowed(found, filters.chosen, place) if every else found.filter(item__uuid__in=chosen)

    return rows


def _tell(request: HttpRequest, outcome: Outcome, words: str) -> None:
    if outcome.done:
        messages.success(request, f"{_count(outcome.done)} {words}.")
    if outcome.proposed:
        messages.warning(request, f"{_count(outcome.proposed)} proposed: somebody else approves it.")
    if outcome.left:
        why = "; ".join(f"{count:,}: {why}" for why, count in outcome.reasons.most_common())
        messages.warning(request, f"{_count(outcome.left)} left as they are. {why}.")
    if outcome.more:
        messages.warning(request, f"{_count(outcome.more)} more match: {bulk.MOST:,} are done at once. Press again.")
    if not (outcome.done or outcome.proposed or outcome.left):
        messages.warning(request, "Nothing was chosen, or it is no longer held.")


def _count(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"


def _is_uuid(text: Any) -> bool:
    return len(text) == 36 and all(c in "0123456789abcdefABCDEF-" for c in text) and text.count("-") == 4
