"""BILL as a Target: creates in bulk, updates and acts one by one, receipts matched by what they are of.

BILL has no idempotency key and no external id, and the last write wins: the caller owns de-duplication, and an update
first reads what it is about to change.
https://developer.bill.com/reference/createbill  https://developer.bill.com/reference/createvendor
"""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import islice

from integrations.engine.drafts import ImageDraft, InvoiceDraft, Receipt, VendorDraft
from integrations.engine.errors import OutcomeUnknown, Problem, Rejected, SyncError
from integrations.engine.ports import Write
from integrations.engine.targets import TargetRecord
from integrations.systems.bill import changes, drafts, receipts, wire
from integrations.systems.bill.acts import Acts, acting
from integrations.systems.bill.currencies import Currencies
from integrations.systems.bill.documents import Documents
from integrations.systems.bill.drafts import FieldLimits, Made
from integrations.systems.bill.echoes import echo
from integrations.systems.bill.lists import Batch, Query, batches, is_id
from integrations.systems.bill.records import RowError, when
from integrations.systems.bill.resources import Resource
from integrations.systems.bill.targets import version
from integrations.systems.bill.versions import still
from integrations.transport.answer import Answer
from integrations.transport.client import ApiClient

Row = Callable[[Resource, str], wire.Wire | None]

# How much of the newest is looked at after a refused bulk: with 3 lanes, what others write meanwhile fits in.
GLANCE_PAGES = 4
DOUBT_SECONDS = 5.0  # BILL's clock as headers and as records show it, rounded and between servers


