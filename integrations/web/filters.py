"""What a list is narrowed by: a form whose fields in force are chips that can be taken away."""

from typing import Any

from django import forms
from django.db.models import Q

from integrations.engine.nouns import INBOUND, NOUNS
from integrations.web.words import noun

# Kinds of record: "invoice" is any invoice, "invoice:in" one that comes into the ledger.
KINDS = [
    ("", "Any kind"),
    *((entity, each.many.capitalize()) for entity, each in NOUNS.items()),
    *((f"{entity}:in", each.many.capitalize()) for entity, each in INBOUND.items()),
]


def of_kind(kind: str) -> Q:
    """The flows that carry it."""
    entity, _, inbound = kind.partition(":")
    return Q(entity=entity, inbound=True) if inbound else Q(entity=entity)


def kind_words(kind: str) -> str:
    """What it is called."""
    entity, _, inbound = kind.partition(":")
    return noun(entity, inbound=bool(inbound)).capitalize()


class Narrowing(forms.Form):
    """Base of the filters of a list; a value that makes no sense is ignored, not an error."""

    def said(self, name: str, value: Any) -> str:
        """A filter in force, in words."""
        raise NotImplementedError

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters in force."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def chips(self) -> list[tuple[str, str]]:
        """(parameter, words) of every filter in force; a chip takes its parameter away."""
        return [(name, self.said(name, value)) for name, value in self.chosen.items()]
