"""What becomes of a write whose answer was lost."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine.drafts import (
    ApplyDraft,
    ArchiveDraft,
    Draft,
    DraftLine,
    InvoiceDraft,
    MarkDraft,
    PaidDraft,
    Receipt,
)
from integrations.engine.errors import OutcomeUnknown, Rejected
from integrations.engine.ports import Write, Written
from integrations.engine.records import Entity
from integrations.engine.resolve import ASKS, Uncertain, resolve
from integrations.engine.targets import TargetRecord
from integrations.systems.base import AtOnce

SENT = datetime(2026, 1, 1, 12, tzinfo=UTC)
DRAFT = InvoiceDraft(
    vendor_id="009A",
    number="INV-001",
    invoice_date=date(2026, 1, 1),
    due_date=date(2026, 2, 1),
    currency="USD",
    total=Decimal("120.00"),
    lines=(DraftLine(amount=Decimal("120.00"), account="0ca"),),
)
OURS = TargetRecord(
    target_id="00n1",
    number="INV-001",
    vendor_id="009A",
    currency="USD",
    amount=Decimal("120"),
    date=date(2026, 1, 1),
    kind="bill",
)


class Target(AtOnce):
    """Lists what it is given."""

    def __init__(self, *records: TargetRecord) -> None:
        self.records = records
        self.asked: list[dict[str, str]] = []

    def groups(self, writes: Sequence[Write]) -> list[list[Write]]:
        return [list(writes)]

    def write(self, writes: Sequence[Write]) -> list[Receipt]:
        raise AssertionError("the resolver never writes")

    def standing(self, entity: Entity, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        return {each.target_id: each for each in self.records if each.target_id in target_ids}

    def agrees(self, write: Write, record: TargetRecord) -> bool:
        said = write.draft.fields if isinstance(write.draft, MarkDraft) else WRITTEN
        return said.items() <= record.echo.items()

    def look_up(self, entity: Entity, **where: str) -> Iterator[TargetRecord]:
        self.asked.append(where)
        return iter(self.records)


class Store:
    """Notes what was concluded."""

    def __init__(self, taken: Sequence[str] = ()) -> None:
        self.taken = set(taken)
        self.said: list[str] = []

    def linked(self, entity: Entity, target_ids: Sequence[str]) -> set[str]:
        return self.taken & set(target_ids)

    def found(self, write: Write, receipt: Receipt, evidence: Sequence[dict[str, str]]) -> None:
        self.said.append(f"found {receipt.target_id}")

    def look_again(self, write: Write) -> None:
        self.said.append("look again")

    def absent(self, write: Write) -> None:
        self.said.append("absent")

    def hold_uncertain(self, write: Write, evidence: Sequence[dict[str, str]]) -> None:
        self.said.append(f"held with {len(evidence)}")

    def refused(self, write: Write, error: Rejected) -> None:
        self.said.append(f"refused {write.intent}: {error.code}")

    def ask_later(self, writes: Sequence[Write], after: float) -> None:
        self.said.append(f"ask {len(writes)} again in {after:g}")

    def unconfirmed(self, writes: Sequence[Write]) -> None:
        self.said.append(f"{len(writes)} unconfirmed")


def lost(looks: int = 0, **fields: Any) -> Uncertain:
    draft = msgspec.structs.replace(DRAFT, **fields)
    write = Write(intent=1, entity=Entity.INVOICE, draft=draft, natural_key="k", send_by=SENT)
    return Uncertain(write=write, sent_after=SENT, looks=looks)


@pytest.mark.parametrize(
    ("records", "looks", "taken", "said"),
    [
        ((), 0, (), "look again"),
        ((), 1, (), "absent"),
        ((OURS,), 0, (), "found 00n1"),
        ((OURS,), 0, ("00n1",), "held with 1"),
        ((OURS, msgspec.structs.replace(OURS, target_id="00n2")), 1, (), "held with 2"),
        ((msgspec.structs.replace(OURS, amount=Decimal(119)),), 1, (), "held with 1"),
        ((msgspec.structs.replace(OURS, date=date(2026, 1, 2)),), 1, (), "held with 1"),
        ((msgspec.structs.replace(OURS, currency="EUR"),), 1, (), "held with 1"),
        ((msgspec.structs.replace(OURS, vendor_id="009B"),), 1, (), "absent"),
        ((msgspec.structs.replace(OURS, number="INV-002"),), 1, (), "absent"),
        ((msgspec.structs.replace(OURS, kind="credit"),), 1, (), "absent"),
        ((TargetRecord(target_id="", kind="unreadable"),), 1, (), "held with 0"),
    ],
)
def test_found_is_linked_absent_twice_is_released_and_all_else_is_held(
    records: tuple[TargetRecord, ...], looks: int, taken: tuple[str, ...], said: str
) -> None:
    store = Store(taken)
    resolve([lost(looks)], Target(*records), store)
    assert store.said == [said]


def test_one_listing_serves_a_whole_lost_bulk_and_no_record_is_taken_twice() -> None:
    target, store = Target(OURS), Store()
    resolve([lost(), lost()], target, store)
    assert len(target.asked) == 1
    assert store.said == ["found 00n1", "held with 1"]


def change(draft: Draft, version: str = "1") -> Uncertain:
    write = Write(
        intent=1,
        entity=Entity.INVOICE,
        draft=draft,
        natural_key="k",
        send_by=SENT,
        target_id="00n1",
        version=version,
    )
    return Uncertain(write=write, sent_after=SENT, looks=1)


WRITTEN = {"number": "INV-001", "amount": "120", "date": "2026-01-01", "due_date": "2026-02-01", "vendor_id": "009A"}
PAID = PaidDraft(vendor_id="009A", bill_id="00n1", amount=Decimal(50), currency="USD", paid_on=date(2026, 1, 2))
APPLY = ApplyDraft(vendor_id="009A", bill_id="00n2", credit_id="00n1", amount=Decimal(50), currency="USD")
MARK = MarkDraft(entity=Entity.INVOICE, key="00n1", fields={"SentTo": "00n7"})
ARCHIVE = ArchiveDraft(entity=Entity.INVOICE)


@pytest.mark.parametrize(
    ("draft", "record", "said"),
    [
        (DRAFT, {"version": "1", "echo": WRITTEN}, "absent"),
        (DRAFT, {"version": "2", "echo": WRITTEN}, "found 00n1"),
        (DRAFT, {"version": "2", "echo": {**WRITTEN, "amount": "90"}}, "held with 1"),
        (ARCHIVE, {"active": False}, "found 00n1"),
        (ARCHIVE, {"active": True}, "absent"),
        (PAID, {"paid": Decimal(50)}, "found 00n1"),
        (PAID, {"paid": Decimal(0)}, "absent"),
        (PAID, {}, "held with 1"),
        (APPLY, {"paid": Decimal(50)}, "found 00n1"),
        (APPLY, {"paid": Decimal(0)}, "absent"),
        (MARK, {"echo": {"SentTo": "00n7"}}, "found 00n1"),
        (MARK, {"echo": {}}, "absent"),
        (DRAFT, {"kind": "unreadable"}, "held with 1"),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, msgspec.Struct) else None,
)
def test_a_lost_change_is_judged_by_how_the_record_stands(draft: Draft, record: dict[str, Any], said: str) -> None:
    store = Store()
    resolve([change(draft)], Target(TargetRecord(**{"target_id": "00n1", **record})), store)
    assert store.said == [said]


def test_a_change_of_a_record_that_is_not_there_any_more_is_held_and_nothing_is_listed() -> None:
    target, store = Target(), Store()
    resolve([change(DRAFT)], target, store)
    assert store.said == ["held with 0"]
    assert target.asked == []


def test_a_change_without_a_version_is_found_when_it_agrees_and_done_again_when_not() -> None:
    for echo, said in ((WRITTEN, "found 00n1"), ({**WRITTEN, "number": "X"}, "absent")):
        store = Store()
        resolve([change(DRAFT, version="")], Target(TargetRecord(target_id="00n1", echo=echo)), store)
        assert store.said == [said]


class Working(Target):
    """Took the writes as a job; `answer` is what it says of it."""

    def __init__(self, answer: Sequence[Written] | None) -> None:
        super().__init__()
        self.answer = answer

    def result(self, job: str, writes: Sequence[Write]) -> Any:
        return self.answer


def taken(*intents: int, asked: int = 0) -> list[Uncertain]:
    writes = [Write(intent=n, entity=Entity.VENDOR, draft=DRAFT, natural_key="k", send_by=SENT) for n in intents]
    return [Uncertain(write=write, sent_after=SENT, looks=asked, job="j1") for write in writes]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (0, "ask 2 again in 5"),
        (3, "ask 2 again in 40"),
        (4, "ask 2 again in 60"),
        (ASKS - 1, "ask 2 again in 60"),
        (ASKS, "2 unconfirmed"),
    ],
)
def test_a_job_that_is_not_done_is_asked_for_less_and_less_and_in_the_end_a_person(asked: int, said: str) -> None:
    store = Store()
    resolve(taken(1, 2, asked=asked), Working(None), store)
    assert store.said == [said]


def test_a_finished_job_answers_for_each_record_and_what_it_leaves_out_is_written_again() -> None:
    store = Store()
    answer: list[Written] = [Receipt(target_id="v1"), Rejected("no", code="bad"), OutcomeUnknown("left out")]
    resolve(taken(1, 2, 3), Working(answer), store)
    assert store.said == ["found v1", "refused 2: bad", "absent"]


def test_a_keyed_write_needs_no_proof() -> None:
    target, store = Target(OURS), Store()
    target.keyed = frozenset({Entity.INVOICE})
    resolve([lost()], target, store)
    assert (store.said, target.asked) == (["absent"], [])
