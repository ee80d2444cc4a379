"""What the engine asks of the world: a Source to read, a Target to write, a Store to remember. No vendor, no Django."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

import msgspec

from integrations.engine.balances import Movement
from integrations.engine.decisions import Decision, Link
from integrations.engine.drafts import Draft, Receipt
from integrations.engine.errors import Aside, OutcomeUnknown, Rejected
from integrations.engine.records import AnyRecord, Company, Entity, Gone, Unreadable
from integrations.engine.targets import TargetRecord


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a system is read: the ERP company code (empty: all), and how far back at the least.

    A source whose details are dear may leave out records whose version we hold, and count them in `Page.same`.
    """

    company: str = ""
    since: datetime | None = None
    known: Callable[[Sequence[str]], Mapping[str, str]] | None = None  # versions we hold, by key; None: read all anew


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Records as they left the wire, in cursor order.

    `cursor` resumes after this page; `more` False ends the scan; `read` counts rows on the wire (the left side of the
    run's balance), of which `same` are left out of `records`; `server_time` is the server's clock, aware UTC.
    """

    records: Sequence[AnyRecord | Unreadable]
    cursor: str
    more: bool
    read: int
    same: int = 0
    server_time: datetime | None = None


class Document(msgspec.Struct, frozen=True):
    """A file that belongs to a record, such as the image of an invoice; `sha256` of its content, in hex."""

    content: bytes
    content_type: str
    name: str
    sha256: str


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """One record to write. `natural_key` finds it again on the target when the answer is lost; `send_by` is UTC.

    The draft's type says what to do; for a vendor or an invoice, `target_id` says whether to create or to change, and
    `version`, where it is given, what it must still be: else the write ends as Stale. `content` fetches the document
    that the draft refers to; it raises what reading a system raises.
    """

    intent: int
    entity: Entity
    draft: Draft
    natural_key: str
    send_by: datetime
    target_id: str = ""  # set: update this record; empty: create
    version: str = ""
    content: Callable[[], Document] | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A due record as a push claims it: its source, what it is linked to, and the revision that is being carried.

    `variant` tells records of one source apart: a vendor's further currency, an instalment. `target` is a fresh read of
    the linked record. `answers` are what people decided of this very content: (problem code, subject) -> choice.
    """

    id: int
    source_key: str
    revision: int
    attempts: int
    source: AnyRecord | Unreadable | Gone
    variant: str = ""
    link: Link | None = None
    target: TargetRecord | None = None
    answers: Mapping[tuple[str, str], str] = {}


Written = Receipt | Rejected | OutcomeUnknown


class Source(Protocol):
    """A connected system that can be read."""

    def companies(self) -> Sequence[Company]: ...

    def read(self, entity: Entity, cursor: str, scope: Scope) -> Iterator[Page]:
        """Pages after `cursor` ("" = from the start). Raises Retryable or ConnectionBroken; what was yielded stands."""
        ...

    def fetch(self, entity: Entity, key: str, scope: Scope) -> AnyRecord | Unreadable | None:
        """One record by its key, complete with children; None when the system provably has none."""
        ...


@runtime_checkable
class Documents(Protocol):
    """A connected system that keeps documents."""

    def document(self, ref: str, most: int) -> Document:
        """The document that a record refers to as `ref`, of at most so many bytes.

        Raises Rejected for a larger one or none, Retryable or ConnectionBroken when it cannot be asked for.
        """
        ...


@runtime_checkable
class Ledger(Protocol):
    """A connected system that shows what stands on accounts of its ledger."""

    def movements(self, company: str, accounts: Sequence[str]) -> Iterator[Movement]:
        """What every voucher comes to on these accounts, in all periods; cancelled ones are left out.

        Raises Retryable or ConnectionBroken, or Rejected where it does not show them: what was given before is void.
        """
        ...


class Target(Protocol):
    """A connected system that can be written.

    Writes of `keyed` entities find what an earlier try has left of them by the natural key and complete it: doing one
    again does no harm, so nobody needs to look it up first. `blind` entities cannot be read back: as far as anybody can
    tell, they stand as they were last written.
    """

    keyed: frozenset[Entity]
    blind: frozenset[Entity]

    def groups(self, writes: Sequence[Write]) -> list[list[Write]]:
        """The same writes, cut into what one request each can carry (same endpoint, bulk limits)."""
        ...

    def write(self, writes: Sequence[Write]) -> Sequence[Written]:
        """One group: what came of each, in the order of `writes`. A system that takes all or nothing gives receipts.

        Raises OutcomeUnknown, Underway, Stale, Retryable, Rejected (the whole group was refused) or ConnectionBroken.
        """
        ...

    def result(self, job: str, writes: Sequence[Write]) -> Sequence[Written] | None:
        """What came of `writes`, which were taken as `job`; None while it is still worked on. Raises as `write`."""
        ...

    def standing(self, entity: Entity, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """These records as they stand now, with `standing`, `approval` and `echo`; what is not there is left out."""
        ...

    def agrees(self, write: Write, record: TargetRecord) -> bool:
        """Whether an update has come: `record`, as it stands now, says all that `write` says, lines and coding too."""
        ...

    def look_up(self, entity: Entity, **where: str) -> Iterator[TargetRecord]:
        """Live list of the target's records of `entity`, narrowed by what the target can filter on."""
        ...


class Store(Protocol):
    """What a flow remembers. Each method is one short transaction that first proves that the lease is still ours."""

    def cursor(self) -> str: ...

    def stage(self, page: Page) -> None:
        """Saves what changed, makes it due, and moves the cursor: all or nothing."""
        ...

    def record(self, batch: Sequence[Item], decisions: Sequence[Decision]) -> list[Write]:
        """Stores what cannot go with its reasons, and an intent for each write; one commit. Returns the writes."""
        ...

    def settle(self, writes: Sequence[Write], receipts: Sequence[Receipt]) -> None:
        """Links, audit entries and states of what was written; a record that fails is repeated alone."""
        ...

    def refuse(self, write: Write, error: Rejected) -> None: ...

    def postpone(self, writes: Sequence[Write], after: float | None) -> None: ...

    def stale(self, writes: Sequence[Write]) -> None:
        """Changed on the target between our read and our write: due again at once, the try counted."""
        ...

    def set_aside(self, write: Write, error: Aside) -> None:
        """Due again after the error's wait, doubled with each try; the try counted, the reason kept."""
        ...

    def mark_uncertain(self, writes: Sequence[Write], job: str = "", after: float | None = None) -> None:
        """Only the resolver touches them from now on: when their answer may be looked up, or the job's in `after` s."""
        ...

    def fail(self, item: Item, trace: str) -> None:
        """A bug of ours: the record is held with code `internal`; `trace` goes to the log, not to the tenant."""
        ...


class ResolverStore(Protocol):
    """What the resolver remembers of writes whose answer was lost. Each method is one short transaction."""

    def linked(self, entity: Entity, target_ids: Sequence[str]) -> set[str]:
        """Those of `target_ids` that some source record is already linked to."""
        ...

    def found(self, write: Write, receipt: Receipt, evidence: Sequence[dict[str, str]]) -> None:
        """It is there and ours: link it as if the answer had come."""
        ...

    def look_again(self, write: Write) -> None:
        """Nothing yet: look once more, one search lag later."""
        ...

    def absent(self, write: Write) -> None:
        """Provably not there: the record is ready to be decided and written again."""
        ...

    def hold_uncertain(self, write: Write, evidence: Sequence[dict[str, str]]) -> None:
        """Something is there that is not provably ours: a person decides."""
        ...

    def refused(self, write: Write, error: Rejected) -> None:
        """The job's answer for this record: it was not taken."""
        ...

    def ask_later(self, writes: Sequence[Write], after: float) -> None:
        """The job is still worked on: ask again in `after` seconds."""
        ...

    def unconfirmed(self, writes: Sequence[Write]) -> None:
        """The job never ended: a person looks at the other side."""
        ...