class Writer:
    """Writes to one organization. `row(resource, id)` reads a record back before it is changed."""

    def __init__(
        self, api: ApiClient, currencies: Currencies, row: Row, limits: FieldLimits, documents: Documents
    ) -> None:
        self._api, self._currencies, self._row, self._limits = api, currencies, row, limits
        self._documents = documents
        self._acts = Acts(api, currencies, row)

    def groups(self, writes: Sequence[Write]) -> list[list[Write]]:
        """See Target. Updates and acts alone; creates by endpoint and bulk size, never two of one key in a request."""
        found: list[list[Write]] = []
        growing: dict[str, list[dict[receipts.Key, Write]]] = {}
        for write in writes:
            if write.target_id or acting(write.draft):
                found.append([write])
                continue
            resource, key = drafts.resource_for(made(write)), receipts.alike(drafts.key_of(made(write)))
            groups = growing.setdefault(resource.kind, [])
            group = next((group for group in groups if key not in group), None)
            if group is None:
                group = {}
                groups.append(group)
            group[key] = write
            if len(group) == resource.bulk:
                groups.remove(group)
                found.append(list(group.values()))
        return found + [list(group.values()) for groups in growing.values() for group in groups]

    def write(self, writes: Sequence[Write]) -> list[Receipt]:
        """See Target. May be called from several threads at once; each request takes a lane of the budget."""
        if len(writes) == 1 and isinstance(image := writes[0].draft, ImageDraft):
            return [self._documents.attach(writes[0], image)]
        if len(writes) == 1 and acting(writes[0].draft):
            return [self._acts.act(writes[0])]
        self._check(writes)
        if len(writes) == 1 and writes[0].target_id:
            return [self._update(writes[0])]
        resource = drafts.resource_for(made(writes[0]))
        if len(writes) == 1:
            answer = self._send("POST", resource.path, drafts.body(made(writes[0])), writes)
            return [self._receipt(receipts.one(answer, answer.decode(resource.row), writes[0]))]
        started = time.monotonic()
        try:
            answer = self._send("POST", f"{resource.path}/bulk", [drafts.body(made(write)) for write in writes], writes)
        except Rejected as error:
            self._doubt(resource, writes, error, time.monotonic() - started)
            raise
        return [self._receipt(row) for row in receipts.matched(answer, receipts.rows_of(answer, resource), writes)]

    def _send(self, method: str, path: str, body: object, writes: Sequence[Write]) -> Answer:
        return self._api.send(method, path, json=body, send_by=min(write.send_by for write in writes))

    def _doubt(self, resource: Resource, writes: Sequence[Write], error: Rejected, elapsed: float) -> None:
        """A refused bulk should have written nothing. Raises OutcomeUnknown when some of it is there nevertheless.

        Only records that BILL made while the request was under way count, by BILL's own clock. A glance, no proof:
        lists lag behind. But the caller is about to send the halves, and without it each of these would be doubled.
        """
        wanted = {receipts.alike(drafts.key_of(made(write))) for write in writes}
        try:
            glance = list(islice(batches(self._api, Query(resource, newest_first=True)), GLANCE_PAGES))
        except SyncError as unseen:
            raise OutcomeUnknown(error.message, code="bulk_unclear", detail=unseen.detail) from error
        rows = [row for batch in glance for row in receipts.readable(batch.rows) if _made_since(row, batch, elapsed)]
        if any(receipts.alike(receipts.key_of(row)) in wanted for row in rows):
            raise OutcomeUnknown(
                "BILL refused a request but kept a part of it. What became of it is looked up by itself.",
                code="partly_written",
                detail=error.detail,
            ) from error

    def _check(self, writes: Sequence[Write]) -> None:
        """Refuses before anything is sent. Raises Rejected with every reason of every record."""
        found = [problem for write in writes for problem in drafts.problems(made(write), self._limits)]
        if not found:
            found = self._wrong_currencies([made(write) for write in writes])
        if found:
            raise Rejected(found[0].message, code=found[0].code, problems=tuple(dict.fromkeys(found)))

    def _wrong_currencies(self, found: Sequence[Made]) -> list[Problem]:
        """A bill takes its currency from the vendor, silently: an invoice in another one would be paid wrongly."""
        invoices = [draft for draft in found if isinstance(draft, InvoiceDraft)]
        currencies = self._currencies.of(draft.vendor_id for draft in invoices if is_id(draft.vendor_id))
        return [
            Problem(
                "vendor_currency",
                f"The invoice is in {draft.currency}, the BILL vendor in {currencies[draft.vendor_id]}.",
                "currency",
                draft.currency,
            )
            for draft in invoices
            if currencies.get(draft.vendor_id, "") not in ("", draft.currency)
        ]

    def _update(self, write: Write) -> Receipt:
        """Reads, compares, changes."""
        resource = drafts.resource_for(made(write))
        current = self._row(resource, write.target_id)
        if current is None:
            raise Rejected("BILL does not have this record any more.", code="not_found")
        still(current, write.version)
        method, body = changes.change(current, made(write))
        answer = self._send(method, f"{resource.path}/{write.target_id}", body, [write])
        stored = receipts.one(answer, answer.decode(resource.row), write)
        receipt = self._receipt(stored)
        if version(stored) == version(current) and not changes.agrees(made(write), _as_kept(receipt, resource)):
            raise answer.unreadable("the answer shows the record as it was before the change")
        return receipt

    def _receipt(self, row: wire.Wire) -> Receipt:
        """No IO here: the record exists, and nothing may come between that and saying so."""
        currency = ""
        if isinstance(row, wire.WireVendor):
            self._currencies.learn(row.id or "", row.bill_currency or "")
        elif isinstance(row, wire.WireBill | wire.WireCredit):
            currency = self._currencies.known(row.vendor_id or "")
        return Receipt(target_id=row.id or "", version=version(row), echo=echo(row, currency))


def made(write: Write) -> Made:
    """The draft of a record. Raises Rejected for a draft that is none; acts go another way."""
    if isinstance(write.draft, VendorDraft | InvoiceDraft):
        return write.draft
    raise Rejected("BILL cannot do this to several records at once.", code="undeclared")


def _as_kept(receipt: Receipt, resource: Resource) -> TargetRecord:
    return TargetRecord(target_id=receipt.target_id, kind=resource.kind, echo=receipt.echo)


def _made_since(row: wire.Wire, batch: Batch, seconds: float) -> bool:
    try:
        made = when(row.created_time)
    except RowError:
        return False
    return bool(made and batch.server_time and batch.server_time - made <= timedelta(seconds=seconds + DOUBT_SECONDS))
