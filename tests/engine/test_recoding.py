"""What other rules would make of a captured invoice that is in the books already."""

from integrations.engine.mapping import Rule
from integrations.engine.recoding import Came, Change, as_sent, change, once_more
from tests.engine.build_books import POLICY, account, booked, books, captured, closed, rules


def moved(target: str) -> Rule:
    return Rule(id=1, version=1, table="account", source="4000", target=target)


def test_a_booked_invoice_is_shown_as_other_rules_would_code_it_also_once_its_period_is_closed() -> None:
    source, held = captured(), books(account("4700"))
    sent = booked(source, rules(held))
    later = rules(books(account("4700"), periods=closed(*range(1, 13))))
    others = rules(books(account("4700"), periods=closed(*range(1, 13))), rules=[moved("4700")])
    before, after = (once_more(source, sent, each, POLICY) for each in (later, others))
    assert (before.held, coded(before)) == ((), {"4000", "2410"})
    assert coded(after) == {"4700", "2410"}
    assert change(before, after, as_sent(sent)) is Change.POSTED
    assert change(before, before, as_sent(sent)) is None


def test_a_booked_invoice_that_other_rules_would_hold_is_said() -> None:
    source, held = captured(), books()
    sent = booked(source, rules(held))
    before, after = (once_more(source, sent, each, POLICY) for each in (rules(held), rules(held, rules=[moved("1")])))
    assert change(before, after, as_sent(sent)) is Change.POSTED_HELD


def coded(came: Came) -> set[str]:
    return {line.account for line in came.lines}
