"""Correcting the coding of one record: which places it has, what stands there, and putting another number there.

Amounts, payee, number, dates and bank data are no places: they are corrected where they come from.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from integrations.engine.billing import final_rows
from integrations.engine.correcting import CORRECTED, SET, VENDOR, account_of, part_of, tax_of
from integrations.engine.records import Entity, Invoice, Posting, PostingKind
from integrations.models import Answer, FieldMapping, GLMapping, MirrorRecord, OutboxItem, RecordLink, ReviewItem
from integrations.store import answers
from integrations.store.answers import Refused
from integrations.store.loading import source_of
from integrations.store.mapping_chart import Chart
from integrations.store.questions import STATES, locked, needs_reason
from tenants.access import Place

OPEN = (STATES.HELD, STATES.WAITING)
MOST = 100  # lines that one record offers to be corrected
_LONGEST = 60
Table = GLMapping.Table


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of the coding: `line` and `what` in words, `read` as it came, `now` as corrected (None: it is not)."""

    place: str
    line: str
    what: str
    read: str
    table: str
    part: str = ""
    given: Answer | None = None

    @property
    def now(self) -> str | None:
        """What stands there by a person's correction."""
        return self.given.choice.removeprefix(SET) if self.given else None


def spots(item: OutboxItem) -> list[Spot]:
    """Every place of this record that may be corrected now; none for what is sent, or has no coding of its own."""
    flow = item.flow
    if flow.entity != Entity.INVOICE or item.state not in OPEN:
        return []
    source = _invoice(item)
    if source is None:
        return []
    rows = Answer.objects.filter(item=item, code=CORRECTED, status=Answer.Status.APPROVED)
    given = {row.subject: row for row in rows.filter(fingerprint=item.source.fingerprint).select_related("made_by")}
    parts = _parts(item)
    found: list[Spot] = []
    for row in _coded(source, inbound=flow.inbound)[:MOST]:
        line = f"{row.text or row.key}: {row.amount} {source.currency}"
        found.append(Spot(account_of(row.key), line, "Account", row.account, Table.ACCOUNT))
        for part in sorted({*row.dimensions, *parts}):
            place = part_of(row.key, part)
            found.append(Spot(place, line, f"Code part {part}", row.dimensions.get(part, ""), Table.DIMENSION, part))
    if not flow.inbound:
        codes = sorted({row.tax_code for row in final_rows(source) if row.kind is PostingKind.TAX})
        found += [Spot(tax_of(code), f"Tax {code}", "Account", code, Table.TAX_CODE) for code in codes]
        if not _linked(item):
            found.append(Spot(VENDOR, "The whole record", "Vendor there", source.vendor_key, VENDOR))
    return [replace(spot, given=given.get(spot.place)) for spot in found]


def correct(place: Place, item: OutboxItem, changes: Sequence[tuple[str, str]], reason: str) -> list[Answer]:
    """Put each (place, number) in the coding of this record alone; decided again with the next run. Raises Refused.

    An empty number leaves a code part out. All of them, or none.
    """
    reason = needs_reason(reason)
    item = locked(item, OPEN)
    known = {spot.place: spot for spot in spots(item)}
    chart = Chart(item.flow.integration)
    for where, number in changes:
        if (spot := known.get(where)) is None:
            words = "This is no part of the coding: amounts, payee, number and dates stay as they are."
            raise Refused("unknown", words)
        _check(item, spot, number, chart)
    made = []
    for where, number in changes:
        spot = known[where]
        made.append(answers.correct(place, item, where, number, spot.read if spot.now is None else spot.now, reason))
    if not made:
        raise Refused("unknown", "Nothing was changed.")
    return made


def take_back(place: Place, item: OutboxItem, where: str, reason: str) -> None:
    """Code the place by the rules again. Raises Refused."""
    answers.take_correction_back(place, locked(item, OPEN), where, needs_reason(reason))


def _check(item: OutboxItem, spot: Spot, number: str, chart: Chart) -> None:
    if len(number) > _LONGEST or not number.isprintable():
        raise Refused("unknown", f"{spot.line}: a number has at most {_LONGEST} ordinary letters and digits.")
    if spot.place == VENDOR:
        _check_vendor(item, number)
        return
    if not number:
        if spot.table != Table.DIMENSION:
            raise Refused("unknown", f"{spot.line}: name the account it goes to.")
        return
    rule = {"company": "", "part": spot.part, "table": spot.table, "source": "*"}
    if problem := chart.fault(rule, {"target": number}):
        raise Refused("unknown", f"{spot.line}, {spot.what.lower()}: {problem[1]}")


def _check_vendor(item: OutboxItem, target: str) -> None:
    """A vendor in use, in this currency, and not another supplier's: that would be another payee."""
    flow = item.flow
    row = MirrorRecord.objects.filter(
        connection=flow.target, entity=Entity.VENDOR, target_id=target, active=True
    ).first()
    if row is None:
        raise Refused("unknown", f"The other side has no vendor {target} in use, or it was not listed yet.")
    if row.currency and row.currency != item.source.currency:
        raise Refused("unknown", f"Vendor {row.name} is paid in {row.currency}, this is in {item.source.currency}.")
    links = RecordLink.objects.filter(target_connection=flow.target, entity=Entity.VENDOR, target_id=target)
    if links.exclude(source_key=item.source.party).exists():
        raise Refused("unknown", f"Vendor {row.name} is another supplier's: the payee is never changed here.")


def _invoice(item: OutboxItem) -> Invoice | None:
    source = item.source
    try:
        found = source_of(
            item.flow.entity, source.source_key, json.dumps(source.snapshot), readable=source.readable, gone=source.gone
        )
    except msgspec.ValidationError:
        return None
    return found if isinstance(found, Invoice) else None


def _coded(source: Invoice, *, inbound: bool) -> list[Posting]:
    """The rows that carry a coding to the other side."""
    return list(source.postings or ()) if inbound else [r for r in final_rows(source) if r.kind is PostingKind.COST]


def _parts(item: OutboxItem) -> set[str]:
    """Code parts that a line may carry beyond its own: those that go to the other side, or that it asks for."""
    said = FieldMapping.objects.filter(integration=item.flow.integration, active=True).exclude(target="")
    found = set() if item.flow.inbound else {row.part for row in said if row.source.startswith("dimensions.")}
    for review in ReviewItem.objects.filter(item=item, status=ReviewItem.Status.OPEN):
        fields = (str(problem.get("field", "")) for problem in review.problems)
        found |= {name.removeprefix("dimensions.") for name in fields if name.startswith("dimensions.")}
    return found


def _linked(item: OutboxItem) -> bool:
    flow = item.flow
    found: bool = RecordLink.objects.filter(
        integration=flow.integration, entity=flow.entity, inbound=flow.inbound, source_key=item.source_key
    ).exists()
    return found
