"""A tenant's mapping tables as they are in force; loaded into the engine's Rules.

Rows change only through approved MappingSets, which keep every version. A rule that was taken out stays as a row that
is not `active`: what it coded can still be explained, and the same rule proposed again goes on with its versions.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from integrations.engine.template import LONGEST, LONGEST_TABLE, Unfit, lines_of
from integrations.engine.wording import field_of, template_of
from integrations.models.flow import Integration
from tenants.models import TenantOwned

LONGEST_KIND = 60


def about(rule: Mapping[str, Any]) -> str:
    """What a rule is for, of its KEY fields: the account, value, code part or field."""
    return str(rule.get("field") or rule["source"]).replace("dimensions.", "code part ", 1)


class MappingRule(TenantOwned):
    """Base of the tables. `KEY` says which rule it is and never changes; `VALUES` are what a new version changes.

    `checked_by` approved the version in force; None: nobody had to.
    """

    KEY: ClassVar[tuple[str, ...]]
    VALUES: ClassVar[tuple[str, ...]]

    version = models.PositiveIntegerField(default=1, editable=False)
    active = models.BooleanField(default=True, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta(TenantOwned.Meta):
        abstract = True

    @property
    def blockers(self) -> tuple[tuple[str, str], ...]:
        """What this rule supplies to waiting items: (kind, pattern of keys)."""
        raise NotImplementedError

    @property
    def about(self) -> str:
        """What the rule is for: the account, value, code part or field."""
        return about(self.said(self.KEY))

    def clean_values(self) -> None:
        """Raises ValidationError where the VALUES do not fit the rule; not asked of one that is taken out."""

    def said(self, names: tuple[str, ...]) -> dict[str, Any]:
        """These fields as JSON: days as ISO text."""
        found = {name: getattr(self, name) for name in names}
        return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in found.items()}

    def approval(self) -> str:
        """Who let the version in force count, in words; empty where it was not noted."""
        if self.checked_by:
            return f"approved by {self.checked_by.email}"
        return f"by {self.made_by.email}, no second person" if self.made_by else ""


class GLMapping(MappingRule):
    """One rule: this account, tax code, dimension value or payment term of the source becomes that of the target.

    Patterns know `*` and `?`. The most specific approved rule that is valid on the posting date wins.
    """

    KEY = ("table", "company", "part", "source", "valid_from")
    VALUES = ("target", "valid_to", "note")

    class Table(models.TextChoices):
        """What the rule maps."""

        ACCOUNT = "account", "Account"
        TAX_CODE = "tax_code", "Tax code to account"
        DIMENSION = "dimension", "Dimension value"
        PAYMENT_TERM = "payment_term", "Payment term of a vendor"

    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="gl_mappings", db_constraint=False, db_index=False
    )
    table = models.CharField(max_length=12, choices=Table, default=Table.ACCOUNT)
    company = models.CharField(max_length=20, blank=True, help_text="Empty: every company.")
    part = models.CharField(max_length=20, blank=True, help_text="For dimension values: the code part, such as B.")
    source = models.CharField(max_length=60, help_text="The account, tax code or value as it comes; * and ? match.")
    target = models.CharField(max_length=60, help_text="The account number or value that it becomes.")
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta(MappingRule.Meta):
        abstract = False
        verbose_name = "GL mapping"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "integration", "table", "company", "part", "source", "valid_from"],
                name="gl_mapping_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_table_display()} {self.source} → {self.target}"

    def clean(self) -> None:
        """A dimension rule names its code part, the others don't; a period ends after it begins."""
        if (self.table == self.Table.DIMENSION) != bool(self.part):
            raise ValidationError({"part": "Name the code part for a dimension value, and only for that."})
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValidationError({"valid_to": "The last day lies before the first."})

    @property
    def blockers(self) -> tuple[tuple[str, str], ...]:
        return ((f"dimension:{self.part}" if self.part else self.table, self.source),)


class FieldMapping(MappingRule):
    """Where a field goes, or what it becomes: one or the other.

    A code part (`source` such as dimensions.B) becomes a kind of dimension, or is not sent (no `target`). A `field` of
    what is sent, such as the description, becomes a text: `target` is its template, `lookup` the table it may ask.
    """

    KEY = ("entity", "field", "source")
    VALUES = ("target", "lookup")

    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="field_mappings", db_constraint=False, db_index=False
    )
    entity = models.CharField(max_length=20, default="invoice")
    field = models.CharField(max_length=30, blank=True, help_text="Such as description; empty for a code part.")
    source = models.CharField(max_length=60, blank=True, help_text="Such as dimensions.B; empty for a field.")
    target = models.CharField(
        max_length=LONGEST,
        blank=True,
        help_text="Such as department, empty: not sent; or the text of a field, such as PO {po_number}.",
    )
    lookup = models.CharField(
        max_length=LONGEST_TABLE, blank=True, help_text="A line value=text each, for {payment_term|lookup}."
    )

    class Meta(MappingRule.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "integration", "entity", "field", "source"], name="field_mapping_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.about} → {self.target or 'not sent'}"

    @property
    def part(self) -> str:
        """The code part: B for dimensions.B."""
        return self.source.removeprefix("dimensions.")

    def clean(self) -> None:
        """A code part or a field that may be mapped."""
        if bool(self.field) == bool(self.source):
            raise ValidationError({"source": "Name a code part, such as dimensions.B, or a field; not both."})
        if self.source and (not self.source.startswith("dimensions.") or not self.part):
            raise ValidationError({"source": "Name a code part, such as dimensions.B."})
        if self.field:
            with _said():
                field_of(self.entity, self.field)
        self.lookup = lines_of(self.lookup)

    def clean_values(self) -> None:
        """A text that can be filled in; a kind of dimension is one word."""
        if self.field:
            with _said():
                template_of(self.entity, self.field, self.target, self.lookup)
        elif self.lookup:
            raise ValidationError({"lookup": "A table is for fields; a code part becomes a kind of dimension."})
        elif len(self.target) > LONGEST_KIND:
            raise ValidationError({"target": f"At most {LONGEST_KIND} characters for a kind of dimension."})

    @property
    def blockers(self) -> tuple[tuple[str, str], ...]:
        if self.field:
            return ((f"field:{self.field}", "*"),)
        return (("part", self.part), (f"dimension:{self.part}", "*"))


@contextmanager
def _said() -> Iterator[None]:
    """What the engine refuses, as Django says it."""
    try:
        yield
    except Unfit as error:
        raise ValidationError({error.name: str(error)}) from None
