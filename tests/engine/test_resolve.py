"""What becomes of a write whose answer was lost."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.engine.ports import Write
from integrations.engine.records import DraftLine, Entity, InvoiceDraft, Receipt, TargetRecord
from integrations.engine.resolve import Uncertain, resolve

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


class Target:
    """Lists what it is given."""

    def __init__(self, *records: TargetRecord) -> None:
        self.records = records
        self.asked: list[dict[str, str]] = []

    def groups(self, writes: Sequence[Write]) -> list[list[Write]]:
        return [list(writes)]

    def write(self, writes: Sequence[Write]) -> list[Receipt]:
        raise AssertionError("the resolver never writes")

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
