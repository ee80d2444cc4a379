"""BilledLine: what an invoice bills of a purchase order, so that the use of an order adds up in the database."""

from django.db import models

from integrations.models.flow import Flow
from integrations.models.sync import SourceRecord
from tenants.models import TenantOwned


class BilledLine(TenantOwned):
    """One line of an invoice or credit (negative) that names an order; `line` "" where it names the order alone.

    Net in the invoice's currency; `quantity` None where it is not told. The ERP may stop showing the lines of what is
    settled: what was read of them stays.
    """

    flow = models.ForeignKey(Flow, models.CASCADE, related_name="billed_lines", db_constraint=False, db_index=False)
    source = models.ForeignKey(
        SourceRecord, models.CASCADE, related_name="billed_lines", db_constraint=False, db_index=False
    )
    place = models.PositiveIntegerField()  # among the lines of its invoice
    order_number = models.CharField(max_length=120, db_collation="C")
    line = models.CharField(max_length=40, blank=True)
    release = models.CharField(max_length=40, blank=True)
    net = models.DecimalField(max_digits=24, decimal_places=6)
    quantity = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    unit = models.CharField(max_length=40, blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "source", "place"], name="billed_line_once")]
        indexes = [models.Index("tenant", "flow", "order_number", name="billed_line_order")]

    def __str__(self) -> str:
        return f"{self.order_number} {self.line}"
