"""A file of mapping rules beside what is in force: new, changed, unchanged, gone, or bad and why; then one proposal."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

import msgspec
from django.core.exceptions import ValidationError
from import_export import fields, instance_loaders, resources, widgets
from tablib import Dataset

from integrations.models import FieldMapping, GLMapping, Integration, MappingRule, MappingSet
from integrations.runner import mappings
from integrations.runner.mapping_csv import COLUMNS, SURPLUS, kind_of
from integrations.runner.mappings import Kind, Wish
from integrations.store.mapping_tables import Key, in_force, pending
from tenants.access import Place


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that cannot go in: its number as a spreadsheet counts, its cells, and why."""

    number: int
    cells: Mapping[str, str]
    why: str


@dataclass(slots=True)
class Diff:
    """What a file would do. `changed` has the old values beside the wish, `gone` what is in force but not in it."""

    new: list[Wish] = field(default_factory=list)
    changed: list[tuple[Wish, Mapping[str, Any]]] = field(default_factory=list)
    unchanged: int = 0
    gone: list[tuple[Wish, Mapping[str, Any]]] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)

    def wishes(self, *, remove: bool) -> list[Wish]:
        """What is proposed; with `remove` what is gone is taken out too."""
        taken = [wish for wish, _ in self.gone] if remove else []
        return [*self.new, *(wish for wish, _ in self.changed), *taken]

    @property
    def digest(self) -> str:
        """Names what was looked at: another one means that the rules have changed meanwhile."""
        beside = [*((wish, None) for wish in self.new), *self.changed, *self.gone]
        said = [(wish.key, wish.values, old) for wish, old in beside]
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


class Day(widgets.DateWidget):  # type: ignore[misc]
    """A day as 2026-01-31, and nothing else: 01/02/2026 is two days."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> date | None:
        try:
            return date.fromisoformat(value) if value else None
        except ValueError:
            raise ValueError("Write days as 2026-01-31.") from None


class InForce(instance_loaders.BaseInstanceLoader):  # type: ignore[misc]
    """Every row begins empty: the resource compares it with what is in force itself."""

    def get_instance(self, row: Any) -> None:
        return None


class Rules(resources.ModelResource):  # type: ignore[misc]
    """Rows to wishes, compared and checked; nothing is written (https://django-import-export.readthedocs.io)."""

    kind: ClassVar[str]

    class Meta:
        instance_loader_class = InForce
        skip_diff = True
        use_transactions = False
        report_skipped = False

    def __init__(self, integration: Integration) -> None:
        super().__init__()
        self.now = in_force(integration.pk, [self.kind])
        self.waiting, self.chart = pending(integration.pk), mappings.chart_of(integration)
        self.diff, self.seen = Diff(), set[Key]()
        self.times: Counter[tuple[str, ...]] = Counter()

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        self.times = Counter(self._key(row) for row in dataset.dict)

    def validate_instance(self, instance: Any, import_validation_errors: Any = None, **kwargs: Any) -> None:
        if import_validation_errors:
            raise ValidationError(import_validation_errors)

    def save_instance(self, instance: Any, is_create: bool, row: Mapping[str, str], **kwargs: Any) -> None:
        """Nothing is saved: what the row wishes is noted. ValidationError says what is wrong with it."""
        if row[SURPLUS]:
            raise ValidationError(row[SURPLUS])
        try:
            wish = mappings.wish(self.kind, instance.said(COLUMNS[self.kind]))
        except mappings.Refused as refused:
            raise ValidationError({refused.name or "source": str(refused)}) from None
        self.seen.add(wish.key)
        if self.times[self._key(row)] > 1:
            raise ValidationError("Another row is the same rule. Keep one of them.")
        old = self.now.get(wish.key)
        if old == wish.values and wish.key not in self.waiting:
            self.diff.unchanged += 1
        elif problem := mappings.fault(wish, self.now, self.waiting, self.chart):
            raise ValidationError({problem[0]: problem[1]})
        elif old is None:
            self.diff.new.append(wish)
        else:
            self.diff.changed.append((wish, old))

    def after_import(self, dataset: Dataset, result: Any, **kwargs: Any) -> None:
        """Nothing: no row was written, so no sequence has to catch up."""

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that say which rule a row is."""
        model: type[MappingRule] = self._meta.model
        return model.KEY

    def _key(self, row: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(row.get(name, "") for name in self.key)


class GLRules(Rules):
    """Rules of coding."""

    kind = Kind.GL
    valid_from = fields.Field("valid_from", "valid_from", widget=Day())
    valid_to = fields.Field("valid_to", "valid_to", widget=Day())

    class Meta(Rules.Meta):
        model = GLMapping
        fields = COLUMNS[Kind.GL]
        import_id_fields = ("table", "source")


class FieldRules(Rules):
    """Where code parts go, and what texts fields become."""

    kind = Kind.FIELD

    class Meta(Rules.Meta):
        model = FieldMapping
        fields = COLUMNS[Kind.FIELD]
        import_id_fields = ("entity",)


def compare(integration: Integration, rows: Dataset) -> Diff:
    """What the file would do now; inside the tenant's scope."""
    resource = (GLRules if kind_of(rows.headers) == Kind.GL else FieldRules)(integration)
    result = resource.import_data(rows, use_transactions=False)
    diff = resource.diff
    for each in result.invalid_rows:
        cells = dict(zip(rows.headers, rows[each.number - 1], strict=True))
        diff.bad.append(Bad(each.number + 1, cells, " ".join(each.error.messages)))
    for each in result.error_rows:  # an error of ours in a row leaves the others as they are
        raise each.errors[0].error
    for key, values in resource.now.items():
        if key not in resource.seen and key not in resource.waiting:
            rule = dict(zip(resource.key, key[1:], strict=True))
            diff.gone.append((Wish(resource.kind, rule, None), values))
    return diff


def propose(place: Place, integration: Integration, diff: Diff, name: str, *, remove: bool, reason: str) -> MappingSet:
    """The good rows as one set. Raises mappings.Refused, also for a removal that bad rows leave in doubt."""
    if remove and diff.bad:
        raise mappings.Refused("Mend the bad rows first: a rule in one of them would be taken out.")
    return mappings.propose(place, integration, diff.wishes(remove=remove), reason=reason, origin=name)
