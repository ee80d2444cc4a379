"""A captured invoice comes into the books of IFS, by the route that its draft names, once."""

from integrations.engine.drafts import BookedInvoiceDraft, Receipt
from integrations.engine.errors import OutcomeUnknown, Problem, Rejected, Stale, SyncError
from integrations.engine.ports import Write
from integrations.engine.records import InvoiceState
from integrations.systems.ifs import coding
from integrations.systems.ifs.books import echo
from integrations.systems.ifs.documents import Shelves
from integrations.systems.ifs.editing import Editors, Found, Values
from integrations.systems.ifs.loads import Loads
from integrations.systems.ifs.manual import Manual
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.proposing import Proposals
from integrations.systems.ifs.records import invoice_key


class Booking:
    """Enters invoices into the books of one tenant. Thread-safe."""

    def __init__(self, editors: Editors, profile: Profile) -> None:
        self._profile = profile
        self._invoices = editors("manual_invoice")
        self._loads, self._manual = Loads(editors, profile), Manual(editors, profile)
        self._proposals, self._shelves = Proposals(editors, profile), Shelves(editors)

    def book(self, write: Write, draft: BookedInvoiceDraft) -> Receipt:
        """Enters the invoice or completes what an earlier try has left of it.

        Raises Rejected with code `possible_duplicate` where IFS has another invoice with its number.
        """
        if write.target_id:
            return self._as_it_stands(write, draft)
        coding.must_add_up(draft)
        try:
            invoice = self._entered(write, draft)
        except Rejected as error:
            raise self._told(error) from None
        target_id = invoice_key(draft.company, invoice)
        document = self._document(write, draft, target_id)
        row = self._row(draft.company, invoice)
        if row is None:
            words = f"Invoice {target_id} was entered, but IFS does not show it. It is looked up by itself."
            raise OutcomeUnknown(words, code="not_shown")
        return _receipt(target_id, row, draft, document)

    def _entered(self, write: Write, draft: BookedInvoiceDraft) -> int:
        if draft.route == "manual":
            return self._manual.enter(draft, write.send_by)
        invoice = self._loads.enter(draft, write.send_by)
        row = self._row(draft.company, invoice)
        state = None if row is None else self._profile.states.get(row.text("state"))
        if state == InvoiceState.CANCELLED:
            raise Rejected("The invoice was cancelled in IFS; it is not entered again.", code="cancelled")
        if state == InvoiceState.PRELIMINARY:
            self._proposals.propose(invoice, draft, write.send_by)
        return invoice

    def _as_it_stands(self, write: Write, draft: BookedInvoiceDraft) -> Receipt:
        """An invoice in the books is not changed from outside. Raises Stale or Rejected where it says otherwise."""
        company, _, invoice = write.target_id.rpartition("|")
        row = self._row(company, int(invoice))
        if row is None:
            raise Rejected("The invoice is not in IFS any more, or hidden from the service user.", code="gone")
        if write.version and row.etag != write.version:
            raise Stale("The invoice was changed in IFS meanwhile. It is read and decided again.")
        if self._invoices.differing(row, coding.essence(draft)):
            words = f"Invoice {row.text('number')} is in the books of IFS. Correct it there."
            raise Rejected(words, code="booked")
        return _receipt(write.target_id, row, draft, "")

    def _document(self, write: Write, draft: BookedInvoiceDraft, target_id: str) -> str:
        """What became of the invoice's document, for the echo: it must never keep the invoice out of the books."""
        if write.content is None or not self._shelves.there:
            return "by reference" if draft.document and coding.fits(draft.document) else ""
        try:
            self._shelves.attach(target_id, write.content(), write.send_by)
        except SyncError as error:
            return f"failed: {error.message}"
        return "attached"

    def _row(self, company: str, invoice: int) -> Found | None:
        key: Values = {"company": company, "invoice_id": invoice}
        return self._invoices.one(key)

    def _told(self, error: Rejected) -> Rejected:
        """A refusal in which IFS says that the invoice is there already, under the name that rules know."""
        said = f"{error.message} {error.detail}"
        if error.code != "refused" or not any(word in said for word in self._profile.duplicate_words):
            return error
        problem = Problem("possible_duplicate", error.message)
        return Rejected(error.message, code=problem.code, problems=(problem,), detail=error.detail)


def _receipt(target_id: str, row: Found, draft: BookedInvoiceDraft, document: str) -> Receipt:
    stored = echo(draft.net + draft.tax, row.text("number"), row.text("series"))
    return Receipt(target_id=target_id, version=row.etag, echo=stored | ({"document": document} if document else {}))
