"""Where a connection leads: host, company and API profile change with a second person; nothing goes there before.

What may be shown of a connection's settings changes as a whole, so what belongs together is approved together. Secrets
alone are replaced at once. A new connection is closed until somebody else has approved where it leads.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit.log import record as audit
from integrations.engine.errors import ConnectionBroken
from integrations.models import Connection, ConnectionChange
from integrations.models.proposal import people_of
from integrations.runner import connecting
from integrations.store import checking
from integrations.store.checking import Ruling
from integrations.systems import registry
from integrations.systems.base import System
from tenants.access import Place
from tenants.permissions import Act

Status = ConnectionChange.Status
_SIMULATOR = "simulator"
_LONGEST = 500  # characters of a value that the audit says; longer ones are counted


class Refused(ValueError):
    """This cannot be done; the message says why and what to do."""


def begin(place: Place, row: Connection) -> ConnectionChange | None:
    """Close a connection that was just added, and propose where it leads; None where nobody else has to agree."""
    if not takes_two(place, row.environment):
        return None
    row.closed = True
    row.save(update_fields=["closed", "updated_at"])
    return _open_asked(place, row, "")


def edit(
    place: Place,
    connection: Connection,
    plain: Mapping[str, str],
    *,
    name: str = "",
    secrets: Mapping[str, str] | None = None,
    reason: str = "",
) -> ConnectionChange | None:
    """Make `plain` the settings, and replace these secrets; what leads elsewhere is proposed where it takes two.

    Returns the change that leads elsewhere, proposed or approved at once; None: there was none. In the open scope.
    Raises Refused; IntegrityError when somebody took the name meanwhile.
    """
    with transaction.atomic():
        row = _locked(connection.pk)
        kind = _kind(row)
        two = takes_two(place, row.environment, kind.environment(plain))
        names = {**row.settings, **plain}
        old, new = _complete(kind, row.settings, names), _complete(kind, plain, names)
        changed = {key for key in old if str(old[key]) != str(new[key])}
        leads = kind.leading(row.settings) != kind.leading(plain)
        waits = leads and two and not row.closed
        if waits and secrets:
            raise Refused(
                "A controller approves first where this connection leads. Change that alone now, and replace the "
                "secrets once it is approved: until then the ones you have are needed."
            )
        if leads and not row.closed and _waiting(row).exists():
            raise Refused("A change of where it leads waits already. Have it decided, or withdraw it, first.")
        _replace(place, row, secrets or {})
        row.name = name or row.name
        if not waits:
            _settle(row, plain)
        row.save()
        renamed = {"name"} if name and name != connection.name else set()
        touched = sorted({*(set() if waits else changed), *(secrets or {}), *renamed})
        if touched:  # names only: values may say more than the audit should
            audit("connection_changed", subject=f"connection:{row.pk}", refs={"settings": touched})
        if row.closed:
            return _reopened(place, row, reason, two=two)
        if not leads:
            return None
        asked = _made(place, row, {key: old[key] for key in changed}, {key: new[key] for key in changed}, reason)
        return asked if waits else _end(asked, Status.APPROVED)


def approve(place: Place, change: ConnectionChange) -> ConnectionChange:
    """Let it take force now. Raises Refused for the maker, a wrong role, or one that does not fit any more."""
    row, change = _decided(place, change)
    kind = _kind(row)
    now = kind.leading(row.settings) if change.opens else _complete(kind, row.settings, change.old)
    if now != (change.new if change.opens else change.old):
        raise Refused("The connection was changed meanwhile: reject this, and have it proposed again.")
    plain = row.settings if change.opens else {**row.settings, **change.new}
    if problems := kind.problems({**dict.fromkeys(row.secrets_set, "set"), **plain}):
        raise Refused(f"It does not fit the connection any more: {' '.join(problems.values())}")
    _settle(row, plain)
    row.closed = False
    row.save()
    return _end(change, Status.APPROVED)


def _complete(kind: System, settings: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """The values of these settings; one that was left alone has its default."""
    defaults = {each.name: each.default for each in kind.settings}
    return {name: settings.get(name, defaults.get(name, "")) for name in names}


def reject(place: Place, change: ConnectionChange) -> ConnectionChange:
    """Decide against it; a new connection stays closed. Raises Refused."""
    _, change = _decided(place, change)
    return _end(change, Status.REJECTED)


def withdraw(place: Place, change: ConnectionChange) -> ConnectionChange:
    """Take back one's own proposal. Raises Refused."""
    if place.person is None or change.made_by_id != place.person:
        raise Refused("Only the one who proposed it withdraws it.")
    return _end(_open(change), Status.WITHDRAWN)


def laid_over(row: Connection, given: Mapping[str, str]) -> dict[str, str]:
    """The settings of `row` with those `given` laid over. Raises Refused for what cannot be a setting's value."""
    kind = _kind(row)
    shown = {s.name: s for s in kind.settings if not s.secret}
    if unknown := sorted(set(given) - set(shown)):
        raise Refused(f"No setting that may be shown: {', '.join(unknown)}. There are: {', '.join(shown)}.")
    plain = {**row.settings, **given}
    problems = kind.problems({**dict.fromkeys(row.secrets_set, "set"), **plain})
    for name, value in given.items():
        if shown[name].kind == "url" and value:
            try:
                connecting.egress().check(value)
            except ConnectionBroken as error:
                problems[name] = error.message
    if problems:
        raise Refused(" ".join(problems.values()))
    return plain


