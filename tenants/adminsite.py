"""The tenant's own admin at /admin/: one site, a closed registry, one base class that keeps every hook in the tenant.

Row security and the scoped managers already bind lists, objects, inlines, deletes and choices of tenant models. This
class adds what they cannot know: global models behind foreign keys, roles, the audit instead of Django's log.
"""

from collections.abc import Iterable
from functools import wraps
from typing import Any, ClassVar, cast
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver
from django.utils import timezone
from django.utils.html import format_html

from audit.log import record
from audit.models import AuditEntry
from tenants.access import Place
from tenants.adminlists import BoundedPaginator
from tenants.models import Membership, TenantOwned, User
from tenants.permissions import Act, Right

MAKES = frozenset({Right.YES, Right.MAKER})


class TenantAdminSite(admin.AdminSite):
    """The site of a tenant's people. Sign-in is the application's own; only `TenantModelAdmin`s may be registered."""

    site_title = site_header = "ml-connector"
    index_title = "Tables"
    index_template = app_index_template = "tenants/admin/index.html"
    final_catch_all_view = False
    empty_value_display = ""

    def has_permission(self, request: HttpRequest) -> bool:
        place = place_of(request)
        return place is not None and Right.YES in place.may(Act.READ)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only tenant models, only on the scoping base class, and no filter that lists global rows."""
        listed = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        for model in listed:
            if not issubclass(model, TenantOwned) or not issubclass(admin_class or object, TenantModelAdmin):
                raise ImproperlyConfigured(f"{model.__name__} is registered outside the tenant's base class.")
            _refuse_global_filters(model, admin_class)
        super().register(listed, admin_class, **options)

    def _build_app_dict(self, request: HttpRequest, label: Any = None) -> dict[str, Any]:
        """Django's list of tables, each with what stands in it."""
        found: dict[str, Any] = super()._build_app_dict(request, label)
        for app in [found] if label and found else found.values():
            for each in app["models"]:
                each["about"] = self._registry[each["model"]].about  # type: ignore[attr-defined]
        return found

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's, with times in the tenant's zone."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def zoned(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            place = place_of(request)
            with timezone.override(ZoneInfo(place.time_zone) if place else None):
                answer: Any = guarded(request, *args, **kwargs)
                return answer.render() if callable(getattr(answer, "render", None)) else answer

        return zoned

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect_to_login(request.GET.get("next", "/admin/"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("account_change_password")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # "View on site" answers for any content type and id: it would tell which rows exist.
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]


site = TenantAdminSite(name="admin")


class TenantModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """One tenant model. Read-only unless `change_act` names the act that changing it is.

    `about` says what stands in the table; `sealed` names columns that are neither shown nor asked about. A list is
    counted and paged only as far as people page, and sorted only as its index is.
    """

    change_act: ClassVar[Act | None] = None
    about: ClassVar[str] = ""
    sealed: ClassVar[frozenset[str]] = frozenset()
    save_word: ClassVar[str] = "Save"
    paginator = BoundedPaginator
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    actions = None
    ordering = ("-pk",)  # every list that is cut into pages has an order, the answers of autocomplete too
    show_full_result_count = False
    list_per_page = 50
    change_list_template = "tenants/admin/list.html"
    change_form_template = add_form_template = "tenants/admin/form.html"
    delete_confirmation_template = "tenants/admin/delete.html"
    object_history_template = "tenants/admin/history.html"
    formfield_overrides: ClassVar[dict[Any, Any]] = {
        models.DateField: {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
    }

    # Who may.

    def has_module_permission(self, request: HttpRequest) -> bool:
        return site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return self._may_change(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_change(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_change(request)

    def _may_change(self, request: HttpRequest) -> bool:
        place = place_of(request)
        return place is not None and self.change_act is not None and bool(place.may(self.change_act) & MAKES)

    # What is shown.

    def product_page(self, obj: Any) -> str:
        """The address of the page where people work on this row; "" where there is none."""
        return ""

    @admin.display(description="Page")
    def page(self, obj: Any) -> str:
        """The way to it, as a column."""
        where = self.product_page(obj)
        return format_html('<a href="{}">Open</a>', where) if where else ""

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        page = self.product_page(obj) if obj is not None else ""
        context |= {"about": self.about, "save_word": self.save_word, "product_page": page}
        return super().render_change_form(request, context, *args, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without Django's windows that pop up to add or change a neighbour."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    # What is seen: tenant models are scoped by their managers, people are the tenant's, nothing else is a choice.

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = choices_of(db_field, kwargs.get("queryset"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = choices_of(db_field, kwargs.get("queryset"))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """No filtering by what is sealed, at any depth, and not by tenants or people's columns."""
        model: Any = self.model
        for part in lookup.split("__"):
            try:
                field = model._meta.get_field(part)
            except FieldDoesNotExist:
                break
            if isinstance(field, models.BinaryField) or field.get_internal_type() == "BinaryField":
                return False
            if part in self.sealed:
                return False
            related = getattr(field, "related_model", None)
            if related is not None:
                model = related
                if not issubclass(related, TenantOwned) and lookup != part:
                    return False
        return super().lookup_allowed(lookup, value, cast(HttpRequest, request))

    # What is noted: the audit, not Django's admin log.

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        record("admin.added", subject=subject_of(obj), detail={"what": str(obj), "message": str(message)})

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        record("admin.changed", subject=subject_of(obj), detail={"what": str(obj), "message": str(message)})

    def log_deletions(self, request: HttpRequest, queryset: Iterable[models.Model]) -> Any:
        for obj in queryset:
            record("admin.deleted", subject=subject_of(obj), detail={"what": str(obj)})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        changed = {
            name: {"from": _shown(form.initial.get(name)), "to": _shown(form.cleaned_data.get(name))}
            for name in form.changed_data
        }
        if changed:
            record("admin.saved", subject=subject_of(obj), detail={"fields": changed})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        if obj is None:
            gone = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
            return cast(HttpResponse, gone)
        entries = AuditEntry.objects.filter(subject=subject_of(obj)).order_by("-sequence")[:200]
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {obj}",
            "entries": entries,
            "opts": self.opts,
            "object": obj,
        }
        return TemplateResponse(request, self.object_history_template, context)


class TenantTabularInline(admin.TabularInline):  # type: ignore[type-arg]
    """Rows of a tenant model under another; the same choices rule."""

    extra = 0

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = choices_of(db_field, kwargs.get("queryset"))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def place_of(request: HttpRequest) -> Place | None:
    """Where the person stands; set by the middleware."""
    return getattr(request, "place", None)


def subject_of(obj: models.Model) -> str:
    """How the audit names a row: "integrations.flow:12"."""
    return f"{obj._meta.label_lower}:{obj.pk}"


def choices_of(field: Any, asked: Any) -> Any:
    """The rows a form may offer for a foreign key. A global model other than people has none to offer."""
    related = field.remote_field.model
    if issubclass(related, TenantOwned):
        return related.objects.all() if asked is None else asked
    if issubclass(related, User):
        return User.objects.filter(pk__in=Membership.objects.values("user_id"))
    raise ImproperlyConfigured(f"{field} leads to a table that all tenants share: leave it out of the form.")


def _refuse_global_filters(model: type[models.Model], admin_class: Any) -> None:
    for item in admin_class.list_filter or ():
        name = item[0] if isinstance(item, list | tuple) else item
        if not isinstance(name, str):
            continue
        field = model._meta.get_field(name.split("__")[0])
        related = field.related_model if field.is_relation else None
        if isinstance(related, type) and not issubclass(related, TenantOwned):
            raise ImproperlyConfigured(f"{model.__name__}: the filter {name} would list rows of all tenants.")


def moment(name: str, title: str) -> Any:
    """A column with a time, in the tenant's zone."""

    @admin.display(description=title)
    def shown(self: Any, obj: Any) -> str:
        value = getattr(obj, name)
        return f"{timezone.localtime(value):%-d %b %Y, %H:%M}" if value else ""

    return shown


def _shown(value: Any) -> str:
    return "" if value is None else str(value)[:500]
