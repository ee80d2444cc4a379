"""One mapping rule: its history with who approved which version, and the form that proposes another."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render

from integrations.engine.records import Entity
from integrations.engine.template import DATES, LONGEST, LONGEST_TABLE, TRANSFORMS
from integrations.engine.wording import FIELDS
from integrations.models import FieldMapping, GLMapping, Integration, MappingChange, MappingRule, MappingSet
from integrations.runner import mappings
from integrations.store.checking import Ruling, ruling
from integrations.web import mapping_previews
from integrations.web.accepting import freed_words
from integrations.web.gate import page, place_of
from integrations.web.paging import number_of
from tenants.permissions import Act

Kind = MappingChange.Kind
TEXT = "text"  # in addresses: a field rule that words a text
_NAMES = sorted(set().union(*(each.names for each in FIELDS[Entity.INVOICE].values())))
_Day: Any = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), "required": False}


class RuleForm(forms.Form):
    """Base of the forms: whose rule, what, and why. The fields that say which rule it is stay once it exists."""

    kind: str
    integration = forms.ModelChoiceField(Integration.objects.none(), label="Integration", to_field_name="uuid")
    reason = forms.CharField(
        label="Why",
        max_length=2000,
        help_text="Kept with the change; auditors read it.",
        error_messages={"required": "Say why: somebody else decides on it, and the reason is kept with the change."},
    )

    def __init__(self, *args: Any, row: MappingRule | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["integration"]
        choices.queryset = Integration.objects.order_by("name")
        choices.empty_label = None
        model: Any = MappingChange.MODELS[self.kind]
        for name in ("integration", *model.KEY) if row else ():
            self.fields[name].disabled = True
        last = ("valid_from", "valid_to", "note")
        first = [name for name in (*model.KEY, *model.VALUES) if name not in last]
        self.order_fields(["integration", *first, *last, "reason"])


class GLForm(RuleForm):
    """A rule for an account, a tax code or a dimension value."""

    kind = Kind.GL
    table = forms.ChoiceField(label="What", choices=GLMapping.Table.choices)
    company = forms.CharField(label="Company", max_length=20, required=False, help_text="Empty: every company.")
    part = forms.CharField(
        label="Code part",
        max_length=20,
        required=False,
        help_text="For a dimension value only: its code part, such as B.",
    )
    source = forms.CharField(
        label="As it comes",
        max_length=60,
        help_text="The account, tax code or value; * and ? match any letters, or one.",
    )
    valid_from = forms.DateField(
        label="From", help_text="First posting date that it counts for. Empty: every date.", **_Day
    )
    target = forms.CharField(label="What it becomes", max_length=60, help_text="The number on the other side.")
    valid_to = forms.DateField(label="To", help_text="Last posting date. Empty: no end.", **_Day)
    note = forms.CharField(label="Note", max_length=200, required=False)


class FieldForm(RuleForm):
    """Where a code part goes."""

    kind = Kind.FIELD
    entity = forms.CharField(initial="invoice", widget=forms.HiddenInput, max_length=20)
    field = forms.CharField(widget=forms.HiddenInput, required=False, max_length=30)
    source = forms.CharField(label="As it comes", max_length=60, help_text="Such as dimensions.B for code part B.")
    target = forms.CharField(
        label="What it becomes", max_length=60, required=False, help_text="Such as department. Empty: it is not sent."
    )


class TextForm(RuleForm):
    """What text a field of what is sent becomes."""

    kind = Kind.FIELD
    entity = forms.CharField(initial=Entity.INVOICE, widget=forms.HiddenInput, max_length=20)
    field = forms.ChoiceField(
        label="Field",
        choices=[(name, each.label) for name, each in FIELDS[Entity.INVOICE].items()],
        help_text="Amounts, currency, payee, number, dates and bank data always come from the source.",
    )
    source = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)
    target = forms.CharField(
        label="What it becomes",
        max_length=LONGEST,
        help_text=f"Text, with fields in braces: Order {{po_number|trim|upper}}. Fields: {', '.join(_NAMES)}. "
        f"After each, transforms: {', '.join(TRANSFORMS)}; dates as {', '.join(DATES)}.",
    )
    lookup = forms.CharField(
        label="Table",
        required=False,
        max_length=LONGEST_TABLE,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="For {payment_term|lookup}: a line 30=Net 30 for each value, *=text for all others.",
    )


FORMS: Mapping[str, type[RuleForm]] = {Kind.GL: GLForm, Kind.FIELD: FieldForm, TEXT: TextForm}


@page("POST", write=Act.MAP)
def rule(request: HttpRequest) -> HttpResponseBase:
    """The rule of the query's `gl` or `field`, or a new one that the query begins; POST proposes it, or its end."""
    found = _row(request)
    kind = _kind(request, found)
    begun = {**found.said((*found.KEY, *found.VALUES)), "integration": found.integration.uuid} if found else {}
    initial = begun or {name: request.GET[name] for name in FORMS[kind].base_fields if name in request.GET}
    standing = ruling(place_of(request), Act.MAP)
    form = FORMS[kind](request.POST or None, row=found, initial=initial)
    form.fields["reason"].required = standing is Ruling.PROPOSE
    if request.method == "POST" and form.is_valid():
        made = _propose(request, form, remove="remove" in request.POST)
        if made is not None and made.status == made.Status.PROPOSED and "preview" in request.POST:
            return mapping_previews.begin(request, made)
        if made is not None:
            return redirect("web:mappings")
    changes = MappingChange.objects.select_related("set", "set__made_by", "set__checked_by")
    context = {
        "form": form,
        "kind": kind,
        "rule": found,
        "history": changes.filter(kind=form.kind, row=found.pk).order_by("-version") if found else (),
        "may_change": standing is not Ruling.NO,
        "alone": standing is Ruling.ALONE,
    }
    return render(request, "integrations/mapping_rule.html", context, status=400 if request.method == "POST" else 200)


