"""Acting on one record: every act goes through the store, which proves it; who comes second is told in words."""

from collections.abc import Callable
from datetime import datetime, time
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import url_has_allowed_host_and_scheme

from integrations.models import Answer, OutboxItem, RecordLink, ReviewItem
from integrations.store import answers, correcting, desk
from integrations.store.queue import NOBODY
from integrations.web import records
from integrations.web.gate import may, page, place_of, typed
from integrations.web.members import member
from integrations.web.offers import choice_words
from tenants.permissions import Act

Said = str  # what happened, for the person who did it


def back_to(request: HttpRequest, usual: str) -> str:
    """Where the form asked to go on, if it is a page of ours."""
    back = request.POST.get("next", "")
    ours = back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if ours else usual


@page("POST", write=Act.READ)
def work(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """One act on one record; refused, the page says why and keeps what was typed."""
    item = get_object_or_404(OutboxItem.objects.select_related(*records.JOINED, "run"), uuid=uuid)
    act = ACTS.get(request.POST.get("do", ""))
    if request.method != "POST" or act is None:
        return redirect("web:record", uuid)
    try:
        said = act(request, item)
    except answers.Refused as refused:
        return records.show(request, item, refused=refused.message, status=409 if refused.code == "taken" else 400)
    messages.success(request, said)
    return redirect(back_to(request, reverse("web:record", args=[uuid])))


def _given(given: Answer, done: str) -> Said:
    if given.status == Answer.Status.PROPOSED:
        return (
            f"Proposed: {choice_words(given.choice, given.subject).lower()}. It counts once somebody else approves it."
        )
    return done


def _answer(request: HttpRequest, item: OutboxItem) -> Said:
    code, subject, choice = (typed(request, name) for name in ("code", "subject", "choice"))
    given = answers.answer(place_of(request), item, code, subject, choice, typed(request, "reason"))
    return _given(given, "Answered. The record is decided again with the next run, which is due now.")


def _link(request: HttpRequest, item: OutboxItem) -> Said:
    made = answers.link(place_of(request), item, typed(request, "target"), typed(request, "reason"))
    words = "Linked. Nothing is written; the next run compares both sides."
    return _given(made, words) if isinstance(made, Answer) else words


def _ignore(request: HttpRequest, item: OutboxItem) -> Said:
    given = answers.ignore(place_of(request), item, typed(request, "reason"), until_of(request))
    return _given(given, "Ignored. It comes back by itself when its content changes, or on the day you named.")


def until_of(request: HttpRequest) -> datetime | None:
    """The beginning of the day that was named, where the tenant is; None for none."""
    text = typed(request, "until")
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if text and day is None:
        raise answers.Refused("unknown", "That is no day. Write it as 2026-12-31, or leave it empty.")
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _unignore(request: HttpRequest, item: OutboxItem) -> Said:
    answers.unignore(place_of(request), item, typed(request, "reason"))
    return "No longer ignored: it is decided again with the next run."


def _unlink(request: HttpRequest, item: OutboxItem) -> Said:
    flow = item.flow
    link = RecordLink.objects.filter(
        integration=flow.integration,
        entity=flow.entity,
        inbound=flow.inbound,
        source_key=item.source_key,
        target_id=typed(request, "target"),
    ).first()
    if link is None:
        raise answers.Refused("closed", "This link is not there any more: somebody else was faster.")
    return _given(
        answers.unlink(place_of(request), link, typed(request, "reason")),
        "The link is taken back. The record is held until somebody says what becomes of it.",
    )


def _retry(request: HttpRequest, item: OutboxItem) -> Said:
    if not may(request, Act.WORK):
        raise answers.Refused("not_allowed", "Your role may not do this.")
    if not answers.retry(ReviewItem.objects.filter(item=item), place_of(request).person):
        raise answers.Refused("closed", "It is no longer held, or it may be on the other side already.")
    return "It is decided again with the next run, which is due now."


def _correct(request: HttpRequest, item: OutboxItem) -> Said:
    """What was typed into places of the coding, or chosen to be left out; the rest stays."""
    changes = []
    for number, place in enumerate(request.POST.getlist("place")[: correcting.MOST * 20]):
        to = typed(request, f"to-{number}")
        if to or request.POST.get(f"none-{number}"):
            changes.append((place.replace("\0", ""), to))
    made = correcting.correct(place_of(request), item, changes, typed(request, "reason"))
    places = "1 place" if len(made) == 1 else f"{len(made):,} places"
    return f"Corrected in {places}, for this record only. It is decided again with the next run, which is due now."


def _uncorrect(request: HttpRequest, item: OutboxItem) -> Said:
    correcting.take_back(place_of(request), item, typed(request, "place"), typed(request, "reason"))
    return "Taken back: it is coded by the rules again, with the next run."


def _comment(request: HttpRequest, item: OutboxItem) -> Said:
    desk.say(place_of(request), item, typed(request, "text"))
    return "Said. Your colleagues read it here."


def _assign(request: HttpRequest, item: OutboxItem) -> Said:
    to = typed(request, "to")
    found = None if to == NOBODY else member(to)
    if found is None and to != NOBODY:
        raise answers.Refused("unknown", "Choose who gets it.")
    if not desk.give(place_of(request), item, found):
        raise answers.Refused("closed", "It is no longer held: there is nothing to be given.")
    return f"Given to {found.email}." if found else "Given to nobody."


ACTS: dict[str, Callable[[HttpRequest, OutboxItem], Said]] = {
    "answer": _answer,
    "correct": _correct,
    "uncorrect": _uncorrect,
    "link": _link,
    "ignore": _ignore,
    "unignore": _unignore,
    "unlink": _unlink,
    "retry": _retry,
    "comment": _comment,
    "assign": _assign,
}


@page("POST", write=Act.READ)
def decide(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """Approve, reject or withdraw a proposed answer."""
    given = get_object_or_404(Answer.objects.select_related("item"), uuid=uuid)
    act = {"approve": answers.approve, "reject": answers.reject, "withdraw": answers.withdraw}.get(
        request.POST.get("do", "")
    )
    if request.method == "POST" and act is not None:
        try:
            done = act(place_of(request), given)
        except answers.Refused as refused:
            messages.error(request, refused.message)
        else:
            messages.success(
                request, f"{choice_words(done.choice, done.subject)}: {done.get_status_display().lower()}."
            )
    return redirect(back_to(request, reverse("web:record", args=[given.item.uuid])))
