"""How a system declares itself: settings to ask for, what it reads and writes, its limits, and how to connect."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from integrations.engine.documents import ANY, Takes
from integrations.engine.ports import Write, Written
from integrations.engine.records import Entity
from integrations.transport.kit import Kit


@dataclass(frozen=True, slots=True)
class Setting:
    """One value a connection needs. Secrets are write-only everywhere; `help` says where to find it in the system.

    `kind`: text, url, choice, number or json. `advanced` settings hide behind "more" and have a default. `leads`: it is
    of host, company or API profile, so that a change of it takes a second person.
    """

    name: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    default: str = ""
    kind: str = "text"
    choices: tuple[tuple[str, str], ...] = ()
    advanced: bool = False
    leads: bool = False

    def of(self, settings: Mapping[str, str]) -> str:
        """Its value among `settings`, trimmed; its default where nothing was typed."""
        return str(settings.get(self.name) or "").strip() or self.default


@dataclass(frozen=True, slots=True)
class Limits:
    """What the system allows. Windows are sliding unless the name says clock; `lanes` = requests in flight."""

    page_size: int
    per_minute: int | None = None
    per_clock_hour: int | None = None
    logins_per_clock_hour: int | None = None
    lanes: int | None = None
    search_lag: float = 30.0  # seconds in which a list may not yet show a new record
    slow: Mapping[Entity, float] = field(default_factory=dict)  # the same for kinds that take longer to show
    bulk: Mapping[Entity, int] = field(default_factory=dict)
    longest_name: Mapping[Entity, int] = field(default_factory=dict)  # characters; longer ones are shortened, and noted
    documents: Takes = ANY


class Verdict(StrEnum):
    """Of one check of a ping."""

    FOUND = "found"
    MISSING = "missing"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a ping's answer: what was looked at, found or missing, why, and what the person does next."""

    name: str
    verdict: Verdict
    why: str
    advice: str = ""


class AtOnce:
    """A Target whose writes end with their answer, are looked up by what they made, and can all be read back."""

    keyed: frozenset[Entity] = frozenset()
    blind: frozenset[Entity] = frozenset()

    def result(self, job: str, writes: Sequence[Write]) -> Sequence[Written] | None:
        """See Target. There are no jobs here."""
        raise ValueError(f"no write of this system ends later: {job}")


class Client(Protocol):
    """A connected system; also a Source and a Target as far as the System declares `reads` and `writes`."""

    def ping(self) -> Sequence[Check]:
        """Checks reach, sign-in, each needed resource, rights, clock skew, limits; within 10 s; raises no SyncError."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class HookEvent:
    """Something happened there: a hint to read the records it `touches`, the first of which it is about.

    Nothing else of it is believed. `id` "" when the event does not say which one it is; `at` None when not when.
    """

    id: str
    type: str
    organization: str
    touches: tuple[tuple[Entity, str], ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """One standing order for events, as the system has it; `whole` when it carries every event we need."""

    id: str
    url: str
    enabled: bool
    whole: bool


class HookAdmin(Protocol):
    """A client's subscriptions there. Raises what the client raises."""

    def all(self) -> Sequence[Subscription]: ...

    def create(self, url: str) -> tuple[Subscription, str]:
        """An enabled one for all events we need, and the key its events are signed with: told now and never again."""
        ...

    def mend(self, found: Subscription, url: str) -> Subscription:
        """The same one at this address, enabled, with all events we need."""
        ...

    def rotate(self, subscription: str) -> str:
        """A new key, with which events are signed from now on."""
        ...

    def delete(self, subscription: str) -> None: ...

    def history(self, subscription: str, since: datetime) -> Iterator[HookEvent]:
        """What happened since, sent or not, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Hooks:
    """How a system tells of changes; its client has `hooks`, a HookAdmin.

    `verify(body, headers, keys)`: whether the raw body was signed with one of the keys; reads nothing else of it.
    `parse(body)`: what it says, blank where it says nothing; never raises. `organization(settings)`: whose events this
    connection may hear. `most`: subscriptions that the system keeps for one organization.
    """

    verify: Callable[[bytes, Mapping[str, str], Sequence[str]], bool]
    parse: Callable[[bytes], HookEvent]
    organization: Callable[[Mapping[str, str]], str]
    most: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Words for a target's own coding: what its dimensions are called (key, label)."""

    dimensions: tuple[tuple[str, str], ...] = ()


def _production(settings: Mapping[str, str]) -> str:
    return "production"


def _nothing_more(settings: Mapping[str, str]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class System:
    """A vendor product we can talk to. `connect(settings, kit)` gives a Client and does no IO itself.

    `role` is "erp" (the ledger) or "ap" (approval and payment). `steps` is what a person does in the system first.
    `environment(settings)` says "production", "sandbox" or "simulator" for the badge. `faults(settings)` says by
    setting name what is wrong with values beyond being missing or not among the choices.

    `originates` are the records of `reads` that come into being here and are brought to the other side. `live` ones are
    looked up a batch at a time where a duplicate is feared, instead of being listed as a whole. `shared`: several
    companies of the ERP may use one connection; what is written without a company must then suit them all. `hooks`: it
    tells of changes by itself; without, polls find them. `terms`: its vendors take a payment term, by an id of its own.
    """

    key: str
    label: str
    role: str
    settings: tuple[Setting, ...]
    reads: frozenset[Entity]
    writes: frozenset[Entity]
    limits: Limits
    connect: Callable[[Mapping[str, str], Kit], Any]
    steps: tuple[str, ...] = ()
    originates: frozenset[Entity] = frozenset()
    live: frozenset[Entity] = frozenset()
    shared: bool = False
    terms: bool = False
    chart: Chart = Chart()
    environment: Callable[[Mapping[str, str]], str] = _production
    faults: Callable[[Mapping[str, str]], Mapping[str, str]] = _nothing_more
    hooks: Hooks | None = None

    def leading(self, settings: Mapping[str, str]) -> dict[str, str]:
        """Where these settings lead: host, company and API profile, by setting name."""
        return {s.name: s.of(settings) for s in self.settings if s.leads}

    def problems(self, settings: Mapping[str, str]) -> dict[str, str]:
        """What is wrong with the values typed in, by setting name: each a sentence that says how to mend it."""
        found = dict(self.faults(settings))
        found |= {s.name: f"{s.label} is needed." for s in self.settings if s.required and not settings.get(s.name)}
        for setting in self.settings:
            value = settings.get(setting.name, "")
            if value and setting.choices and value not in {key for key, _ in setting.choices}:
                found[setting.name] = f"Choose one of: {', '.join(label for _, label in setting.choices)}."
        return found
