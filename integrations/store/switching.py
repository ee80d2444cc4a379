"""Switching the second person off or on again: an owner proposes, a controller confirms, never the same person.

Inside the caller's scope and transaction; every step leaves an audit entry.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.log import record as audit
from integrations.models import CheckSwitch
from integrations.models.proposal import people_of
from integrations.store import checking
from integrations.store.checking import Ruling, Why
from tenants.access import Place
from tenants.permissions import Act

Status = CheckSwitch.Status
_OFF_ANYWAY = {
    Why.SIMULATORS: "Everything connected is a simulator: one person decides alone here anyway. Decide on it when "
    "the first real connection is there.",
    Why.NOBODY_ELSE: "Nobody else could confirm it, so you decide alone here anyway. Once there is a controller beside "
    "you, propose it again.",
}


class Refused(ValueError):
    """This cannot be done; the message says why and what to do."""


def propose(place: Place, off: bool, reason: str) -> CheckSwitch:
    """Ask that the second person be switched off, or on again; in force once a controller confirms it.

    On again takes nobody else where nobody else could confirm it; off always does. Raises Refused.
    """
    ruling = checking.ruling(place, Act.UNCHECK)
    if ruling is Ruling.NO:
        raise Refused("Your role does not allow this: an owner proposes it, a controller confirms it.")
    if not reason.strip():
        raise Refused("Say why: the reason is kept, and printed on statements.")
    if off == (checking.switched_off() is not None):
        raise Refused(f"It is switched {'off' if off else 'on'} already.")
    if off and (why := checking.why_alone(Act.UNCHECK, place.person)):
        raise Refused(_OFF_ANYWAY[why])
    asked = CheckSwitch(off=off, reason=reason.strip()[:2000], made_by_id=place.person, made_at=timezone.now())
    try:
        with transaction.atomic():
            asked.save()
    except IntegrityError:
        raise Refused("A proposal waits already. Decide on it, or withdraw it, first.") from None
    _note("second_person_proposed", asked)
    return _approve(asked) if ruling is Ruling.ALONE else asked


def approve(place: Place, asked: CheckSwitch) -> CheckSwitch:
    """Let it take force now. Raises Refused for the maker, a wrong role, or one decided meanwhile."""
    asked = _locked(place, asked)
    asked.checked_by_id = place.person
    return _approve(asked)


def reject(place: Place, asked: CheckSwitch) -> CheckSwitch:
    """Decide against it. Raises Refused."""
    asked = _locked(place, asked)
    asked.checked_by_id = place.person
    return _end(asked, Status.REJECTED, "second_person_rejected")


def withdraw(place: Place, asked: CheckSwitch) -> CheckSwitch:
    """Take back one's own proposal. Raises Refused."""
    if place.person is None or asked.made_by_id != place.person:
        raise Refused("Only the one who proposed it withdraws it.")
    return _end(_open(asked), Status.WITHDRAWN, "second_person_withdrawn")


def proposed() -> CheckSwitch | None:
    """What waits for a controller."""
    rows = CheckSwitch.objects.select_related("made_by", "checked_by")
    found: CheckSwitch | None = rows.filter(status=Status.PROPOSED).first()
    return found


def _locked(place: Place, asked: CheckSwitch) -> CheckSwitch:
    if not checking.may_approve(place, Act.UNCHECK, asked.made_by_id):
        raise Refused("A controller decides this, and not the one who proposed it.")
    return _open(asked)


def _open(asked: CheckSwitch) -> CheckSwitch:
    row: CheckSwitch = CheckSwitch.objects.select_for_update().get(pk=asked.pk)
    if row.status != Status.PROPOSED:
        raise Refused("Somebody has decided on it meanwhile.")
    return row


def _approve(asked: CheckSwitch) -> CheckSwitch:
    return _end(asked, Status.APPROVED, f"second_person_switched_{'off' if asked.off else 'on'}")


def _end(asked: CheckSwitch, status: Status, action: str) -> CheckSwitch:
    asked.status, asked.checked_at = status, timezone.now()
    asked.save(update_fields=["status", "checked_by", "checked_at"])
    _note(action, asked)
    return asked


def _note(action: str, asked: CheckSwitch) -> None:
    refs = {"off": asked.off, "change": str(asked.uuid), **people_of(asked)}
    audit(action, subject=f"second_person:{asked.pk}", refs=refs, detail={"reason": asked.reason})
