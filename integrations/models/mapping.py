"""A tenant's mapping tables; loaded into the engine's Rules."""

from django.core.exceptions import ValidationError
from django.db import models

from integrations.models.flow import Integration
from tenants.models import TenantOwned


class GLMapping(TenantOwned):
    """One rule: this account, tax code or dimension value of the source becomes that number on the target.

    Patterns know `*` and `?`. The most specific approved rule that is valid on the posting date wins.
    """

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
    version = models.PositiveIntegerField(default=1, editable=False)
    note = models.CharField(max_length=200, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta(TenantOwned.Meta):
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
    def blocker(self) -> tuple[str, str]:
        """What this rule supplies to waiting items: (kind, key); a pattern may supply many keys."""
        return (f"dimension:{self.part}" if self.part else self.table, self.source)


class FieldMapping(TenantOwned):
    """Where a field of the source goes. For now: which kind of dimension a code part becomes ("" = not sent)."""

    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="field_mappings", db_constraint=False, db_index=False
    )
    entity = models.CharField(max_length=20, default="invoice")
    source = models.CharField(max_length=60, help_text="Such as dimensions.B")
    target = models.CharField(max_length=60, blank=True, help_text="Such as department; empty: not sent.")
    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "integration", "entity", "source"], name="field_mapping_once")
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.target or 'not sent'}"
