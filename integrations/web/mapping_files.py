"""Mapping rules as a file: download, upload, look at what it would change, propose it as one set."""

from datetime import timedelta
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from integrations.models import Integration, MappingChange, MappingUpload
from integrations.runner import mapping_csv, mapping_files, mappings
from integrations.runner.mappings import Kind
from integrations.store.checking import Ruling, ruling
from integrations.web import exports
from integrations.web.gate import page, place_of, typed
from tenants.permissions import Act

SHOWN = 200  # rows of each kind on the page
_KEPT = timedelta(days=1)
_COLUMNS = {kind: ", ".join(names) for kind, names in mapping_csv.COLUMNS.items()}


class UploadForm(forms.Form):
    """Whose rules, and the file."""

    integration = forms.ModelChoiceField(
        Integration.objects.none(), label="Integration", to_field_name="uuid", empty_label=None
    )
    file = forms.FileField(
        label="CSV file",
        allow_empty_file=True,
        max_length=200,
        help_text=f"At most {mapping_csv.LARGEST // 1_000_000} MB and {mapping_csv.MOST:,} rows, UTF-8; commas, "
        f"semicolons or tabs. Columns of account, tax code and value rules: {_COLUMNS[Kind.GL]}; of field rules: "
        f"{_COLUMNS[Kind.FIELD]}.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["integration"]
        choices.queryset = Integration.objects.order_by("name")

    def clean_file(self) -> tuple[str, str]:
        """(name, text) of a file that can be read."""
        upload = self.cleaned_data["file"]
        if upload.size > mapping_csv.LARGEST:  # not read at all
            raise forms.ValidationError(
                f"The file has {upload.size / 1e6:,.1f} MB; at most {mapping_csv.LARGEST // 1_000_000} MB. Split it."
            )
        try:
            text, _ = mapping_csv.parsed(upload.read())
        except mapping_csv.Unreadable as error:
            raise forms.ValidationError(str(error)) from None
        name = "".join(letter for letter in PurePath(upload.name).name if letter.isprintable())
        return name[:200] or "a file", text


@page("POST", write=Act.MAP)
def files(request: HttpRequest) -> HttpResponseBase:
    """Each integration's rules to download; POST takes a file and shows what it would change."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        name, text = form.cleaned_data["file"]
        now, place = timezone.now(), place_of(request)
        MappingUpload.objects.filter(made_at__lt=now - _KEPT).delete()
        made = MappingUpload.objects.create(
            integration=form.cleaned_data["integration"], name=name, text=text, made_by_id=place.person, made_at=now
        )
        return redirect("web:mapping-upload", made.uuid)
    context = {
        "form": form,
        "integrations": Integration.objects.order_by("name"),
        "may_map": ruling(place_of(request), Act.MAP) is not Ruling.NO,
    }
    return render(request, "integrations/mapping_files.html", context, status=400 if request.method == "POST" else 200)


@page("POST", write=Act.MAP)
def upload(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """What the file would change now; POST proposes the good rows as one set, or discards the file."""
    found = get_object_or_404(MappingUpload.objects.select_related("integration"), uuid=uuid)
    if request.POST.get("do") == "discard":
        found.delete()
        return redirect("web:mapping-files")
    diff = mapping_files.compare(found.integration, mapping_csv.rows_of(found.text))
    if request.method == "POST":
        if request.POST.get("seen") != diff.digest:
            messages.error(request, "The rules have changed since you looked. This is what the file would change now.")
        elif (made := _proposed(request, found, diff)) is not None:
            return redirect("web:mapping-set", made.uuid)
    context = {
        "upload": found,
        "diff": diff,
        "answer": answer(diff),
        "parts": [
            ("new", "New", diff.new),
            ("changed", "Changed", diff.changed),
            ("gone", "Not in the file", diff.gone),
        ],
        "count": len(diff.wishes(remove=False)),
        "shown": SHOWN,
        "alone": ruling(place_of(request), Act.MAP) is Ruling.ALONE,
        "may_map": ruling(place_of(request), Act.MAP) is not Ruling.NO,
    }
    return render(request, "integrations/mapping_upload.html", context)


def answer(diff: mapping_files.Diff) -> str:
    """What the file would do, in one sentence."""
    parts = [f"{len(diff.new):,} new", f"{len(diff.changed):,} changed", f"{diff.unchanged:,} unchanged"]
    bad = f"; {len(diff.bad):,} cannot go in" if diff.bad else ""
    gone = f"; {len(diff.gone):,} in force are not in the file" if diff.gone else ""
    return f"{', '.join(parts)}{bad}{gone}."


def _proposed(request: HttpRequest, found: MappingUpload, diff: mapping_files.Diff) -> Any:
    place, remove = place_of(request), bool(request.POST.get("remove"))
    reason = typed(request, "reason")
    try:
        made = mapping_files.propose(place, found.integration, diff, found.name, remove=remove, reason=reason)
    except mappings.Refused as refused:
        messages.error(request, str(refused))
        return None
    found.delete()
    words = (
        "in force" if made.status == made.Status.APPROVED else "proposed. They count once a controller approves them"
    )
    messages.success(request, f"{made.changes.count():,} rules: {words}.")
    return made


@page()
def export(request: HttpRequest, uuid: UUID, kind: str) -> HttpResponseBase:
    """The rules in force of one integration and `kind`, as a file that can be uploaded again."""
    found, model = get_object_or_404(Integration, uuid=uuid), MappingChange.MODELS[kind]
    rules = model.objects.filter(integration=found, active=True).order_by(*model.KEY)
    lines = list(exports.lines(mapping_csv.cells(kind, rules)))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = "field-mappings" if kind == Kind.FIELD else "mappings"
    response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.now():%Y-%m-%d}.csv"'
    return response
