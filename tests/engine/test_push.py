"""How a batch is carried: bisection, lost answers and postponement, on a small target and store."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from integrations.engine.decisions import Decision
from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Retryable
from integrations.engine.ports import Item, Page, Write
from integrations.engine.push import carry
from integrations.engine.records import DraftLine, Entity, InvoiceDraft, Receipt, TargetRecord


def write(number: str) -> Write:
    draft = InvoiceDraft(
        vendor_id="009",
        number=number,
        invoice_date=date(2026, 1, 1),
        due_date=date(2026, 2, 1),
        currency="USD",
        total=Decimal(1),
        lines=(DraftLine(amount=Decimal(1), account="0ca"),),
    )
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Write(intent=int(number), entity=Entity.INVOICE, draft=draft, natural_key=number, send_by=at)


class Target:
    """Refuses any group that holds a bad number; keeps what it took."""

    def __init__(self, bad: Sequence[str] = (), error: Exception | None = None) -> None:
        self.bad, self.error = set(bad), error
        self.taken: list[str] = []
        self.requests = 0

    def groups(self, writes: Sequence[Write]) -> list[list[Write]]:
        return [list(writes)]

    def write(self, writes: Sequence[Write]) -> list[Receipt]:
        self.requests += 1
        if self.error:
            raise self.error
        if self.bad & {w.natural_key for w in writes}:
            raise Rejected("refused")
        self.taken += [w.natural_key for w in writes]
        return [Receipt(target_id=f"00n{w.natural_key}") for w in writes]

    def look_up(self, entity: Entity, **where: str) -> Iterator[TargetRecord]:
        return iter(())


class Store:
    """Notes what became of each write."""

    def __init__(self) -> None:
        self.outcome: dict[str, str] = {}

    def cursor(self) -> str:
        return ""

    def stage(self, page: Page) -> None:
        self.outcome[page.cursor] = "staged"

    def record(self, batch: Sequence[Item], decisions: Sequence[Decision]) -> list[Write]:
        return []

    def settle(self, writes: Sequence[Write], receipts: Sequence[Receipt]) -> None:
        self._note(writes, "settled")

    def refuse(self, write: Write, error: Rejected) -> None:
        self._note([write], "refused")

    def postpone(self, writes: Sequence[Write], after: float | None) -> None:
        self._note(writes, f"postponed {after}")

    def mark_uncertain(self, writes: Sequence[Write]) -> None:
        self._note(writes, "uncertain")

    def fail(self, item: Item, trace: str) -> None:
        self.outcome[item.source_key] = "failed"

    def _note(self, writes: Sequence[Write], outcome: str) -> None:
        self.outcome |= {w.natural_key: outcome for w in writes}


def test_one_bad_record_in_a_hundred_stands_alone_and_the_rest_go_through() -> None:
    target, store = Target(bad=["37"]), Store()
    carry([write(str(n)) for n in range(100)], target, store)
    assert [key for key, outcome in store.outcome.items() if outcome == "refused"] == ["37"]
    assert len(target.taken) == 99
    assert target.requests <= 16


def test_a_lost_answer_leaves_the_whole_group_to_the_resolver() -> None:
    store = Store()
    carry([write("1"), write("2")], Target(error=OutcomeUnknown("reset")), store)
    assert set(store.outcome.values()) == {"uncertain"}


@pytest.mark.parametrize(
    ("error", "outcome"), [(Retryable("later", after=9), "postponed 9"), (ConnectionBroken("no"), "postponed None")]
)
def test_what_was_provably_not_processed_is_postponed_and_ends_the_run(error: Exception, outcome: str) -> None:
    store = Store()
    with pytest.raises(type(error)):
        carry([write("1"), write("2")], Target(error=error), store)
    assert set(store.outcome.values()) == {outcome}
