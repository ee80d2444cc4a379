"""Settlement: an invoice that was paid, kept until the ERP has settled it and after."""

from django.db import models

from integrations.models.flow import Integration
from integrations.models.sync import RecordLink
from tenants.models import TenantOwned


class Settlement(TenantOwned):
    """What a payment paid of one invoice; `link` is the payment's voucher, and what it pays is as it was booked.

    Where bills are ours, whatever was paid stands here, whether the ERP is told by a voucher or not at all: `link` is
    null while there is none, and the row follows the payment.
    A voucher settles no item of the supplier ledger: until the ERP shows the open amount gone it is paid, not settled.
    `amount` was paid, `discount` taken on top, both in `currency`; of a credit they are negative. `invoice` is the key
    of the captured invoice or of the bill, `item` its id in the ERP.
    """

    class State(models.TextChoices):
        """How it stands in the ERP."""

        PAID = "paid", "Paid, not settled"
        SETTLED = "settled", "Settled"
        REVERSED = "reversed", "Reversed"

    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="settlements", db_constraint=False, db_index=False
    )
    link = models.ForeignKey(
        RecordLink, models.CASCADE, null=True, related_name="settlements", db_constraint=False, db_index=False
    )
    place = models.PositiveIntegerField()  # of the invoice within the payment
    invoice = models.CharField(max_length=120, db_collation="C")
    item = models.CharField(max_length=64, blank=True, db_collation="C")
    number = models.CharField(max_length=120, blank=True)
    supplier = models.CharField(max_length=120, blank=True)
    supplier_name = models.CharField(max_length=200, blank=True)
    payment = models.CharField(max_length=120, db_collation="C")
    transaction_id = models.CharField(max_length=120, blank=True)
    dated = models.DateField(null=True)
    amount = models.DecimalField(max_digits=24, decimal_places=6)
    discount = models.DecimalField(max_digits=24, decimal_places=6, default=0)
    currency = models.CharField(max_length=10)
    state = models.CharField(max_length=8, choices=State, default=State.PAID)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "link", "place"], name="settlement_once"),
            models.UniqueConstraint(
                fields=["tenant", "integration", "payment", "place"], name="settlement_payment_once"
            ),
        ]
        indexes = [
            models.Index("tenant", "integration", "link", name="settlement_link"),
            models.Index("tenant", "integration", "invoice", name="settlement_invoice"),
            models.Index("tenant", "supplier", name="settlement_supplier"),
            models.Index("tenant", "integration", "id", name="settlement_open", condition=models.Q(state="paid")),
        ]

    def __str__(self) -> str:
        return f"{self.payment} {self.number} {self.state}"
