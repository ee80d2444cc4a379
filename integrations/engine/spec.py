"""What a setting is, for people: its words, its rule, what may be chosen."""

from typing import Literal

import msgspec

from integrations.engine.policy import Policy

Kind = Literal["choice", "flag", "number", "amount", "list", "account", "date", "text"]


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """One setting. `choices` are (value, words); `rule` is the paragraph of the AP rules; lists hold the ERP's words.

    `control` marks what guards money: switched off, it is printed on every statement. `inbound` says which way the
    records go that it is about: into the ERP's books (True), out of them (False), or either (None); `entities` names
    them. `of_sent`: only where the payments are of bills that were sent.
    """

    name: str
    label: str
    help: str
    group: str
    rule: str
    kind: Kind
    choices: tuple[tuple[str, str], ...] = ()
    control: bool = False
    inbound: bool | None = False
    entities: tuple[str, ...] = ("invoice",)
    of_sent: bool = False

    @property
    def default(self) -> object:
        """The product's default, as it is stored."""
        return msgspec.to_builtins(_DEFAULTS[self.name])


def choice(name: str, label: str, rule: str, group: str, help: str, *choices: tuple[str, str]) -> Spec:  # noqa: A002
    """One of several values."""
    return Spec(name=name, label=label, help=help, group=group, rule=rule, kind="choice", choices=choices)


def other(kind: Kind, name: str, label: str, rule: str, group: str, help: str) -> Spec:  # noqa: A002
    """Any other kind of value."""
    return Spec(name=name, label=label, help=help, group=group, rule=rule, kind=kind)


HOLD = ("hold", "Hold it for a person")
_DEFAULTS = msgspec.structs.asdict(Policy(company=""))
