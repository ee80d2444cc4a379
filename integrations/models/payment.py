"""Payments as the system that made them knows them: what each pays of which bill, and how it came to stand there."""

from django.db import models

from integrations.models.flow import Flow
from tenants.models import TenantOwned


class PaymentPart(TenantOwned):
    """What a payment pays of one bill, as last read; `state` and the rest are the payment's own.

    `invoice` is its key in the system that pays: of a sent one the id of the bill, which its link names. `amount` is
    paid, `discount` taken on top, both in `currency`. `noted` parts were only noted by us: the ERP paid them.
    `bill_read_at`: when the bill was read for how the payment stands now; null: not yet.
    """

    flow = models.ForeignKey(Flow, models.CASCADE, related_name="parts", db_constraint=False, db_index=False)
    payment = models.CharField(max_length=120, db_collation="C")
    place = models.PositiveIntegerField()  # of the bill within the payment
    invoice = models.CharField(max_length=120, db_collation="C")
    amount = models.DecimalField(max_digits=24, decimal_places=6)
    discount = models.DecimalField(max_digits=24, decimal_places=6, default=0)
    currency = models.CharField(max_length=10, blank=True)
    state = models.CharField(max_length=10)
    state_word = models.CharField(max_length=80, blank=True)
    method = models.CharField(max_length=40, blank=True)
    dated = models.DateField(null=True)
    cleared_on = models.DateField(null=True)
    noted = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
    bill_read_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "flow", "payment", "place"], name="part_once")]
        indexes = [
            models.Index("tenant", "flow", "invoice", name="part_invoice"),
            models.Index("tenant", "flow", "id", name="part_unread", condition=models.Q(bill_read_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.payment} {self.invoice} {self.state}"


class PaymentStep(TenantOwned):
    """A state that a payment was read in; in the order of `id` they are its way. `at` is the other side's own time."""

    flow = models.ForeignKey(Flow, models.CASCADE, related_name="steps", db_constraint=False, db_index=False)
    payment = models.CharField(max_length=120, db_collation="C")
    state = models.CharField(max_length=10)
    state_word = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        indexes = [models.Index("tenant", "flow", "payment", "id", name="step_payment")]

    def __str__(self) -> str:
        return f"{self.payment} {self.state_word or self.state}"
