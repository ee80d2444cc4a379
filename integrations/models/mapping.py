"""A tenant's mapping tables as they are in force; loaded into the engine's Rules.

Rows change only through approved MappingSets, which keep every version. A rule that was taken out stays as a row that
is not `active`: what it coded can still be explained, and the same rule proposed again goes on with its versions.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from integrations.models.flow import Integration
from tenants.models import TenantOwned


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
    """One rule: this account, tax code or dimension value of the source becomes that number on the target.

    Patterns know `*` and `?`. The most specific approved rule that is valid on the posting date wins.
    """

    KEY = ("table", "company", "part", "source", "valid_from")
    VALUES = ("target", "valid_to", "note")

    class Table(models.TextChoices):
        """What the rule maps."""

        ACCOUNT = "account", "Account"
        TAX_CODE = "tax_code", "Tax code to account"
        DIMENSION = "dimension", "Dimension value"

    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="gl_mappings", db_constraint=False, db_index=False
    )
    table = models.CharField(max_length=10, choices=Table, default=Table.ACCOUNT)
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
    """Where a field of the source goes. For now: which kind of dimension a code part becomes ("" = not sent)."""

    KEY = ("entity", "source")
    VALUES = ("target",)

    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="field_mappings", db_constraint=False, db_index=False
    )
    entity = models.CharField(max_length=20, default="invoice")
    source = models.CharField(max_length=60, help_text="Such as dimensions.B")
    target = models.CharField(max_length=60, blank=True, help_text="Such as department; empty: not sent.")

    class Meta(MappingRule.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(fields=["tenant", "integration", "entity", "source"], name="field_mapping_once")
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target or 'not sent'}"

    @property
    def part(self) -> str:
        """The code part: B for dimensions.B."""
        return self.source.removeprefix("dimensions.")

    def clean(self) -> None:
        """Only code parts are mapped so far."""
        if not self.source.startswith("dimensions.") or not self.part:
            raise ValidationError({"source": "Name a code part, such as dimensions.B."})

    @property
    def blockers(self) -> tuple[tuple[str, str], ...]:
        return (("part", self.part), (f"dimension:{self.part}", "*"))
