"""A manual supplier invoice: entered as it is, with items and postings, and preliminary until people post it.

https://docs.ifs.com/ifsclouddocs/24r2/ (Manual Supplier Invoice). IFS numbers it, so it is found by the supplier's
number before one is made.
"""

from datetime import datetime

from integrations.engine.drafts import BookedInvoiceDraft
from integrations.engine.errors import OutcomeUnknown, Rejected
from integrations.engine.records import InvoiceState
from integrations.systems.ifs import coding
from integrations.systems.ifs.editing import Editors, Found, Values, complete
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.values import integer


class Manual:
    """Enters manual invoices of one tenant. Thread-safe."""

    def __init__(self, editors: Editors, profile: Profile) -> None:
        self._profile = profile
        self._heads, self._items = editors("manual_invoice"), editors("manual_item")
        self._postings = editors("manual_posting")

    def enter(self, draft: BookedInvoiceDraft, send_by: datetime) -> int:
        """The id of the invoice, made now or before; what is preliminary becomes as the draft says."""
        head = coding.head(draft, self._profile)
        row = self._ours(draft) or self._heads.create(head, send_by)
        invoice = integer(row.values["invoice_id"])
        if invoice is None:
            raise OutcomeUnknown("IFS gives an invoice without an id. It is read again by itself.", code="unreadable")
        if self._profile.states.get(row.text("state")) == InvoiceState.PRELIMINARY:
            if not row.new and (changes := self._heads.differing(row, head)):
                self._heads.change(row, changes, send_by)
            key: Values = {"company": draft.company, "invoice_id": invoice}
            complete(self._items, key, coding.items(draft), send_by, new=row.new)
            mine: Values = {"posting_type": self._profile.cost_posting}
            complete(self._postings, key, coding.postings(draft, self._profile), send_by, new=row.new, mine=mine)
        return invoice

    def _ours(self, draft: BookedInvoiceDraft) -> Found | None:
        """The invoice that an earlier try has left, in whatever series. Raises Rejected when the number is taken."""
        same = self._heads.find({"company": draft.company, "identity": draft.vendor, "number": draft.number})
        for row in same:
            if self._profile.states.get(row.text("state")) == InvoiceState.CANCELLED:
                continue
            if self._heads.has("external_id") and row.text("external_id") == draft.external_id:
                return row
            if not draft.series or row.text("series") == draft.series:
                words = f"IFS has an invoice {draft.number} of supplier {draft.vendor} already. Compare the two."
                raise Rejected(words, code="possible_duplicate")
        return None
