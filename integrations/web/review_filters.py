"""What the review queue is narrowed and sorted by; the same names stand in its address, its forms and the API."""

from typing import Any
from uuid import UUID

from django import forms

from integrations.models import Flow, Integration
from integrations.store.queue import ME, NOBODY, ORDERS
from integrations.web.filters import KINDS, Narrowing, kind_words
from integrations.web.members import email_of
from integrations.web.words import carried, reason
from tenants.models import Role

_SORTS = {
    "risk": "Money at risk first",
    "due": "To be paid first",
    "amount": "Largest amount first",
    "oldest": "Longest waiting first",
}
_OWNERS = [
    ("", "Anybody's work"),
    (ME, "My work"),
    *((role.value, f"Of a {role.label.lower()}") for role in (Role.CLERK, Role.CONTROLLER)),
    (Role.INTEGRATOR.value, "Of an integrator"),
]
_AGES = [("", "Any age"), ("1", "Older than a day"), ("7", "Older than a week"), ("30", "Older than 30 days")]
_AMOUNT: Any = {"required": False, "max_digits": 18, "decimal_places": 6, "min_value": 0}


class Filters(Narrowing):
    """The filters in force are `chosen`, by the names that `store.queue` knows."""

    q = forms.CharField(label="Number, amount, name or id", required=False, max_length=120)
    owner = forms.ChoiceField(label="Whose work", required=False, choices=_OWNERS)
    assignee = forms.CharField(label="Given to", required=False, max_length=12)
    sort = forms.ChoiceField(label="Order", required=False, choices=list(_SORTS.items()))
    entity = forms.ChoiceField(label="Kind", required=False, choices=KINDS)
    integration = forms.UUIDField(label="Integration", required=False)
    currency = forms.CharField(label="Currency", required=False, max_length=10)
    least = forms.DecimalField(label="Amount from", **_AMOUNT)
    most = forms.DecimalField(label="Amount to", **_AMOUNT)
    due = forms.DateField(
        label="To be paid by", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    age = forms.TypedChoiceField(label="Waiting", required=False, choices=_AGES, coerce=int, empty_value=None)
    urgent = forms.BooleanField(label="Only what may cost money now", required=False)
    code = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    named = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)
    flow = forms.UUIDField(required=False, widget=forms.HiddenInput)
    party = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)

    @property
    def sorted_by(self) -> str:
        """The order that was asked for."""
        return str(self.chosen.get("sort") or next(iter(ORDERS)))

    @property
    def chips(self) -> list[tuple[str, str]]:
        return [(name, words) for name, words in super().chips if name != "sort"]

    @property
    def said_again(self) -> dict[str, Any]:
        """The filters in force but for the cause's own, to be sent along with an act on everything that matches."""
        return {name: _typed(value) for name, value in self.chosen.items() if name != "sort"}

    @property
    def more(self) -> bool:
        """Whether one of the rarer filters is in force."""
        return bool({"entity", "integration", "currency", "least", "most", "due", "age"} & set(self.chosen))

    def said(self, name: str, value: Any) -> str:
        match name:
            case "q":
                return f"found by “{value}”"
            case "owner":
                return dict(_OWNERS)[value]
            case "assignee":
                return {ME: "given to me", NOBODY: "given to nobody"}.get(value) or f"given to {email_of(value)}"
            case "entity":
                return kind_words(value)
            case "urgent":
                return "May cost money now"
            case "integration":
                found = Integration.objects.filter(uuid=value).values_list("name", flat=True).first()
                return found or "unknown integration"
            case "flow":
                return _flow_words(value)
            case "least" | "most":
                return f"{'from' if name == 'least' else 'up to'} {value:,f}"
            case "due":
                return f"to be paid by {value:%d %B %Y}".replace(" 0", " ")
            case "age":
                return dict(_AGES)[str(value)].lower()
            case "code":
                return reason(value)
            case "party":
                return f"supplier {value}"
        return str(value)


def _typed(value: Any) -> str:
    """As a form sends it."""
    return "on" if value is True else str(value)


def _flow_words(uuid: UUID) -> str:
    flow = Flow.objects.select_related("integration").filter(uuid=uuid).first()
    return f"{carried(flow)} of {flow.integration.name}" if flow else "unknown flow"
