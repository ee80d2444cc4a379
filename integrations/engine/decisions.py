"""What the one decision can say of a record."""

import msgspec

from integrations.engine.errors import Problem
from integrations.engine.records import Draft


class Link(msgspec.Struct, frozen=True):
    """What we know of a source record that is already on the target.

    `fingerprint` is the source's when it was last written, computed by fingerprint `schema`.
    """

    target_id: str
    fingerprint: str
    schema: int
    variant: str = ""
    version: str = ""


class Create(msgspec.Struct, frozen=True, kw_only=True):
    """Make it on the target. `why` are the reasons of every mapping that was applied, line by line."""

    draft: Draft
    natural_key: str
    variant: str = ""
    why: tuple[str, ...] = ()


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """Change the linked record on the target."""

    draft: Draft
    natural_key: str
    target_id: str
    version: str = ""
    why: tuple[str, ...] = ()


class LinkTo(msgspec.Struct, frozen=True, kw_only=True):
    """It is there already, made by somebody else: remember that this source record is that target record."""

    target_id: str
    variant: str = ""
    why: tuple[str, ...] = ()


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides agree. `rebaseline`: only our way of hashing changed; store the new fingerprint silently."""

    rebaseline: bool = False


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Not yet: released by itself when what it needs arrives."""

    problems: tuple[Problem, ...]


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A person decides; nothing is written."""

    problems: tuple[Problem, ...]


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """Out of scope: counted with its reason, no work for anybody."""

    reason: str
    message: str


Decision = Create | Update | LinkTo | Nothing | Wait | Hold | Out
