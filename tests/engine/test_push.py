"""How a batch is carried: fresh reads, bisection, lost answers, lanes and postponement, on a small target and store."""

import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from integrations.engine import fingerprint as hashing
from integrations.engine.decisions import Create, Decision, Hold, Link, LinkTo, Nothing
from integrations.engine.drafts import DraftLine, InvoiceDraft, Receipt
from integrations.engine.duplicates import Existing, Guard
from integrations.engine.errors import Aside, ConnectionBroken, OutcomeUnknown, Rejected, Retryable, Stale
from integrations.engine.lanes import carry
from integrations.engine.ports import Item, Page, Write
from integrations.engine.push import decide_all, push
from integrations.engine.records import Entity, Invoice
from integrations.engine.targets import TargetRecord
from integrations.systems.base import AtOnce
from tests.engine.build import POLICY, invoice, rules


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


class Target(AtOnce):
    """Refuses any group that holds a bad number, answers one number with an error; keeps what it took."""

    def __init__(self, bad: Sequence[str] = (), error: Exception | None = None, at: str = "") -> None:
        self.bad, self.error, self.at = set(bad), error, at
        self.taken: list[str] = []
        self.requests = 0
        self.read: list[str] = []
        self.meet: threading.Barrier | None = None

    def groups(self, writes: Sequence[Write]) -> list[list[Write]]:
        return [list(writes)]

    def write(self, writes: Sequence[Write]) -> list[Receipt]:
        self.requests += 1
        if self.meet:
            self.meet.wait(5)
        keys = {w.natural_key for w in writes}
        if self.error and (not self.at or self.at in keys):
            raise self.error
        if self.bad & keys:
            raise Rejected("refused")
        self.taken += [w.natural_key for w in writes]
        return [Receipt(target_id=f"00n{w.natural_key}") for w in writes]

    def standing(self, entity: Entity, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        self.read += target_ids
        return {each: TargetRecord(target_id=each, version="7", echo={"amount": "120"}) for each in target_ids}

    def agrees(self, write: Write, record: TargetRecord) -> bool:
        raise AssertionError("only the resolver asks")

    def look_up(self, entity: Entity, **where: str) -> Iterator[TargetRecord]:
        return iter(())


class Store:
    """Notes what became of each write, and in which thread."""

    def __init__(self) -> None:
        self.outcome: dict[str, str] = {}
        self.decisions: list[Decision] = []
        self.threads: set[int] = set()

    def cursor(self) -> str:
        return ""

    def stage(self, page: Page) -> None:
        self.outcome[page.cursor] = "staged"

    def record(self, batch: Sequence[Item], decisions: Sequence[Decision]) -> list[Write]:
        self.decisions += decisions
        return [write(str(item.id)) for item in batch]

    def settle(self, writes: Sequence[Write], receipts: Sequence[Receipt]) -> None:
        self._note(writes, "settled")

    def refuse(self, write: Write, error: Rejected) -> None:
        self._note([write], "refused")

    def postpone(self, writes: Sequence[Write], after: float | None) -> None:
        self._note(writes, f"postponed {after}")

    def stale(self, writes: Sequence[Write]) -> None:
        self._note(writes, "stale")

    def set_aside(self, write: Write, error: Aside) -> None:
        self._note([write], f"aside {error.after}")

    def mark_uncertain(self, writes: Sequence[Write], job: str = "", after: float | None = None) -> None:
        self._note(writes, "uncertain")

    def fail(self, item: Item, trace: str) -> None:
        self.outcome[item.source_key] = "failed"

    def _note(self, writes: Sequence[Write], outcome: str) -> None:
        self.threads.add(threading.get_ident())
        self.outcome |= {w.natural_key: outcome for w in writes}


@pytest.mark.parametrize("lanes", [1, 3])
def test_one_bad_record_in_a_hundred_stands_alone_and_the_rest_go_through(lanes: int) -> None:
    target, store = Target(bad=["37"]), Store()
    carry([[write(str(n)) for n in range(100)]], target, store, lanes)
    assert [key for key, outcome in store.outcome.items() if outcome == "refused"] == ["37"]
    assert len(target.taken) == 99
    assert target.requests <= 16


def test_what_lacks_something_is_set_aside_alone_and_its_neighbours_go() -> None:
    class Lacking(Target):
        def write(self, writes: Sequence[Write]) -> list[Receipt]:
            if writes[0].natural_key == "2":
                raise Aside("Its image is away.", code="image_away")
            return super().write(writes)

    store = Store()
    carry([[write(str(n))] for n in range(1, 4)], Lacking(), store)
    assert store.outcome == {"1": "settled", "2": "aside 60.0", "3": "settled"}


def test_a_lost_answer_leaves_the_whole_group_to_the_resolver() -> None:
    store = Store()
    carry([[write("1"), write("2")]], Target(error=OutcomeUnknown("reset")), store)
    assert set(store.outcome.values()) == {"uncertain"}


@pytest.mark.parametrize("lanes", [1, 2])
@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Retryable("later", after=9), "postponed 9"),
        (ConnectionBroken("no"), "postponed None"),
    ],
)
def test_what_was_provably_not_processed_is_postponed_and_ends_the_run(
    error: Exception, outcome: str, lanes: int
) -> None:
    store = Store()
    with pytest.raises(type(error)):
        carry([[write(str(n))] for n in range(4)], Target(error=error), store, lanes)
    assert store.outcome == dict.fromkeys("0123", outcome)


