"""The queue as the store keeps it: what is copied from the record, its orders, its causes, and acts on many at once."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from audit.models import AuditEntry
from integrations.engine.decisions import Hold
from integrations.engine.errors import Problem
from integrations.models import Answer, Comment, OutboxItem, ReviewItem
from integrations.store import bulk, desk, ignoring, queue
from integrations.store.bulk import Outcome
from integrations.store.questions import Refused
from tenants.access import Place, places_of
from tenants.models import Role, User
from tenants.scope import tenant_scope
from tests.engine.build import invoice
from tests.factories import Cast, join, person
from tests.integrations.conftest import Bench, page
from tests.integrations.factories import Desk

UNMAPPED = Problem("unmapped_account", "Account 4471 has none.", value="4471", blocker=("account", "4471"))


@pytest.fixture
def board(cast: Cast) -> Desk:
    """An integration of the cast's tenant."""
    return Desk(cast.tenant.pk, cast.owner)


@pytest.fixture
def clerk(cast: Cast) -> Place:
    return cast.place(cast.colleague)


def hold(bench: Bench, *problems: Problem) -> ReviewItem:
    """What is due is decided and held."""
    store = bench.store()
    items = store.claim(10)
    store.record(items, [Hold(problems=problems)] * len(items))
    with tenant_scope(bench.tenant_id):
        review: ReviewItem = ReviewItem.objects.get(status="open")
    return review


def numbers(place: Place, order: str = "risk", **wanted: Any) -> list[str]:
    """What the queue shows, page by page of two."""
    found: list[str] = []
    after = ""
    with place.scope():
        while True:
            rows = queue.narrowed(queue.opened(), wanted, place)
            ids, after = queue.page_of(rows, order, after, 2)
            loaded = queue.loaded(ReviewItem.objects.select_related("item__source"), ids)
            found += [row.item.source.number for row in loaded]
            if not after:
                return found


def every() -> queue.Rows:
    return queue.opened()


def test_a_held_record_takes_along_what_the_queue_is_sorted_by(bench: Bench) -> None:
    bench.store("poll").stage(page(invoice()))
    review = hold(bench, UNMAPPED)
    assert (review.named, review.party, review.amount, review.currency) == ("4471", "S1", Decimal(120), "USD")
    assert (review.pay_by, review.calm, review.risk) == (date(2026, 3, 31), 1, Decimal(-120))


def test_what_is_asked_anew_is_sorted_anew(bench: Bench) -> None:
    bench.store("poll").stage(page(invoice()))
    hold(bench, UNMAPPED)
    bench.store("poll").stage(page(invoice(due_date=date(2026, 3, 5), net=Decimal("10.00"))))
    review = hold(bench, Problem("may_be_paid_twice", "Stop it.", urgent=True))
    assert (review.pay_by, review.calm, review.named) == (date(2026, 3, 5), 0, "")


def test_whoever_had_a_record_has_it_again_when_it_comes_back(bench: Bench, clerk: Place) -> None:
    bench.store("poll").stage(page(invoice()))
    hold(bench, UNMAPPED)
    with clerk.scope():
        desk.give(clerk, bench.items()[0], places_user(clerk))
        desk.retrying(clerk, list(every().select_related("item__flow")), Outcome())
    assert hold(bench, UNMAPPED).assignee_id == clerk.person


def places_user(place: Place) -> Any:
    """The person of a place."""
    return User.objects.get(pk=place.person or 0)


def test_money_at_risk_comes_first_and_pages_neither_lose_nor_repeat(board: Desk, clerk: Place) -> None:
    soon, late = date(2026, 12, 1), date(2026, 12, 9)
    board.record("held", number="late", code="a", due=late, amount="9.00")
    board.record("held", number="small", code="a", due=soon, amount="1.00")
    board.record("held", number="credit", code="a", due=soon, amount="-5000.00")
    board.record("held", number="none", code="a", due=None, amount=None)
    board.record("held", number="urgent", code="a", due=None, urgent=True)
    board.record("held", number="large", code="a", due=soon, amount="70.00")
    board.record("held", number="same", code="a", due=soon, amount="70.00")
    assert numbers(clerk) == ["urgent", "credit", "large", "same", "small", "late", "none"]
    assert numbers(clerk, "amount")[:2] == ["credit", "urgent"]
    assert numbers(clerk, "oldest")[0] == "late"


