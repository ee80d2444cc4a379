"""Forms that are drawn from what a system declares."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.conf import settings as django_settings

from integrations.engine.errors import ConnectionBroken
from integrations.models import Connection, Integration
from integrations.systems.base import Setting, System
from integrations.transport.egress import EgressPolicy

LONGEST = {"json": 200_000}
LONGEST_TEXT = 4_000
NAME_TAKEN = "Another connection has this name. Choose a different one."
_KEPT = "kept"  # stands for a secret that stays as it is: nobody but the runner reads it


class ConnectionForm(forms.Form):
    """Name and settings of a connection. Field names are the settings' own; secrets are taken in, never shown.

    `connection` None makes a new one; otherwise an empty secret means that the stored one stays.
    """

    def __init__(self, system: System, *args: Any, connection: Connection | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"name": connection.name, **connection.settings} if connection else {})
        super().__init__(*args, **kwargs)
        self.system, self.connection = system, connection
        self.kept = set(connection.secrets_set) if connection else set()
        self.fields["name"] = forms.CharField(
            label="Name", max_length=80, help_text="Yours to choose; people see it on every page.", initial=system.label
        )
        for setting in system.settings:
            self.fields[setting.name] = _field(setting, kept=setting.name in self.kept)
        if connection:
            self.fields["change_reason"] = forms.CharField(
                label="Why",
                required=False,
                max_length=2000,
                help_text="For whoever approves it when host, company or API profile change; kept with the change.",
            )

    @property
    def first(self) -> Iterator[forms.BoundField]:
        """The fields everybody fills in."""
        yield self["name"]
        yield from (self[s.name] for s in self.system.settings if not s.advanced)

    @property
    def last(self) -> list[forms.BoundField]:
        """What is asked after everything else."""
        return [self["change_reason"]] if self.connection else []

    @property
    def more(self) -> list[forms.BoundField]:
        """Fields with a default that few people touch."""
        return [self[s.name] for s in self.system.settings if s.advanced]

    @property
    def more_is_wrong(self) -> bool:
        """Whether an error hides among them."""
        return any(field.errors for field in self.more)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        same = Connection.objects.filter(name=name)
        if self.connection:
            same = same.exclude(pk=self.connection.pk)
        if same.exists():
            raise forms.ValidationError(NAME_TAKEN)
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        values = {s.name: str(data.get(s.name) or "") for s in self.system.settings}
        for name in self.kept:
            values[name] = values.get(name) or _KEPT
        for setting in self.system.settings:
            self._check(setting, values[setting.name])
        if not self.errors:
            for name, sentence in self.system.problems(values).items():
                self.add_error(name if name in self.fields else None, sentence)
        return data

    def _check(self, setting: Setting, value: str) -> None:
        if setting.kind == "url" and value:
            try:
                egress().check(value)
            except ConnectionBroken as refused:
                self.add_error(setting.name, refused.message)
        if setting.kind == "json" and value:
            try:
                json.loads(value)
            except (ValueError, RecursionError):
                self.add_error(setting.name, "This is not valid JSON. Paste it unchanged, or leave it empty.")

    @property
    def plain(self) -> dict[str, str]:
        """The settings that may be shown."""
        return {s.name: str(self.cleaned_data[s.name] or "") for s in self.system.settings if not s.secret}

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets that were typed in."""
        names = (s.name for s in self.system.settings if s.secret)
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}


def egress() -> EgressPolicy:
    """The operator's rules for outgoing connections."""
    return EgressPolicy(django_settings.EGRESS_ALLOWED_HOSTS, allow_private=django_settings.EGRESS_ALLOW_PRIVATE)


def _field(setting: Setting, *, kept: bool) -> forms.Field:
    shared: Mapping[str, Any] = {
        "label": setting.label,
        "help_text": setting.help,
        "required": setting.required and not kept,
        "initial": setting.default,
        "error_messages": {"required": f"{setting.label} is needed."},
    }
    plain = {"autocomplete": "off", "spellcheck": "false"}
    longest = LONGEST.get(setting.kind, LONGEST_TEXT)
    if setting.secret:
        # never rendered back, not even after an error
        widget = forms.PasswordInput(attrs={**plain, "autocomplete": "new-password"}, render_value=False)
        return forms.CharField(widget=widget, max_length=longest, **shared)
    if setting.choices:
        choices = setting.choices if setting.required else (("", "\N{EN DASH}"), *setting.choices)
        return forms.ChoiceField(choices=choices, **shared)
    if setting.kind == "json":
        return forms.CharField(widget=forms.Textarea(attrs=plain), max_length=longest, **shared)
    if setting.kind == "number":
        return forms.IntegerField(min_value=0, max_value=10**9, **shared)
    if setting.kind == "url":
        # no URLField: it would turn what was typed into something else before the egress rules see it
        return forms.CharField(widget=forms.TextInput(attrs={**plain, "inputmode": "url"}), max_length=500, **shared)
    return forms.CharField(widget=forms.TextInput(attrs=plain), max_length=longest, **shared)


class IntegrationForm(forms.Form):
    """The company whose payables flow between two connections."""

    name = forms.CharField(label="Name", max_length=80, help_text="Yours to choose, such as the company's name.")
    company = forms.CharField(label="Company", max_length=20)

    def __init__(
        self,
        *args: Any,
        erp: Connection,
        ap: Connection,
        companies: list[tuple[str, str]],
        shared: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.erp, self.ap, self.shared = erp, ap, shared
        if companies:
            self.fields["company"] = forms.ChoiceField(label="Company", choices=companies)
            self.order_fields(["name", "company"])

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if Integration.objects.filter(name=name).exists():
            raise forms.ValidationError("Another integration has this name. Choose a different one.")
        return name

    def clean(self) -> dict[str, Any]:
        taken = Integration.objects.filter(ap=self.ap)
        if self.shared and taken.filter(company=self.cleaned_data.get("company", "")).exists():
            self.add_error("company", f"{self.ap.name} serves this company already. Choose another one.")
        elif not self.shared and taken.exists():
            raise forms.ValidationError(
                f"{self.ap.name} already serves a company, and one organisation pays for one company only. "
                "Connect another organisation first."
            )
        return super().clean() or {}
