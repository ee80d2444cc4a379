"""The place where a cause is mended once, as words and an address."""

from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from integrations.engine.reasons import Where, reason_of
from integrations.models import Flow

# Of the codes whose value is what a mapping rule begins with.
_TABLES = {
    "unmapped_account": "account",
    "account_target_unusable": "account",
    "unmapped_tax_code": "tax_code",
    "tax_code_target_unusable": "tax_code",
}


class Mend(NamedTuple):
    """A link: what it says, where it leads."""

    words: str
    url: str


def mend(code: str, named: str, flow: Flow) -> Mend | None:
    """Where all records of a cause are mended at once; None where each is looked at by itself."""
    match reason_of(code).where:
        case Where.MAPPING if code in _TABLES and named:
            asked = {"integration": str(flow.integration.uuid), "table": _TABLES[code], "source": named}
            return Mend(f"Map {named}", f"{reverse('web:mapping-rule')}?{urlencode(asked)}")
        case Where.MAPPING:
            return Mend("Map it", reverse("web:blocking"))
        case Where.SETTINGS:
            return Mend("Choose in settings", reverse("web:integration-settings", args=[flow.integration.uuid]))
        case Where.CONNECTION:
            return Mend("Look at the connections", reverse("web:connections"))
    return None
