"""The state of a record, told from its facts: the first rung that holds is the state, and names what proves it."""

from collections.abc import Sequence

from integrations.engine.agreement import HELD_AS, State

# (condition, state, reason); the reason is SQL. What no rung holds is unexplained.
_RUNGS: Sequence[tuple[str, State, str]] = (
    # nobody has decided it
    ("item IS NULL", State.UNEXPLAINED, "'no_item'"),
    ("standing = 'uncertain' AND in_flight", State.UNCERTAIN, "reason"),
    ("standing = 'uncertain'", State.UNEXPLAINED, "'no_intent'"),
    ("standing = 'held' AND NOT asked_about", State.UNEXPLAINED, "'no_review'"),
    *((f"standing = 'held' AND reason = '{code}'", state, "reason") for code, state in HELD_AS.items()),
    ("standing = 'held' AND answered", State.FAILED, "reason"),
    ("standing = 'held'", State.HELD, "reason"),
    ("standing = 'ignored'", State.IGNORED, "coalesce(nullif(reason, ''), 'ignored')"),
    ("standing = 'waiting' AND reason <> ''", State.WAITING, "reason"),
    ("standing = 'waiting'", State.UNEXPLAINED, "'no_reason'"),
    # it is to be carried
    ("standing = 'ready' AND in_flight", State.IN_TRANSIT, "'in_flight'"),
    ("standing = 'ready' AND not_before > %(at)s", State.WAITING, "coalesce(nullif(reason, ''), 'postponed')"),
    ("standing = 'ready' AND since > %(at)s - cycle", State.IN_TRANSIT, "'this_cycle'"),
    ("standing = 'ready' AND stopped <> ''", State.WAITING, "stopped"),
    ("standing = 'ready' AND working", State.IN_TRANSIT, "'run_at_work'"),
    ("standing = 'ready' AND link_print <> source_print", State.CHANGED_IN_SOURCE, "'not_carried'"),
    ("standing = 'ready'", State.UNEXPLAINED, "'late'"),
    # it is decided; paid without a voucher stands on the settlement list
    ("link IS NULL AND unsettled > 0", State.PAID_NOT_SETTLED, "'on_the_list'"),
    ("link IS NULL AND parts > 0 AND NOT dead", State.AGREED, "'settled'"),
    ("link IS NULL AND standing = 'out' AND reason <> ''", State.OUT, "reason"),
    ("link IS NULL", State.UNEXPLAINED, "'no_link'"),
    # it is linked: both sides are held against each other
    ("part = 'payments' AND dead AND taken_back", State.AGREED, "'reversed'"),
    ("part = 'payments' AND dead", State.VOIDED_AFTER_POSTING, "coalesce(nullif(reason, ''), 'no_reversal')"),
    ("(dead OR gone) AND active = false", State.OUT, "CASE WHEN gone THEN 'gone' ELSE 'cancelled' END"),
    ("gone", State.MISSING_IN_SOURCE, "'gone'"),
    ("dead AND part = 'captured'", State.VOIDED_AFTER_POSTING, "'cancelled'"),
    ("dead", State.STATUS_DIFFERS, "'cancelled'"),
    ("unlisted AND (whole IS NULL OR linked_at > whole)", State.IN_TRANSIT, "'not_listed'"),
    ("unlisted", State.MISSING_IN_TARGET, "'missing_on_target'"),
    ("active = false", State.CHANGED_IN_TARGET, "'archived_on_target'"),
    ("there IS DISTINCT FROM asked", State.AMOUNT_DIFFERS, "'amount_differs'"),
    ("part <> 'payments' AND here IS DISTINCT FROM asked", State.AMOUNT_DIFFERS, "'open_amount_billed'"),
    ("part = 'payments' AND here IS DISTINCT FROM there", State.AMOUNT_DIFFERS, "'payment_changed'"),
    ("abs(open_here) > abs(open_there)", State.PAID_NOT_SETTLED, "'open_in_ledger'"),
    ("abs(open_here) < abs(open_there)", State.PAID_ON_ONE_SIDE, "'open_there'"),
    ("unsettled > 0", State.PAID_NOT_SETTLED, "'on_the_list'"),
    ("true", State.AGREED, "''"),
)


def _case(place: int) -> str:
    """The ladder as an expression: of the states (1) or of the reasons (2)."""
    rungs = (f"WHEN {rung[0]} THEN {repr(str(rung[1])) if place == 1 else rung[2]}" for rung in _RUNGS)
    return "CASE " + "\n            ".join(rungs) + " END"


STATE, REASON = _case(1), _case(2)
