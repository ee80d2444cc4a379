"""What the suite has to know of a system. A new system adds `tests/contract/<key>_case.py` with a class `Case`.

See docs/adding-a-system.md.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from integrations.engine.drafts import Draft, Making
from integrations.engine.ports import Scope
from integrations.engine.records import (
    MARKS,
    AccountingPeriod,
    AnyRecord,
    Entity,
    GLAccount,
    Invoice,
    InvoiceImage,
    PaidMark,
    Payment,
    PurchaseOrder,
    SentMark,
    Vendor,
)
from integrations.systems import registry
from integrations.transport.kit import Kit
from tests.contract.wiring import Clock, Wire


class Case(Protocol):
    """One filled simulator and how to reach it; a fresh one for every test.

    `secrets` are the connection's secret values; `wrong_secret` is a secret setting that fails to sign in.
    `several_pages` are the entities that hold more than one page.
    """

    clock: Clock
    wire: Wire
    kit: Kit
    scope: Scope
    secrets: tuple[str, ...]
    wrong_secret: Mapping[str, str]
    several_pages: frozenset[Entity]

    def connect(self, **settings: str) -> Any:
        """A client; clients of one case share their tokens."""
        ...

    def expire(self) -> None:
        """Every sign-in so far ends, at once and unannounced."""
        ...

    def truth(self, entity: Entity) -> dict[str, tuple[Any, ...]]:
        """What the simulator's own tables say: `facts` by key."""
        ...

    def change(self, entity: Entity, key: str = "") -> str:
        """Somebody changes a record in the system (any, or that of `key`) some time later; gives its key."""
        ...

    def fault(self, entity: Entity, kind: str, *, writing: bool = False, **params: Any) -> None:
        """From now on every request to the lists of `entity` (or every write of one) goes wrong in this way."""
        ...

    def mend(self) -> None:
        """From now on nothing goes wrong any more."""
        ...

    def stored(self, entity: Entity) -> int:
        """How many records of `entity` the system holds."""
        ...


class WritingCase(Case, Protocol):
    """A case of a system that declares to write.

    `versioned` are the entities whose records carry a version that a change must still match.
    """

    versioned: frozenset[Entity]

    def drafts(self, entity: Entity) -> list[Making]:
        """Two records that the system takes."""
        ...

    def refused(self, entity: Entity) -> Draft:
        """A record that breaks a rule of the system's own."""
        ...


def load(key: str) -> Callable[[], Case]:
    """The case of a system. Raises ModuleNotFoundError for a system without one."""
    found: Callable[[], Case] = importlib.import_module(f"tests.contract.{key}_case").Case
    return found


def facts(record: AnyRecord) -> tuple[Any, ...]:
    """The few facts of a record that are compared with the simulator's tables."""
    match record:
        case Vendor():
            return (record.number, record.name)
        case GLAccount():
            return (record.number, record.name)
        case Invoice():
            return (record.number, record.currency, record.net)
        case InvoiceImage():
            return (record.invoice_key, record.name, record.size)
        case Payment():
            return (record.vendor_key, record.amount, record.invoices)
        case SentMark():
            return (record.key, record.value)
        case PaidMark():
            return (record.key, record.fields)
        case PurchaseOrder():
            return (record.number, record.vendor_key, record.currency)
        case AccountingPeriod():
            return (record.year, record.period, record.open)
        case _:
            return (record.key.rpartition("|")[2], record.name)


def declared(what: str) -> list[tuple[str, Entity]]:
    """(system, entity) for everything that the systems declare to read or write as records (`reads`, `writes`).

    Payment proposals are looked up, marks are put on a source's own records and images beside a target's: these have
    tests of their own.
    """
    apart = {Entity.PAYMENT_PROPOSAL, *MARKS, *((Entity.INVOICE_IMAGE,) if what == "writes" else ())}
    systems = registry.systems().items()
    return [(key, entity) for key, system in systems for entity in sorted(getattr(system, what) - apart)]
