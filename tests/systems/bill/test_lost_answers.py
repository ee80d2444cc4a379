"""The engine's resolver on BILL: what became of each kind of write whose answer was lost, processed or not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest

from integrations.engine.drafts import ApplyDraft, ArchiveDraft, Draft, DraftLine, PaidDraft, Receipt
from integrations.engine.drift import drift
from integrations.engine.errors import OutcomeUnknown, Rejected
from integrations.engine.ports import Write
from integrations.engine.records import Entity
from integrations.engine.resolve import Uncertain, resolve
from tests.systems.bill.world import World, vendor_draft

KINDS = ["vendor", "bill", "credit", "refresh", "change", "archive", "paid", "apply"]


@dataclass
class Remembered:
    """A ResolverStore of one pending write: what was concluded, and with which receipt."""

    outcome: str = ""
    receipt: Receipt = field(default_factory=lambda: Receipt(target_id=""))

    def linked(self, entity: Entity, target_ids: Sequence[str]) -> set[str]:
        return set()

    def found(self, write: Write, receipt: Receipt, evidence: Sequence[dict[str, str]]) -> None:
        self.outcome, self.receipt = "found", receipt

    def look_again(self, write: Write) -> None:
        self.outcome = "again"

    def absent(self, write: Write) -> None:
        self.outcome = "absent"

    def hold_uncertain(self, write: Write, evidence: Sequence[dict[str, str]]) -> None:
        self.outcome = "held"

    def refused(self, write: Write, error: Rejected) -> None:
        self.outcome = "refused"

    def ask_later(self, writes: Sequence[Write], after: float) -> None:
        self.outcome = "under way"

    def unconfirmed(self, writes: Sequence[Write]) -> None:
        self.outcome = "unconfirmed"


def lost(world: World, kind: str, *, processed: bool) -> Write:
    """A write of that kind whose answer was lost on the way."""
    write = prepared(world, kind)
    method = "PATCH" if kind in ("refresh", "change", "apply") else "POST"
    world.fault("html", method=method, processed=processed)
    with pytest.raises(OutcomeUnknown):
        world.client.write([write])
    return write


def prepared(world: World, kind: str) -> Write:
    world.client.companies()  # signed in
    if kind == "vendor":
        return world.write(vendor_draft("SUP-9"))
    vendor = world.post(vendor_draft())[0].target_id
    if kind == "refresh":
        return decided(world, vendor_draft("SUP-2"), vendor, Entity.VENDOR)
    if kind in ("bill", "credit"):
        return world.write(world.invoice(vendor, "N-1", "30", credit=kind == "credit"))
    bill, credit = (
        world.post(world.invoice(vendor, number, "30", credit=number == "C-1"))[0].target_id
        for number in ("A-1", "C-1")
    )
    match kind:
        case "change":
            return decided(world, world.invoice(vendor, "A-1", "31"), bill)
        case "archive":
            return decided(world, ArchiveDraft(entity=Entity.INVOICE), bill)
        case "paid":
            day = date(2026, 11, 20)
            paid = PaidDraft(vendor_id=vendor, bill_id=bill, amount=Decimal(30), currency="USD", paid_on=day)
            return decided(world, paid, bill)
    draft = ApplyDraft(vendor_id=vendor, bill_id=bill, credit_id=credit, amount=Decimal(30), currency="USD")
    return decided(world, draft, credit)


def decided(world: World, draft: Draft, key: str, entity: Entity = Entity.INVOICE) -> Write:
    """On a fresh read, as the engine decides."""
    return world.write(draft, key, world.standing(key, entity).version)


def concluded(world: World, write: Write, looks: int = 0) -> Remembered:
    store = Remembered()
    resolve([Uncertain(write=write, sent_after=world.clock.now, looks=looks)], world.client, store)
    return store


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_processed_is_found_with_an_echo_that_shows_no_drift_later(world: World, kind: str) -> None:
    write = lost(world, kind, processed=True)
    found = concluded(world, write)
    assert found.outcome == "found"
    now = world.standing(found.receipt.target_id, write.entity)
    assert drift(found.receipt.echo, now.echo) == []
    assert now.version == found.receipt.version


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_not_processed_is_absent_the_second_time(world: World, kind: str) -> None:
    write = lost(world, kind, processed=False)
    assert concluded(world, write).outcome == "again"
    assert concluded(world, write, looks=1).outcome == "absent"


@pytest.mark.parametrize("kind", ["refresh", "change"])
def test_a_change_that_a_person_made_meanwhile_is_not_taken_for_ours(world: World, kind: str) -> None:
    write = lost(world, kind, processed=False)
    if kind == "refresh":
        world.sim.edit_vendor(write.target_id, shortName="THEIRS")
    else:
        world.sim.edit_bill(write.target_id, amount="99")
    assert concluded(world, write).outcome == "held"


def test_a_lost_recode_is_not_taken_for_come_because_a_person_edited_another_field(world: World) -> None:
    vendor = world.post(vendor_draft())[0].target_id
    bill = world.post(world.invoice(vendor, "A-1", "30"))[0].target_id
    line = DraftLine(amount=Decimal(30), account=world.account("5000"))
    recoded = world.invoice(vendor, "A-1", "30", lines=(line,))
    write = decided(world, recoded, bill)
    world.fault("html", method="PATCH", processed=False)
    with pytest.raises(OutcomeUnknown):
        world.client.write([write])
    world.sim.edit_bill(bill, description="called the supplier")
    assert concluded(world, write).outcome == "held"
