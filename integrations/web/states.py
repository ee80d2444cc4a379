"""How every state looks, everywhere: an icon, a word and a tone. Never colour alone."""

from collections.abc import Mapping
from typing import NamedTuple

from integrations.engine.agreement import WORDS, State
from integrations.engine.records import PaymentState
from integrations.models import Connection, OutboxItem, Plan, PlanLine, Settlement, SyncRun, WebhookSubscription
from integrations.systems.base import Verdict


class Look(NamedTuple):
    """`tone` names a colour pair of the style sheet: good, wait, bad, look, info or rest."""

    icon: str
    word: str
    tone: str


_Plan, _Line, _Hooks = Plan.Status, PlanLine.Result, WebhookSubscription.State
_Item, _Run, _Connection, _Settlement = OutboxItem.State, SyncRun.Status, Connection.Status, Settlement.State

LOOKS: Mapping[str, Mapping[str, Look]] = {
    "item": {
        _Item.DONE: Look("check", "Arrived", "good"),
        _Item.READY: Look("arrow", "On its way", "info"),
        _Item.WAITING: Look("clock", "Waiting", "wait"),
        _Item.HELD: Look("hand", "Needs you", "bad"),
        _Item.UNCERTAIN: Look("lens", "Being looked up", "look"),
        _Item.IGNORED: Look("skip", "Ignored", "rest"),
        _Item.OUT: Look("minus", "Out of scope", "rest"),
    },
    "run": {
        _Run.RUNNING: Look("repeat", "Running", "info"),
        _Run.DONE: Look("check", "Balanced", "good"),
        _Run.FAILED: Look("cross", "Failed", "bad"),
        "unbalanced": Look("hand", "Does not add up", "bad"),
    },
    "connection": {
        _Connection.OK: Look("check", "Works", "good"),
        _Connection.NEW: Look("clock", "Not tried yet", "rest"),
        _Connection.BROKEN: Look("cross", "Needs you", "bad"),
        "closed": Look("people", "Waits for a controller", "wait"),
    },
    "check": {
        Verdict.FOUND: Look("check", "Found", "good"),
        Verdict.MISSING: Look("cross", "Missing", "bad"),
        Verdict.WARNING: Look("hand", "Look at this", "wait"),
    },
    "hooks": {
        _Hooks.ON: Look("check", "On", "good"),
        _Hooks.OFF: Look("minus", "Off", "rest"),
        _Hooks.WAITING: Look("clock", "Not set up yet", "rest"),
        "parting": Look("clock", "Being taken away", "wait"),
    },
    "flow": {
        "on": Look("check", "On", "good"),
        "running": Look("repeat", "Running", "info"),
        "paused": Look("pause", "Paused", "wait"),
        "stopped": Look("cross", "Stopped", "bad"),
    },
    "plan": {
        _Plan.MAKING: Look("repeat", "Being made", "info"),
        _Plan.READY: Look("clock", "Ready to apply", "wait"),
        _Plan.APPLYING: Look("arrow", "Being applied", "info"),
        _Plan.APPLIED: Look("check", "Applied", "good"),
        _Plan.FAILED: Look("cross", "Failed", "bad"),
    },
    "line": {
        _Line.OPEN: Look("clock", "Not applied yet", "rest"),
        _Line.DONE: Look("check", "Done as planned", "good"),
        _Line.CHANGED: Look("skip", "Refused: it changed", "wait"),
        _Line.FAILED: Look("cross", "Did not go through", "bad"),
    },
    "change": {
        "proposed": Look("clock", "Proposed", "wait"),
        "approved": Look("check", "Approved", "good"),
        "rejected": Look("cross", "Rejected", "bad"),
        "withdrawn": Look("minus", "Withdrawn", "rest"),
    },
    "key": {
        "active": Look("check", "Works", "good"),
        "waiting": Look("clock", "Waits for approval", "wait"),
        "expired": Look("minus", "Ended", "rest"),
        "revoked": Look("cross", "Revoked", "bad"),
    },
    "integration": {
        "active": Look("check", "Active", "good"),
        "inactive": Look("pause", "Nothing is written yet", "wait"),
    },
    "settlement": {
        _Settlement.PAID: Look("clock", "Paid, not settled", "wait"),
        _Settlement.SETTLED: Look("check", "Settled", "good"),
        _Settlement.REVERSED: Look("repeat", "Reversed", "rest"),
    },
    "endpoint": {
        "on": Look("check", "On", "good"),
        "failing": Look("hand", "Not taken at present", "wait"),
        "off": Look("minus", "Off", "rest"),
        "given_up": Look("cross", "Switched off by us", "bad"),
    },
    "delivery": {
        "waiting": Look("clock", "Waiting", "wait"),
        "sent": Look("check", "Sent", "good"),
        "failed": Look("cross", "Given up", "bad"),
        "dropped": Look("minus", "Not needed any more", "rest"),
    },
    "payment": {
        PaymentState.PENDING: Look("clock", "Scheduled", "wait"),
        PaymentState.IN_FLIGHT: Look("arrow", "On its way", "info"),
        PaymentState.ISSUED: Look("arrow", "Paid out", "info"),
        PaymentState.CLEARED: Look("check", "Cleared", "good"),
        PaymentState.VOIDED: Look("minus", "Void", "rest"),
        PaymentState.FAILED: Look("cross", "Failed", "bad"),
        PaymentState.UNKNOWN: Look("hand", "Not described", "bad"),
    },
    "reconciled": {
        State.AGREED: Look("check", WORDS[State.AGREED], "good"),
        State.IN_TRANSIT: Look("arrow", WORDS[State.IN_TRANSIT], "info"),
        State.WAITING: Look("clock", WORDS[State.WAITING], "wait"),
        State.HELD: Look("hand", WORDS[State.HELD], "bad"),
        State.UNCERTAIN: Look("lens", WORDS[State.UNCERTAIN], "look"),
        State.IGNORED: Look("skip", WORDS[State.IGNORED], "rest"),
        State.OUT: Look("minus", WORDS[State.OUT], "rest"),
        State.PAID_NOT_SETTLED: Look("coin", WORDS[State.PAID_NOT_SETTLED], "wait"),
        **{state: Look("cross", WORDS[state], "bad") for state in (State.FAILED, State.UNEXPLAINED)},
        **{
            state: Look("hand", WORDS[state], "bad")
            for state in State
            if state.value.startswith(("amount", "status", "changed", "missing", "paid_on", "voided"))
        },
    },
    "review": {
        "open": Look("hand", "Open", "bad"),
        "resolved": Look("check", "Resolved", "good"),
    },
}

UNKNOWN = Look("info", "Unknown", "rest")


def look(kind: str, state: str) -> Look:
    """How `state` of a `kind` (item, run, connection, check, flow, plan, line, change, ...) is shown."""
    return LOOKS[kind].get(state, UNKNOWN)


def run_state(run: SyncRun) -> str:
    """The key of a run's look: a run that ended without adding up is never shown as done."""
    return "unbalanced" if run.status == _Run.DONE and run.balanced is False else run.status
