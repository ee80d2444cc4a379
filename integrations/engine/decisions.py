"""What the one decision can say of a record."""

import msgspec

from integrations.engine.drafts import (
    ApplyDraft,
    ArchiveDraft,
    Draft,
    ImageDraft,
    Making,
    MarkDraft,
    PaidDraft,
    UnproposeDraft,
)
from integrations.engine.errors import Problem
from integrations.engine.records import Entity


class Link(msgspec.Struct, frozen=True):
    """What we know of a source record that is already on the target.

    `fingerprint` is the source's when it was last written, computed by fingerprint `schema`. `sent` is the draft as it
    was last written (None: a person's own record, adopted), `echo` what the target said it stored then.
    """

    target_id: str
    fingerprint: str
    schema: int
    variant: str = ""
    version: str = ""
    sent: Draft | None = None
    echo: dict[str, str] = {}


class Want(msgspec.Struct, frozen=True, kw_only=True):
    """Another record of this integration that is needed in a further form: a vendor in one more currency."""

    entity: Entity
    key: str
    variant: str


class Create(msgspec.Struct, frozen=True, kw_only=True):
    """Make it on the target. `why` are the reasons of every mapping that was applied, line by line.

    `notes` are what a person may want to know and need not act on. `again`: once it is there, decide once more.
    """

    draft: Making
    natural_key: str
    variant: str = ""
    why: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()
    again: bool = False


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """Change the linked record on the target, if it is still of `version`."""

    draft: Making
    natural_key: str
    target_id: str
    version: str = ""
    why: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()
    again: bool = False


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Do something else to the linked record: archive it, note a payment, set a credit off, mark it, add an image.

    Before there is a link: to the target record `target_id` that stands in its way, and then `again`.
    """

    draft: ArchiveDraft | PaidDraft | ApplyDraft | MarkDraft | UnproposeDraft | ImageDraft
    natural_key: str
    target_id: str
    version: str = ""
    why: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()
    again: bool = False


class LinkTo(msgspec.Struct, frozen=True, kw_only=True):
    """It is there already, made by somebody else: remember that this source record is that target record.

    `score` says how sure the match is, of 100; a person can take the link back. `echo` is how it stood then.
    """

    target_id: str
    variant: str = ""
    why: tuple[str, ...] = ()
    score: int = 100
    echo: dict[str, str] = {}
    version: str = ""


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides agree. `rebaseline`: store the source's new fingerprint silently; nothing that we send has changed.

    `echo`, unless None, replaces the link's: a person accepted how the record stands on the target. `wants` are asked
    for beside it.
    """

    rebaseline: bool = False
    echo: dict[str, str] | None = None
    notes: tuple[Problem, ...] = ()
    wants: tuple[Want, ...] = ()


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Not yet: released by itself when what it needs arrives. `wants` are asked for at once."""

    problems: tuple[Problem, ...]
    wants: tuple[Want, ...] = ()


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A person decides; nothing is written."""

    problems: tuple[Problem, ...]


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """Out of scope: counted with its reason, no work for anybody. `wants` go in its stead (one bill an instalment)."""

    reason: str
    message: str
    wants: tuple[Want, ...] = ()


Decision = Create | Update | Act | LinkTo | Nothing | Wait | Hold | Out
Writing = Create | Update | Act