def test_a_discount_that_ends_before_the_due_date_counts(board: Desk, clerk: Place) -> None:
    board.record("held", number="due", code="a", due=date(2026, 12, 5))
    item = board.record("held", number="discount", code="a", due=date(2026, 12, 30))
    with clerk.scope():
        review = ReviewItem.objects.get(item=item)
        review.discount_by = date(2026, 12, 2)
        review.take_record()
        review.save()
    assert numbers(clerk) == ["discount", "due"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"code": "no_due_date"}, ["A"]),
        ({"code": "unmapped_account", "named": "4471"}, ["B"]),
        ({"urgent": True}, ["C"]),
        ({"owner": "controller"}, ["C"]),
        ({"owner": "me"}, ["A", "B", "D"]),
        ({"currency": "CAD"}, ["D"]),
        ({"least": Decimal(50), "most": Decimal(60)}, ["B"]),
        ({"due": date(2026, 12, 1)}, ["A"]),
        ({"assignee": "me"}, ["B"]),
        ({"assignee": "nobody"}, ["C", "A", "D"]),
        ({"assignee": "99999999999"}, []),
        ({"entity": "vendor"}, ["D"]),
        ({"party": "1001", "entity": "invoice"}, ["C", "A", "B"]),
        ({"age": 3}, []),
        ({"q": "B"}, ["B"]),
        ({"q": "nothing at all"}, []),
        ({"integration": "00000000-0000-0000-0000-000000000000"}, []),
    ],
)
def test_every_filter_narrows(board: Desk, clerk: Place, wanted: dict[str, Any], found: list[str]) -> None:
    board.record("held", number="A", code="no_due_date", due=date(2026, 12, 1), amount="10.00")
    item = board.record(
        "held", number="B", code="unmapped_account", named="4471", due=date(2026, 12, 2), amount="-55.00"
    )
    board.record("held", number="C", code="may_be_paid_twice", urgent=True, due=None, amount="1.00")
    board.record("held", number="D", code="their_own", entity="vendor", due=None, currency="CAD", amount="2.00")
    with clerk.scope():
        desk.give(clerk, item, places_user(clerk))
    assert numbers(clerk, **wanted) == found
    with clerk.scope():
        assert queue.summed(queue.narrowed(every(), wanted, clerk), 9)[0].count == len(found)


@pytest.mark.parametrize(
    "after", ["x", "1_2026-13-01_1_1", "1_2026-12-01_NaN_1", "1_2026-12-01_-1_99999999999999999999"]
)
def test_a_place_that_is_none_means_the_first_page(board: Desk, clerk: Place, after: str) -> None:
    board.record("held", number="A", code="a")
    with clerk.scope():
        assert len(queue.page_of(every(), "risk", after, 5)[0]) == 1


def test_causes_keep_accounts_and_currencies_apart(board: Desk, clerk: Place) -> None:
    board.record("held", code="unmapped_account", named="4471", amount="10.00")
    board.record("held", code="unmapped_account", named="4471", amount="5.00", currency="CAD", due=date(2026, 11, 1))
    board.record("held", code="unmapped_account", named="4472", amount="1.00")
    board.record("held", code="no_number", amount=None, urgent=True)
    with clerk.scope():
        sums, causes = queue.summed(every(), 2)
    assert (sums.count, sums.urgent, sums.amounts) == (4, 1, {"CAD": Decimal(5), "USD": Decimal(11)})
    assert [(c.code, c.named, c.count) for c in causes] == [("no_number", "", 1), ("unmapped_account", "4471", 2)]
    assert (causes[1].amounts, causes[1].earliest) == ({"CAD": Decimal(5), "USD": Decimal(10)}, date(2026, 11, 1))


def test_many_are_done_in_slices_and_what_is_left_says_why(
    board: Desk, clerk: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "SLICE", 2)
    for code in ("a", "a", "uncertain", "a", "a"):
        board.record("held", code=code)
    outcome = bulk.on_each(clerk, every, desk.retrying)
    assert (outcome.done, outcome.left, outcome.more) == (4, 1, 0)
    assert list(outcome.reasons) == ["it may be on the other side already: compare both sides first"]


