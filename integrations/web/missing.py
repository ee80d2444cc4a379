"""A missing thing as a page or the API shows it: in words, what may supply it, where a person goes with it."""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from django.urls import reverse

from integrations.engine.settings import BY_NAME
from integrations.engine.suggesting import ALIKE, Suggestion
from integrations.models import Integration
from integrations.store.blocking import Need, Place
from integrations.store.suggested import Known, Suggested
from integrations.web.mappings import KINDS as MAPPED
from integrations.web.mappings import asks, kind_words

KINDS: Mapping[str, str] = {
    **MAPPED,
    "dimension": "Code part value",
    "field": "Value in a table of texts",
    "vendor": "Supplier",
    "setting": "Setting",
    "invoice_type": "Invoice type",
    "period": "Accounting period",
    "invoice": "Invoice",
    "order": "Purchase order",
    "image": "Image of the invoice",
    "right": "Right of the login there",
}
_RULES = (*MAPPED, "dimension", "field")  # what a mapping rule supplies
_BIGGEST = 2**63
_MOST = Decimal(10) ** 24


@dataclass(frozen=True, slots=True)
class Row:
    """One missing thing; `link` names what is at `url`, both empty where it is supplied outside this product."""

    need: Need
    words: str
    integration: Integration
    known: Known
    suggestions: Sequence[Suggestion]
    url: str
    link: str

    @property
    def label(self) -> str:
        """What is missing, as people know it: a setting by the name that its page has."""
        spec = BY_NAME.get(self.need.key) if self.need.kind == "setting" else None
        return spec.label if spec else self.need.key

    @property
    def records_url(self) -> str:
        """The records it holds."""
        return f"{reverse('web:records')}?{urlencode({'needs': f'{self.need.kind}|{self.need.key}'})}"

    @property
    def takes(self) -> bool:
        """Whether a suggestion can be taken: a value that looks like a pattern would be more than itself."""
        return bool(self.suggestions) and not any(mark in self.need.key for mark in "*?")

    @property
    def sure(self) -> bool:
        """Whether its best suggestion may be taken among many: a number that only begins alike is looked at alone."""
        return self.takes and self.suggestions[0].score >= ALIKE


def rows_of(needs: Sequence[Need], integrations: Iterable[Integration]) -> list[Row]:
    """The needs of one page with what may supply them."""
    joined = {row.pk: row for row in integrations}
    suggested = Suggested(needs, joined)
    return [_row(need, joined[need.integration], suggested) for need in needs if need.integration in joined]


def place_words(place: Place) -> str:
    """A place in the list as an address carries it."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place_from(text: str) -> Place | None:
    """The place that an address names; None for what is none."""
    try:
        risk, kind, key, integration = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        amount = Decimal(risk)
    except (binascii.Error, ValueError, TypeError, RecursionError, InvalidOperation):
        return None
    fits = amount.is_finite() and abs(amount) < _MOST and type(integration) is int and abs(integration) < _BIGGEST
    texts = all(isinstance(each, str) and _storable(each) for each in (kind, key))
    return (str(amount), kind, key, integration) if fits and texts else None


def _storable(text: str) -> bool:
    """Whether the database takes it."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)


def _row(need: Need, integration: Integration, suggested: Suggested) -> Row:
    known, head = suggested.known(need), need.kind.partition(":")[0]
    words = kind_words(need.kind) if head in _RULES else KINDS.get(head, head)
    return Row(need, words, integration, known, suggested.of(need), *_where(need, integration, known))


def _where(need: Need, integration: Integration, known: Known) -> tuple[str, str]:
    """(address, its words) of where a person supplies it."""
    head = need.kind.partition(":")[0]
    setting = reverse("web:integration-setting", args=[integration.uuid])
    if head in _RULES:
        query = {"integration": integration.uuid, **asks(need.kind, need.key)}
        return f"{reverse('web:mapping-rule')}?{urlencode(query)}", "Map it"
    if head in ("setting", "invoice_type"):
        name = need.key if head == "setting" else "invoice_types"
        return f"{setting}?{urlencode({'name': name})}", "Set it"
    if head == "vendor" and known.item:
        return reverse("web:record", args=[known.item]), "To the supplier"
    return "", ""
