"""A credit that names its invoice is set off against that bill, while the bill is unpaid and nobody has acted on it."""

from decimal import Decimal

from integrations.engine.decisions import Act, Link
from integrations.engine.drafts import ApplyDraft, InvoiceDraft
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.records import Invoice
from integrations.engine.targets import Approval, Standing, TargetRecord


def named_bill(source: Invoice, rules: Rules) -> str | None:
    """The target id of the bill that the credit names, if this integration has sent it."""
    return rules.sent_bills.get((source.vendor_key, source.credit_for)) if source.credit_for else None


def may_apply(source: Invoice, draft: InvoiceDraft, rules: Rules, policy: Policy) -> bool:
    """Whether the credit is looked at once more after it was made."""
    return policy.apply_credits == "to_named_invoice" and draft.credit and named_bill(source, rules) is not None


def apply(source: Invoice, link: Link, target: TargetRecord, rules: Rules, policy: Policy) -> Act | None:
    """Set the credit off; None where it is not to be, was already, or somebody touched the credit since we made it."""
    sent, bill_id = link.sent, named_bill(source, rules)
    if not isinstance(sent, InvoiceDraft) or not may_apply(source, sent, rules, policy) or bill_id is None:
        return None
    payable = rules.bills.get(bill_id)
    if target.paid != 0 or target.version != link.version or payable is None or not _open(payable, sent):
        return None
    left = (payable.amount or Decimal(0)) - (payable.paid or Decimal(0))
    if left <= 0:
        return None
    draft = ApplyDraft(
        vendor_id=sent.vendor_id,
        bill_id=bill_id,
        credit_id=link.target_id,
        amount=min(sent.total, left),
        currency=sent.currency,
    )
    key, why = f"apply|{link.target_id}|{bill_id}", f"credit names invoice {source.credit_for}"
    return Act(draft=draft, natural_key=key, target_id=link.target_id, version=target.version, why=(why,))


def _open(payable: TargetRecord, sent: InvoiceDraft) -> bool:
    """Unpaid, untouched by approvers, of the same vendor and currency."""
    same = payable.vendor_id == sent.vendor_id and payable.currency in ("", sent.currency)
    return payable.active and same and payable.standing is Standing.UNPAID and payable.approval is Approval.NONE