def test_one_click_does_no_more_than_its_bound_and_says_how_many_are_left(
    board: Desk, clerk: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST", 2)
    for _ in range(3):
        board.record("held", code="a")
    outcome = bulk.on_each(clerk, every, desk.retrying)
    assert (outcome.done, outcome.more) == (2, 1)


def test_ignoring_many_is_judged_and_kept_record_by_record(board: Desk, cast: Cast, clerk: Place) -> None:
    second = person()
    join(second, cast.tenant, Role.CONTROLLER)
    with clerk.scope():
        board.integration.ap.environment = "production"
        board.integration.ap.save()
    small, large = board.record("held", code="a", amount="1.00"), board.record("held", code="a", amount="5000.00")
    until = timezone.now() + timedelta(days=9)
    outcome = bulk.on_each(clerk, every, ignoring.ignoring("paid by card", until))
    again = bulk.on_each(clerk, every, ignoring.ignoring("paid by card", until))
    with clerk.scope():
        item = OutboxItem.objects.get(pk=small.pk)
        assert (item.state, item.message, item.until, item.ignored_fingerprint) == (
            *("ignored", "paid by card", until, small.source.fingerprint),
        )
        assert OutboxItem.objects.get(pk=large.pk).state == "held"
        given = {a.item_id: a.status for a in Answer.objects.all()}
        closed = ReviewItem.objects.get(item=small)
        assert AuditEntry.objects.filter(action="answered").count() == 1
    assert (outcome.done, outcome.proposed, given) == (1, 1, {small.pk: "approved", large.pk: "proposed"})
    assert (closed.resolution, closed.resolved_by_id) == ("ignored", clerk.person)
    assert (again.done, again.proposed, list(again.reasons)) == (
        *(0, 0, ["it is proposed already, and waits for a second person"]),
    )


def test_work_is_given_to_those_alone_who_may_do_it_and_audited(board: Desk, cast: Cast, clerk: Place) -> None:
    item = board.record("held", code="a")
    auditor = person()
    join(auditor, cast.tenant, Role.AUDITOR)
    for other in (cast.stranger, auditor):
        with pytest.raises(Refused, match="whose role may do it"):
            bulk.on_each(clerk, every, desk.assigning(other))
    outcome = bulk.on_each(clerk, every, desk.assigning(cast.colleague))
    with clerk.scope():
        entry = AuditEntry.objects.get(action="assigned")
        assert ReviewItem.objects.get(item=item).assignee_id == cast.colleague.pk
    assert (outcome.done, entry.source_key) == (1, item.source_key)


def test_a_comment_is_kept_for_good(board: Desk, clerk: Place) -> None:
    item = board.record("done")
    with clerk.scope():
        desk.say(clerk, item, "  Asked the supplier.  ")
    with clerk.scope():
        [comment] = Comment.objects.all()
        assert (comment.text, comment.author_id) == ("Asked the supplier.", clerk.person)
    changes: list[Callable[[], Any]] = [
        lambda: Comment.objects.update(text="x"),
        lambda: Comment.objects.all().delete(),
    ]
    for change in changes:
        with pytest.raises(Exception, match="permission denied"), clerk.scope():
            change()


@pytest.mark.parametrize("role", [Role.OWNER, Role.AUDITOR])
def test_who_does_not_work_here_changes_nothing(board: Desk, cast: Cast, role: Role) -> None:
    user = person()
    join(user, cast.tenant, role)
    place = places_of(user)[0]
    board.record("held", code="a", amount="1.00")
    for act in (desk.retrying, desk.assigning(None), desk.commenting("x")):
        with pytest.raises(Refused):
            bulk.on_each(place, every, act)
    assert bulk.on_each(place, every, ignoring.ignoring("x", None)).left == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_act_on_the_same_records_one_does_and_the_other_is_told(board: Desk, cast: Cast) -> None:
    for _ in range(20):
        board.record("held", code="a", amount="1.00")
    acts: list[Callable[[], bulk.Act]] = [lambda: desk.retrying, lambda: ignoring.ignoring("x", None)]
    found: list[Outcome] = []
    start = threading.Barrier(2)

    def go(act: bulk.Act) -> None:
        place = cast.place(cast.colleague)
        rows = list_of(place)
        start.wait(10)
        found.append(bulk.on_each(place, lambda: ReviewItem.objects.filter(pk__in=rows), act))
        connections.close_all()

    threads = [threading.Thread(target=go, args=(act(),)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(outcome.done for outcome in found) == 20
    assert sum(outcome.left for outcome in found) == 20
    assert {why for outcome in found for why in outcome.reasons} == {bulk.GONE}


def list_of(place: Place) -> list[int]:
    """The open items' ids."""
    with place.scope():
        return list(every().values_list("pk", flat=True))
