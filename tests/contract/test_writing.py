"""Every system: what it declares to write is made once, found again, refused by rule, or said to be unknown.

A system answers for a request as a whole, by what it raises, or for each record of it, by what it returns.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from integrations.engine.drafts import Draft, Receipt
from integrations.engine.errors import OutcomeUnknown, Rejected, Retryable, SyncError
from integrations.engine.ports import Write, Written
from integrations.engine.records import Entity
from integrations.systems import registry
from tests.contract.case import Case, WritingCase, declared
from tests.contract.wiring import handed

writes = pytest.mark.parametrize(("system", "entity"), declared("writes"))


def post(case: WritingCase, *drafts: Draft, client: Any = None) -> list[Written]:
    """What came of each draft, in their order. Raises what the system raises for a request as a whole."""
    client = client or case.connect()
    found: dict[int, Written] = {}
    made = [handed(draft, case.clock) for draft in drafts]
    for group in client.groups(made):
        found |= {write.intent: what for write, what in zip(group, client.write(group), strict=True)}
    return [found[write.intent] for write in made]


def receipts(case: WritingCase, *drafts: Draft) -> list[Receipt]:
    """Of drafts that all go through."""
    found = [what for what in post(case, *drafts) if isinstance(what, Receipt)]
    assert len(found) == len(drafts)
    return found


def failure(case: WritingCase, draft: Draft, client: Any = None) -> SyncError:
    """Why the draft did not go through, raised or answered."""
    try:
        (what,) = post(case, draft, client=client)
    except SyncError as error:
        return error
    assert isinstance(what, SyncError)
    return what


def found_again(case: WritingCase, entity: Entity, draft: Draft) -> list[str]:
    """The ids under which a draft can be found by its number, by nothing but a look."""
    return [found.target_id for found in case.connect().look_up(entity, number=getattr(draft, "number", ""))]


@writes
def test_what_is_created_is_there(case: WritingCase, entity: Entity) -> None:
    before = case.stored(entity)
    drafts = case.drafts(entity)
    ids = [receipt.target_id for receipt in receipts(case, *drafts)]
    assert case.stored(entity) == before + len(drafts)
    assert len(set(ids)) == len(drafts)
    client = case.connect()
    if entity not in client.blind:
        assert client.standing(entity, ids).keys() == set(ids)
    if entity not in client.keyed:
        assert [found_again(case, entity, draft) for draft in drafts] == [[each] for each in ids]


@writes
def test_what_was_written_agrees_with_how_it_stands(case: WritingCase, entity: Entity) -> None:
    client, draft = case.connect(), case.drafts(entity)[0]
    (receipt,) = receipts(case, draft)
    stands = client.standing(entity, [receipt.target_id])
    assert receipt.target_id in stands or entity in client.blind
    for record in stands.values():
        assert record.echo == receipt.echo
        assert client.agrees(handed(draft, case.clock, receipt.target_id), record)


@writes
@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("processed", [True, False])
def test_trouble_on_their_side_leaves_a_write_unknown(
    case: WritingCase, entity: Entity, status: int, processed: bool
) -> None:
    case.fault(entity, "status", writing=True, status=status, body="", processed=processed)
    assert isinstance(failure(case, case.drafts(entity)[0]), OutcomeUnknown)


@writes
@pytest.mark.parametrize("kind", ["drop_after", "truncate_body", "bad_json"])
def test_a_lost_answer_leaves_a_write_unknown_and_one_record(case: WritingCase, entity: Entity, kind: str) -> None:
    before = case.stored(entity)
    case.fault(entity, kind, writing=True)
    draft = case.drafts(entity)[0]
    assert isinstance(failure(case, draft), OutcomeUnknown)
    case.mend()
    if entity in case.connect().keyed:
        assert receipts(case, draft)  # completes what the lost one has left
    else:
        assert len(found_again(case, entity, draft)) == 1
    assert case.stored(entity) == before + 1


@writes
def test_a_timeout_leaves_a_write_unknown(case: WritingCase, entity: Entity) -> None:
    client = case.connect()
    client.companies()
    before = case.stored(entity)
    case.wire.loses = lambda request: request.method != "GET"
    assert isinstance(failure(case, case.drafts(entity)[0], client), OutcomeUnknown)
    assert case.stored(entity) == before + 1


@writes
def test_what_never_left_is_retryable(case: WritingCase, entity: Entity) -> None:
    before = case.stored(entity)
    case.fault(entity, "drop_before", writing=True)
    assert isinstance(failure(case, case.drafts(entity)[0]), Retryable)
    assert case.stored(entity) == before


@writes
def test_a_limit_on_a_write_is_retryable_with_the_wait(case: WritingCase, entity: Entity) -> None:
    case.fault(entity, "status", writing=True, status=429, headers={"retry-after": "17"})
    error = failure(case, case.drafts(entity)[0])
    assert isinstance(error, Retryable)
    assert error.after == 17


@writes
def test_a_refusal_by_rule_names_its_reason_and_writes_nothing(case: WritingCase, entity: Entity) -> None:
    before = case.stored(entity)
    error = failure(case, case.refused(entity))
    assert isinstance(error, Rejected)
    assert all(problem.code and problem.message for problem in error.problems)
    assert case.stored(entity) == before


@writes
def test_a_record_changed_meanwhile_is_stale_and_stays_as_it_is(case: WritingCase, entity: Entity) -> None:
    draft = case.drafts(entity)[0]
    (receipt,) = receipts(case, draft)
    assert bool(receipt.version) is (entity in case.versioned)
    if receipt.version:
        case.change(entity, receipt.target_id)
        before = case.truth(entity)
        change = handed(draft, case.clock, receipt.target_id, receipt.version)
        assert stale(case.connect(), [change]).code == "stale_version"
        assert case.truth(entity) == before


def stale(client: Any, writes: Sequence[Write]) -> Retryable:
    with pytest.raises(Retryable) as caught:
        client.write(writes)
    return caught.value


@pytest.mark.parametrize("system", sorted(registry.systems()))
def test_a_system_offers_to_write_only_when_it_declares_something(case: Case, system: str) -> None:
    assert hasattr(case.connect(), "write") is bool(registry.get(system).writes)
