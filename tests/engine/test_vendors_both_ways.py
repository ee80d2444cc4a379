"""A vendor edited on both sides, in any order: it comes to rest, and no value that a person typed is lost silently."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations.engine import fingerprint as hashing
from integrations.engine.decide import decide
from integrations.engine.decisions import Create, Decision, Hold, Link, Nothing, Update
from integrations.engine.drafts import VendorDraft
from integrations.engine.mapping import Rule
from integrations.engine.policy import Policy
from integrations.engine.records import Vendor
from integrations.engine.targets import TargetRecord
from tests.engine.build import ADDRESS, POLICY, VENDOR, rules

TERMS = [Rule(id=n, version=1, table="payment_term", source=str(n), target=f"00t{n}") for n in (30, 60)]
TOOL = Policy(company="10", tool_fields=("email", "payment_term", "address"))
ERP_FIELDS = ("name", "email", "tax_id", "payment_term", "address.city")
TARGET_FIELDS = (*ERP_FIELDS, "payee_name", "pay.bank", "pay.method")
MOST = 12  # decisions until a vendor rests, however many questions it raises


@dataclass
class Sides:
    """Both sides of one vendor, and what we remember of it; `told` is all that a person was shown or may look up."""

    policy: Policy = POLICY
    source: Vendor = field(default_factory=lambda: msgspec.structs.replace(VENDOR, payment_term="30"))
    there: dict[str, str] = field(default_factory=dict)
    version: int = 1
    connected: bool = False
    answers: dict[tuple[str, str], str] = field(default_factory=dict)
    told: set[tuple[str, str]] = field(default_factory=set)
    left: set[str] = field(default_factory=set)  # fields that people chose to leave apart
    writes: int = 0
    typed: int = 0

    def __post_init__(self) -> None:
        made = decide(self.source, None, None, rules(rules=TERMS), self.policy)
        assert isinstance(made, Create)
        assert isinstance(made.draft, VendorDraft)
        self.there = {
            **told_of(made.draft),
            "payee_name": made.draft.name,
            "pay.bank": "no account",
            "pay.method": "check",
        }
        self.link = Link(
            target_id="009A",
            variant="USD",
            fingerprint=hashing.fingerprint(self.source),
            schema=hashing.VERSION,
            sent=made.draft,
            echo=dict(self.there),
        )

    def edit_in_erp(self, name: str) -> None:
        self.typed += 1
        value = f"E{self.typed}"
        if name == "payment_term":
            change: dict[str, Any] = {name: "60" if self.source.payment_term == "30" else "30"}
        elif name == "address.city":
            change = {"addresses": (msgspec.structs.replace(ADDRESS, city=value),)}
        elif name == "tax_id":
            change = {"tax_id": value, "tax_key": value}
        else:
            change = {name: value}
        self.source = msgspec.structs.replace(self.source, **change)
        self.answers = {}

    def edit_there(self, name: str) -> None:
        self.typed += 1
        self.version += 1
        self.there[name] = f"T{self.typed}"

    def decide(self) -> Decision:
        now = TargetRecord(
            target_id="009A",
            version=str(self.version),
            echo=dict(self.there),
            connected=self.connected,
            changed_at=datetime(2026, 11, 27, tzinfo=UTC),
        )
        return decide(self.source, self.link, now, rules(rules=TERMS), self.policy, answers=self.answers)

    def carry(self, found: Decision, choice: int) -> bool:
        """Do what was decided, a person answering where one is asked; whether anything is left to do."""
        match found:
            case Hold(problems=(problem, *_)):
                assert problem.choices, problem
                self.told |= {(side.field, side.target.lstrip("…")) for side in problem.sides}
                self.told |= {(each, value) for each, value in self.there.items() if value and value in problem.message}
                chosen = problem.choices[choice % len(problem.choices)].key
                if chosen in ("accept", "keep"):
                    self.left |= {side.field for side in problem.sides}
                self.answers[problem.code, problem.subject] = chosen
            case Update(draft=VendorDraft() as draft, version=version):
                assert version == str(self.version)
                self.write(draft)
            case Nothing(rebaseline=rebaseline, echo=echo):
                if echo is not None:  # audited with what it was and is
                    self.told |= {pair for one in (self.link.echo, echo) for pair in one.items()}
                changed = {"echo": echo} if echo is not None else {}
                print_ = {"fingerprint": hashing.fingerprint(self.source)} if rebaseline else {}
                before = self.link
                self.link = msgspec.structs.replace(self.link, **changed, **print_)
                return self.link != before
            case _:
                raise AssertionError(found)
        return True

    def write(self, draft: VendorDraft) -> None:
        """As the target takes it; what a person typed there must have been shown before it is gone."""
        values = {**told_of(draft), "payee_name": draft.name}
        wanted = draft.only or ("name", "tax_id", "payment_term", "address")
        for name, value in values.items():
            root = name.partition(".")[0]
            old = self.there[name]
            if root in wanted and value != old:
                if old.startswith("T"):
                    assert (name, old) in self.told or any(r == root and old in t for r, t in self.told), (name, old)
                self.there[name] = value
        self.writes += 1
        self.version += 1
        self.link = msgspec.structs.replace(
            self.link, sent=draft, echo=dict(self.there), fingerprint=hashing.fingerprint(self.source)
        )

    def rest(self, choices: list[int]) -> None:
        for step in range(MOST):
            if not self.carry(self.decide(), choices[step % len(choices)]):
                return
        raise AssertionError("it does not come to rest")


def told_of(draft: VendorDraft) -> dict[str, str]:
    """A draft as the target would echo it."""
    return {
        "name": draft.name,
        "email": draft.email,
        "tax_id": draft.tax_id[-4:],
        "payment_term": draft.payment_term,
        "address.city": draft.address.city,
    }


EDITS = st.one_of(
    st.tuples(st.just("erp"), st.sampled_from(ERP_FIELDS)),
    st.tuples(st.just("there"), st.sampled_from(TARGET_FIELDS)),
    st.tuples(st.sampled_from(["run", "network"]), st.just("")),
)


@settings(max_examples=1000, deadline=None)
@given(
    st.lists(EDITS, max_size=14), st.lists(st.integers(0, 1), min_size=1, max_size=5), st.sampled_from([POLICY, TOOL])
)
@example([("erp", "email"), ("there", "name"), ("run", ""), ("there", "email")], [1], POLICY)
def test_edits_on_both_sides_come_to_rest_and_lose_nothing_silently(
    edits: list[tuple[str, str]], choices: list[int], policy: Policy
) -> None:
    both = Sides(policy)
    for where, name in edits:
        match where:
            case "erp":
                both.edit_in_erp(name)
            case "there":
                both.edit_there(name)
            case "run":
                both.carry(both.decide(), choices[0])
            case _:
                both.connected = not both.connected
    both.rest(choices)
    writes = both.writes
    assert both.decide() == Nothing()
    assert both.writes == writes
    if policy is POLICY and not both.left and not any(where == "network" for where, _ in edits):
        agreed = both.source.name, both.source.tax_id[-4:], f"00t{both.source.payment_term}"
        assert (both.there["name"], both.there["tax_id"], both.there["payment_term"]) == agreed