def takes_two(place: Place, *environments: str) -> bool:
    """Whether somebody else has to agree where a connection of these environments leads. Raises Refused."""
    ruling = checking.ruling(place, Act.CONNECT, real=any(each != _SIMULATOR for each in environments))
    if ruling is Ruling.NO:
        raise Refused("Your role does not allow this: an owner or integrator changes connections.")
    return ruling is Ruling.PROPOSE


def would_wait(place: Place, row: Connection, plain: Mapping[str, str]) -> bool:
    """Whether these settings lead elsewhere and somebody else has to agree."""
    kind = _kind(row)
    leads = kind.leading(row.settings) != kind.leading(plain)
    return leads and not row.closed and takes_two(place, row.environment, kind.environment(plain))


def proposed(row: Connection) -> ConnectionChange | None:
    """What waits for a controller."""
    found: ConnectionChange | None = _waiting(row).select_related("made_by").first()
    return found


def history(row: Connection, most: int) -> Sequence[ConnectionChange]:
    """Every change of where it leads, newest first."""
    rows: QuerySet[ConnectionChange] = ConnectionChange.objects.filter(connection=row)
    return list(rows.select_related("made_by", "checked_by").order_by("-made_at", "-id")[:most])


def _kind(row: Connection) -> System:
    """Its system. Raises Refused for one that is not installed any more."""
    try:
        return registry.get(row.system)
    except ConnectionBroken as error:
        raise Refused(error.message) from error


def _replace(place: Place, row: Connection, secrets: Mapping[str, str]) -> None:
    if secrets:  # a sealed value is written whole: what was not replaced is taken over unseen
        row.secrets = row.secrets.with_values(secrets)
        said = {"at": timezone.now().isoformat(timespec="seconds"), "by": place.actor.label}
        row.secrets_set = {**row.secrets_set, **dict.fromkeys(secrets, said)}


def _settle(row: Connection, plain: Mapping[str, Any]) -> None:
    """What the last ping said counts no more."""
    row.settings, row.environment = dict(plain), _kind(row).environment(plain)
    row.status, row.status_code, row.status_message = Connection.Status.NEW, "", ""


def _reopened(place: Place, row: Connection, reason: str, *, two: bool) -> ConnectionChange | None:
    """A closed connection was changed: what waited speaks of what is no more."""
    waiting = _waiting(row).first()
    if waiting is not None and two and waiting.new == _kind(row).leading(row.settings):
        return waiting
    if waiting is not None:
        _end(waiting, Status.WITHDRAWN)
    asked = _open_asked(place, row, reason)
    if two:
        return asked
    row.closed = False
    row.save()
    return _end(asked, Status.APPROVED)


def _open_asked(place: Place, row: Connection, reason: str) -> ConnectionChange:
    return _made(place, row, {}, _kind(row).leading(row.settings), reason, opens=True)


def _made(
    place: Place, row: Connection, old: dict[str, Any], new: dict[str, Any], reason: str, *, opens: bool = False
) -> ConnectionChange:
    asked: ConnectionChange = ConnectionChange.objects.create(
        connection=row,
        opens=opens,
        old=old,
        new=new,
        reason=reason.strip()[:2000],
        made_by_id=place.person,
        made_at=timezone.now(),
    )
    _note("connection_change_proposed", asked)
    return asked


def _waiting(row: Connection) -> QuerySet[ConnectionChange]:
    rows: QuerySet[ConnectionChange] = ConnectionChange.objects.filter(connection=row, status=Status.PROPOSED)
    return rows


def _locked(pk: int) -> Connection:
    found: Connection = Connection.objects.select_for_update().get(pk=pk)
    return found


def _open(change: ConnectionChange) -> ConnectionChange:
    _locked(change.connection_id)  # first, as everybody does
    found: ConnectionChange = ConnectionChange.objects.select_for_update().get(pk=change.pk)
    if found.status != Status.PROPOSED:
        raise Refused(f"Somebody has decided on it meanwhile: it is {found.get_status_display().lower()}.")
    return found


def _decided(place: Place, change: ConnectionChange) -> tuple[Connection, ConnectionChange]:
    found = _open(change)
    if not checking.may_approve(place, Act.CONNECT, found.made_by_id):
        raise Refused("A controller decides on this, and not the one who proposed it.")
    found.checked_by_id = place.person
    return _locked(found.connection_id), found


def _end(change: ConnectionChange, status: str) -> ConnectionChange:
    change.status, change.checked_at = status, timezone.now()
    change.save(update_fields=["status", "checked_at", "checked_by"])
    _note(f"connection_change_{status}", change)
    return change


def _note(action: str, change: ConnectionChange) -> None:
    detail = {"old": _said(change.old), "new": _said(change.new), "reason": change.reason}
    refs = {"change": str(change.uuid), "settings": sorted(change.new), **people_of(change)}
    audit(action, subject=f"connection:{change.connection_id}", refs=refs, detail=detail)


def _said(values: Mapping[str, Any]) -> dict[str, str]:
    texts = {name: str(value) for name, value in values.items()}
    return {name: text if len(text) <= _LONGEST else f"{len(text):,} characters" for name, text in texts.items()}
