"""Every system: what it declares to write is made once, found again, refused by rule, or said to be unknown."""

from typing import Any

import pytest

from integrations.engine.drafts import Draft, Receipt
from integrations.engine.errors import OutcomeUnknown, Rejected, Retryable, SyncError
from integrations.engine.records import Entity
from integrations.systems import registry
from tests.contract.case import Case, WritingCase, declared

writes = pytest.mark.parametrize(("system", "entity"), declared("writes"))


def post(case: WritingCase, *drafts: Draft, client: Any = None) -> list[Receipt]:
    client = client or case.connect()
    found: dict[int, Receipt] = {}
    made = [case.write(draft) for draft in drafts]
    for group in client.groups(made):
        found |= {write.intent: receipt for write, receipt in zip(group, client.write(group), strict=True)}
    return [found[write.intent] for write in made]


def failure(case: WritingCase, *drafts: Draft) -> SyncError:
    with pytest.raises(SyncError) as caught:
        post(case, *drafts)
    return caught.value


@writes
def test_what_is_created_is_found_and_read_back(case: WritingCase, entity: Entity) -> None:
    before = case.stored(entity)
    drafts = case.drafts(entity)
    receipts = post(case, *drafts)
    assert case.stored(entity) == before + len(drafts)
    client = case.connect()
    for draft, receipt in zip(drafts, receipts, strict=True):
        (found,) = client.look_up(entity, number=draft.number)
        assert found.target_id == receipt.target_id
        assert client.fetch(entity, receipt.target_id, case.scope).number == draft.number


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
def test_a_lost_answer_leaves_a_write_unknown_and_it_is_not_sent_again(
    case: WritingCase, entity: Entity, kind: str
) -> None:
    before = case.stored(entity)
    case.fault(entity, kind, writing=True)
    draft = case.drafts(entity)[0]
    assert isinstance(failure(case, draft), OutcomeUnknown)
    assert case.stored(entity) == before + 1
    assert [found.number for found in case.connect().look_up(entity, number=draft.number)] == [draft.number]


@writes
def test_a_timeout_leaves_a_write_unknown(case: WritingCase, entity: Entity) -> None:
    client = case.connect()
    client.companies()
    before = case.stored(entity)
    case.wire.loses = lambda request: request.method == "POST"
    with pytest.raises(OutcomeUnknown):
        post(case, case.drafts(entity)[0], client=client)
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
    (receipt,) = post(case, draft)
    assert receipt.version
    case.change(entity, receipt.target_id)
    before = case.truth(entity)
    with pytest.raises(Retryable) as caught:
        case.connect().write([case.write(draft, receipt.target_id, receipt.version)])
    assert caught.value.code == "stale_version"
    assert case.truth(entity) == before


@pytest.mark.parametrize("system", sorted(registry.systems()))
def test_a_system_offers_to_write_only_when_it_declares_something(case: Case, system: str) -> None:
    assert hasattr(case.connect(), "write") is bool(registry.get(system).writes)
