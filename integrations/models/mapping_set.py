"""MappingSet: proposed, approved or past changes of mapping rules, decided on together; the history of every rule."""

from decimal import Decimal
from typing import ClassVar

from django.db import models

from integrations.models.flow import Integration
from integrations.models.mapping import FieldMapping, GLMapping, MappingRule, about
from integrations.models.proposal import Proposal
from tenants.models import TenantOwned


class MappingSet(Proposal):
    """What somebody asks to change in the rules of an integration: one rule, or a whole file.

    `origin` names the file it came from; `undoes` the set that this one takes back. `freed` is how many records had
    waited for it when it took force, `freed_amounts` over how much: exact text by currency.
    """

    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="mapping_sets", db_constraint=False, db_index=False
    )
    reason = models.TextField(blank=True)
    origin = models.CharField(max_length=200, blank=True)
    undoes = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="undone_by", db_constraint=False, db_index=False
    )
    freed = models.PositiveIntegerField(default=0, db_default=0)
    freed_amounts = models.JSONField(default=dict, db_default={})

    class Meta(Proposal.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["tenant", "uuid"], name="mapping_set_uuid")]
        indexes = [
            models.Index("tenant", "integration", models.F("made_at").desc(), name="mapping_set_latest"),
            models.Index("tenant", "undoes", name="mapping_set_undoes", condition=models.Q(undoes__isnull=False)),
            models.Index(fields=["tenant", "id"], name="mapping_set_open", condition=models.Q(status="proposed")),
        ]

    @property
    def freed_sums(self) -> dict[str, Decimal]:
        """What it freed, as amounts."""
        return {currency: Decimal(amount) for currency, amount in self.freed_amounts.items()}

    def __str__(self) -> str:
        return self.origin or self.reason or f"Mapping change of {self.made_at:%Y-%m-%d}"


class MappingChange(TenantOwned):
    """One rule of a set. `rule` says which one, `old` and `new` its values as JSON; None: there is, or will be, none.

    Once in force it is version `version` of the row `row`.
    """

    class Kind(models.TextChoices):
        """Which table."""

        GL = "gl", "GL mapping"
        FIELD = "field", "Field mapping"

    MODELS: ClassVar[dict[str, type[MappingRule]]] = {Kind.GL: GLMapping, Kind.FIELD: FieldMapping}

    set = models.ForeignKey(MappingSet, models.CASCADE, related_name="changes", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.GL)
    rule = models.JSONField()
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    row = models.BigIntegerField(null=True)
    version = models.PositiveIntegerField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "set", "kind", "rule"], name="mapping_change_once"),
            models.UniqueConstraint(
                fields=["tenant", "kind", "row", "version"],
                name="mapping_version_once",
                condition=models.Q(version__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.about} → {(self.new or {}).get('target', 'removed')}"

    @property
    def about(self) -> str:
        """What the rule is for: the account, value, code part or field."""
        return about(self.rule)

    @property
    def key(self) -> tuple[object, ...]:
        """Which rule it is: kind and key fields in their order."""
        return (self.kind, *(self.rule.get(name) for name in self.MODELS[self.kind].KEY))
