"""Plain words for entities, reasons and schedules. A clerk reads these; codes stay what they are."""

from collections.abc import Mapping

from integrations.engine.nouns import INBOUND, NOUNS, Noun
from integrations.engine.reasons import reason_of
from integrations.models import Flow

OUTCOMES: Mapping[str, str] = {
    "claimed": "still in work",
    "held": "need a person",
    "linked": "found and linked",
    "out": "out of scope",
    "repeated": "seen twice",
    "staged": "new or changed",
    "uncertain": "being looked up",
}


def reason(code: str) -> str:
    """A short title for a code; a code nobody has titled is shown as its own words."""
    return reason_of(code).title


# The order in which a sum of outcomes is said.
_OUTCOME_ORDER = (
    *("staged", "unchanged", "repeated"),
    *(
        "created",
        "updated",
        "linked",
        "postponed",
        "waiting",
        "held",
        "uncertain",
        "failed",
        "ignored",
        "out",
        "claimed",
    ),
)


def in_order(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """(outcome, count) without zeros, what was done first, what was left last."""
    place = {name: i for i, name in enumerate(_OUTCOME_ORDER)}
    found = [(name, count) for name, count in counts.items() if count]
    return sorted(found, key=lambda pair: place.get(pair[0], len(place)))


def outcome(name: str, kind: str = "") -> str:
    """What came of records, in words; what a sweep finds new is what the ordinary runs had missed."""
    if kind == "sweep" and name == "staged":
        return "repaired by the sweep"
    return OUTCOMES.get(name, name.replace("_", " "))


# What a plan does with records of one kind of decision.
PLAN_KINDS: Mapping[str, str] = {
    "create": "Will be created",
    "update": "Will be changed",
    "act": "Will be archived, marked or noted",
    "link": "There already: adopted as they are",
    "nothing": "Agree on both sides already",
    "wait": "Wait for something",
    "hold": "Need you",
    "out": "Stay out",
}


def noun(entity: str, count: int = 2, *, inbound: bool = False) -> str:
    """The entity's word for `count` of them; `inbound`: of those that come into the ledger."""
    plain = entity.replace("_", " ")
    known = (INBOUND.get(entity) if inbound else None) or NOUNS.get(entity) or Noun(plain, f"{plain}s")
    return known.one if count == 1 else known.many


def carried(flow: Flow, count: int = 2) -> str:
    """The word for `count` of what a flow carries."""
    return noun(flow.entity, count, inbound=flow.inbound)


# What a message tells of an alert; a test tells of none.
MESSAGES: Mapping[str, str] = {
    "alert.raised": "New",
    "alert.grown": "Has grown",
    "alert.reminded": "Still there",
    "alert.ended": "Over",
}
DEEDS: Mapping[str, str] = {
    "operator.entered": "An operator of the service looked in",
    "operator.looked": "An operator of the service opened a page",
    "answered": "Decided about a record",
    "answer_proposed": "Decision about a record proposed",
    "answer_rejected": "Proposed decision rejected",
    "answer_withdrawn": "Proposed decision withdrawn",
    "export_made": "Export taken",
    "linked": "Linked",
    "member.role_taken": "Role taken from a member",
    "operator.left": "An operator of the service left",
    "connection_change_proposed": "Where a connection leads: change proposed",
    "connection_change_approved": "Where a connection leads: change approved",
    "connection_change_rejected": "Where a connection leads: change rejected",
    "connection_change_withdrawn": "Where a connection leads: change withdrawn",
    "second_person_proposed": "Switching the second person proposed",
    "second_person_switched_off": "Second person switched off",
    "second_person_switched_on": "Second person switched on again",
}


def deed(action: str) -> str:
    """What an action of the audit is called; one that nobody has titled is shown as its own words."""
    return DEEDS.get(action) or action.replace("_", " ").replace(".", " ").capitalize()


def recognised(natural_key: str) -> str:
    """What a written record is found again by, without the word that says its kind: 10, S1004, INV-9."""
    kind, _, rest = natural_key.partition("|")
    parts = rest if kind.islower() and rest else natural_key
    return ", ".join(part for part in parts.split("|") if part)


def plainly(value: object) -> str:
    """A stored value for people: lists and tables in one line, yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{str(name).replace('_', ' ')}: {plainly(each)}" for name, each in value.items())
    if isinstance(value, list):
        return "; ".join(map(plainly, value))
    return "none" if value is None else str(value)


def listed(parts: list[str]) -> str:
    """a; a and b; a, b and c."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