def _kind(request: HttpRequest, found: MappingRule | None) -> str:
    """Which form it is: of the rule, else of what the query asks for."""
    if found is None:
        asked = request.GET.get("kind", "")
        return asked if asked in FORMS else Kind.GL
    if isinstance(found, FieldMapping):
        return TEXT if found.field else Kind.FIELD
    return Kind.GL


def _row(request: HttpRequest) -> Any:
    """The rule that the query names; None for what there is not."""
    for kind in Kind.values:
        if (number := number_of(request.GET.get(kind, ""))) is not None:
            rows = MappingChange.MODELS[kind].objects.select_related("integration", "made_by", "checked_by")
            found = rows.filter(pk=number).first()
            if found:
                return found
    return _text_rule(request)


def _text_rule(request: HttpRequest) -> Any:
    """The rule in force for the field that the query names, so that it is changed and not written anew."""
    try:
        integration = UUID(request.GET.get("integration", ""))
    except ValueError:
        return None
    rules = FieldMapping.objects.select_related("integration", "made_by", "checked_by").exclude(field="")
    named = {"integration__uuid": integration, "field": request.GET.get("field", "")}
    return rules.filter(active=True, **named).first()


def _propose(request: HttpRequest, form: RuleForm, *, remove: bool) -> MappingSet | None:
    """The set that it became; None, with the form saying why, where it was refused."""
    data = form.cleaned_data
    try:
        asked = mappings.wish(form.kind, data, remove=remove)
        made = mappings.propose(place_of(request), data["integration"], [asked], reason=data["reason"])
    except mappings.Refused as refused:
        form.add_error(refused.name if refused.name in form.fields else None, str(refused))
        return None
    if made.status == made.Status.PROPOSED:
        messages.success(request, f"{asked.about}: proposed. It counts once a controller approves it.")
    else:
        messages.success(request, f"{asked.about}: in force. {freed_words(made)}")
    return made
