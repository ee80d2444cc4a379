"""Mapping tables in the tenant's admin: what is saved or taken out here is proposed, as on the mappings page."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from integrations.models import FieldMapping, GLMapping, MappingChange
from integrations.runner import mappings
from integrations.store.checking import Ruling, ruling
from tenants.access import Place
from tenants.adminsite import TenantModelAdmin, place_of, site
from tenants.permissions import Act

KEPT = "This says which rule it is, and stays. Take the rule out and add another."
TAKEN_OUT = "Taken out in the admin"
PROPOSED = "Proposed. It counts once a controller approves it, under Mappings."


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A rule, and why it is proposed."""

    reason = forms.CharField(
        label="Why", max_length=2000, required=False, help_text="Kept with the change; auditors read it."
    )


class RuleAdmin(TenantModelAdmin):
    """Base of the mapping tables: what is saved or deleted here is proposed, as on the mappings page.

    `kind` names the table. Rules keep their key: to change it, take the rule out and add another.
    """

    change_act = Act.MAP
    kind: ClassVar[str]
    save_word = "Propose"
    form = RuleForm
    list_select_related = ("integration", "made_by", "checked_by")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(active=True)

    def product_page(self, obj: Any) -> str:
        return f"{reverse('web:mapping-rule')}?{self.kind}={obj.pk}"

    @admin.display(description="Approval")
    def approval(self, obj: Any) -> str:
        return str(obj.approval())

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The model's form, which also asks the rules of proposing."""
        base = super().get_form(request, obj, change=change, **kwargs)
        kind, place = self.kind, place_of(request)

        class Form(base):  # type: ignore[misc,valid-type]
            """Valid is what can be proposed now, with a reason where somebody else decides on it."""

            def _post_clean(self) -> None:
                super()._post_clean()
                if place is not None and ruling(place, Act.MAP) is Ruling.PROPOSE and not self.cleaned_data["reason"]:
                    self.add_error("reason", "Say why: somebody else decides on it.")
                for name in {"integration", *self.instance.KEY} & set(self.changed_data) if obj else ():
                    self.add_error(name, KEPT)
                if not self.errors and place is not None and self.has_changed():
                    row = self.instance
                    try:
                        asked = mappings.wish(kind, row.said((*row.KEY, *row.VALUES)))
                        mappings.check(row.integration, asked)
                    except mappings.Refused as refused:
                        self.add_error(refused.name if refused.name in self.fields else None, str(refused))

            def validate_unique(self) -> None:
                """A rule that exists is no error: another value is proposed for it, or it is so already."""

            validate_constraints = validate_unique

        return Form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if form.has_changed():
            asked = mappings.wish(self.kind, obj.said((*obj.KEY, *obj.VALUES)))
            self._proposed(request, obj, asked, form.cleaned_data["reason"])

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._proposed(request, obj, mappings.wish(self.kind, obj.said(obj.KEY), remove=True), TAKEN_OUT)

    def _proposed(self, request: HttpRequest, obj: Any, asked: mappings.Wish, reason: str) -> None:
        try:
            made = mappings.propose(cast(Place, place_of(request)), obj.integration, [asked], reason=reason)
        except mappings.Refused as refused:
            messages.error(request, str(refused))
        else:
            waits = made.status == made.Status.PROPOSED
            messages.success(request, PROPOSED if waits else "It is in force.")

    # What is proposed is not saved yet: the sets have their own audit, and the answer is the list.

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: proposing was noted."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing: proposing was noted."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Nothing: proposing was noted."""

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self.response_post_save_add(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self.response_post_save_change(request, obj)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        return self.response_post_save_change(request, None)


@admin.register(GLMapping, site=site)
class GLMappingAdmin(RuleAdmin):
    """Rules of coding."""

    kind = MappingChange.Kind.GL
    about = "Rules that code accounts, tax codes and dimension values. What you save is proposed."
    list_display = (
        *("table", "part", "source", "target", "company", "integration", "valid_from", "valid_to"),
        *("version", "approval", "note", "page"),
    )
    list_filter = ("table", "integration")
    search_fields = ("source__icontains", "target__icontains", "note__icontains")
    search_help_text = "Part of the account or value on either side, or of the note"
    fields = ("integration", "table", "company", "part", "source", "target", "valid_from", "valid_to", "note", "reason")


@admin.register(FieldMapping, site=site)
class FieldMappingAdmin(RuleAdmin):
    """Where code parts go, and what texts fields become."""

    kind = MappingChange.Kind.FIELD
    about = "Where code parts of the ledger go, and what texts fields become. What you save is proposed."
    list_display = ("field", "source", "target", "entity", "integration", "version", "approval", "page")
    search_fields = ("field__icontains", "source__icontains", "target__icontains")
    search_help_text = "Part of a field, a code part or what it becomes"
    fields = ("integration", "entity", "field", "source", "target", "lookup", "reason")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A table is written line by line."""
        if db_field.name == "lookup":
            kwargs["widget"] = AdminTextareaWidget(attrs={"rows": 6})
        return super().formfield_for_dbfield(db_field, request, **kwargs)