def test_a_stale_record_is_decided_again_alone_and_its_neighbours_go_on() -> None:
    store = Store()
    carry([[write("1")], [write("2")]], Target(error=Stale("changed"), at="1"), store)
    assert store.outcome == {"1": "stale", "2": "settled"}


def test_a_bug_of_ours_leaves_its_intent_open_and_postpones_the_unsent() -> None:
    store = Store()
    with pytest.raises(ZeroDivisionError):
        carry([[write("1")], [write("2")]], Target(error=ZeroDivisionError(), at="1"), store)
    assert store.outcome == {"2": "postponed None"}


def test_three_lanes_are_under_way_at_once_and_one_thread_stores() -> None:
    target, store = Target(), Store()
    target.meet = threading.Barrier(3)  # none of them answers before three have come
    carry([[write(str(n))] for n in range(6)], target, store, 3)
    assert set(store.outcome.values()) == {"settled"}
    assert store.threads == {threading.get_ident()}


class Slow(Target):
    """Breaks on "0"; answers "1" only after that is known."""

    def __init__(self, store: Store) -> None:
        super().__init__(error=ConnectionBroken("no"), at="0")
        self.store = store

    def write(self, writes: Sequence[Write]) -> list[Receipt]:
        deadline = time.monotonic() + 5
        while writes[0].natural_key == "1" and "0" not in self.store.outcome and time.monotonic() < deadline:
            time.sleep(0.001)
        return super().write(writes)


def test_what_is_in_flight_when_another_lane_breaks_still_settles() -> None:
    store = Store()
    with pytest.raises(ConnectionBroken):
        carry([[write(str(n))] for n in range(4)], Slow(store), store, 2)
    assert store.outcome == {"0": "postponed None", "1": "settled", "2": "postponed None", "3": "postponed None"}


def item(number: int, source: Invoice, link: Link | None = None) -> Item:
    return Item(id=number, source_key=source.key, revision=1, attempts=1, source=source, link=link)


def link_of(source: Invoice, target_id: str) -> Link:
    return Link(
        target_id=target_id, fingerprint=hashing.fingerprint(source), schema=hashing.VERSION, echo={"amount": "120"}
    )


def test_linked_records_are_read_anew_and_only_they() -> None:
    target = Target()
    batch = [item(1, invoice(), link_of(invoice(), "00n7")), item(2, invoice(key="10|2", number="X"))]
    decided = decide_all(batch, rules(), POLICY, target, Store())
    assert target.read == ["00n7"]
    assert [type(decision) for _, decision in decided] == [Nothing, Create]


def test_an_adopted_record_is_remembered_as_it_stands_and_the_oldest_source_gets_it() -> None:
    there = Existing(
        target_id="00n9",
        number="INV-001",
        vendor_id="009A",
        amount=Decimal(120),
        currency="USD",
        dated=date(2026, 3, 1),
    )
    young, old = item(1, invoice(key="10|9", voucher_date=date(2026, 3, 5))), item(2, invoice(key="10|1"))
    for batch in ([young, old], [old, young]):
        given = rules(guard=Guard([there]))
        decided = {each.id: decision for each, decision in decide_all(batch, given, POLICY, Target(), Store())}
        linked = decided[2]
        assert isinstance(linked, LinkTo)
        assert (linked.echo, linked.version) == ({"amount": "120"}, "7")
        assert isinstance(decided[1], Hold)


def test_a_bug_of_ours_holds_its_record_only() -> None:
    store, target = Store(), Target()
    broken = invoice(key="10|8", postings=(None,))
    push([item(1, broken), item(2, invoice())], rules(), POLICY, target, store)
    assert store.outcome == {"10|8": "failed", "2": "settled"}
