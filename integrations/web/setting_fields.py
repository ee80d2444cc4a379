"""Settings as form fields: drawn from how each setting describes itself, read back as the JSON that is stored."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from integrations.engine.settings import BY_NAME
from integrations.engine.spec import Spec

_DAY = {"type": "date"}
_LINES = {"rows": 3, "spellcheck": "false"}


class SettingsForm(forms.Form):
    """The settings of `names`, with `values` as they are in force; `changed` is what was asked for otherwise."""

    def __init__(self, *args: Any, names: Sequence[str], values: Mapping[str, Any], **kwargs: Any) -> None:
        self.values = {name: values[name] for name in names}
        kwargs["initial"] = {name: _shown(BY_NAME[name], value) for name, value in self.values.items()}
        super().__init__(*args, **kwargs)
        for name in names:
            self.fields[name] = field_of(BY_NAME[name])

    @property
    def changed(self) -> dict[str, Any]:
        """Name -> value as JSON, of what differs from what is in force."""
        asked = {name: stored(BY_NAME[name], self.cleaned_data[name]) for name in self.values}
        return {name: value for name, value in asked.items() if value != _plain(self.values[name])}


def field_of(spec: Spec) -> forms.Field:
    """The field in which this setting is changed."""
    shared: dict[str, Any] = {"label": spec.label, "help_text": spec.help, "required": False}
    match spec.kind:
        case "choice":
            return forms.ChoiceField(choices=spec.choices, **{**shared, "required": True})
        case "flag":
            return forms.ChoiceField(choices=[("no", "No"), ("yes", "Yes")], **{**shared, "required": True})
        case "list" if spec.choices:
            return forms.MultipleChoiceField(choices=spec.choices, widget=forms.CheckboxSelectMultiple, **shared)
        case "list":
            words = f"{spec.help} One in each line."
            return forms.CharField(
                widget=forms.Textarea(attrs=_LINES), max_length=4000, **{**shared, "help_text": words}
            )
        case "number":
            return forms.IntegerField(min_value=0, max_value=10**9, **{**shared, "required": True})
        case "amount":
            return forms.DecimalField(min_value=0, max_digits=18, decimal_places=2, **{**shared, "required": True})
        case "date":
            return forms.DateField(widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"), **shared)
    return forms.CharField(max_length=200, **shared)


def stored(spec: Spec, value: Any) -> Any:
    """What came out of the field, as the JSON a policy keeps."""
    match spec.kind, value:
        case "flag", _:
            return value == "yes"
        case "list", str():
            return list(dict.fromkeys(line.strip() for line in value.splitlines() if line.strip()))
        case "list", _:
            return list(value)
        case "date", None:
            return None
        case _, date():
            return value.isoformat()
        case "amount", Decimal():
            return format(value, "f")
    return value


def _shown(spec: Spec, value: Any) -> Any:
    match spec.kind:
        case "flag":
            return "yes" if value else "no"
        case "list" if not spec.choices:
            return "\n".join(value)
        case "list":
            return list(value)
    return value


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else value
