"""An external supplier invoice: loaded, checked, created.

https://docs.ifs.com/ifsclouddocs/24r2/ (External Supplier Invoice). We choose the number of the
load, so that whatever an interrupted try has left is found by its key and completed.
"""

import hashlib
from datetime import datetime

from integrations.engine.drafts import BookedInvoiceDraft
from integrations.engine.errors import OutcomeUnknown, Problem, Rejected, Retryable, Stale
from integrations.systems.ifs import coding
from integrations.systems.ifs.editing import Editors, Found, Values, complete
from integrations.systems.ifs.errors import Unsupported
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.values import integer

_ROUNDS = 3  # times a load is read again that somebody changed between our read and our action
_WORDS = {
    "supplier_not_valid": "The supplier may not be invoiced in this company. Set up its invoice data in IFS.",
    "possible_duplicate": "IFS has an invoice of this supplier with this number already. Compare the two.",
    "amounts_differ": "IFS finds that the lines do not add up to the net amount. Correct the invoice.",
    "posting_not_valid": "IFS does not take the coding. Check account and code parts of the lines on the invoice date.",
}


class Loads:
    """Enters external invoices of one tenant. Thread-safe."""

    def __init__(self, editors: Editors, profile: Profile) -> None:
        self._profile = profile
        self._heads, self._items = editors("external_invoice"), editors("external_item")
        self._postings = editors("external_posting")

    def enter(self, draft: BookedInvoiceDraft, send_by: datetime) -> int:
        """The id of the invoice that IFS has made of the load, made now or before.

        Raises Rejected with the load left as it is: a corrected draft changes its lines and goes through.
        """
        renumbered = self._elsewhere(draft, send_by)
        key: Values = {"company": draft.company, "load_id": load_id(draft)}
        load = self._heads.one(key) or renumbered
        if load is None:
            load = self._heads.create({**coding.head(draft, self._profile), **key}, send_by)
        elif self._heads.has("external_id") and load.text("external_id") != draft.external_id:
            raise Rejected(f"The load {load_id(draft)} in IFS belongs to another record.", code="possible_duplicate")
        key = {**key, "load_id": load.text("load_id")}
        if self._state(load) != "created":
            self._correct(load, key, draft, send_by)
            load = self._created(load if load.new else None, key, send_by)
        elif self._heads.differing(load, coding.essence(draft)):
            words = f"IFS has created invoice {load.text('number')} with other amounts. Correct it there."
            raise Rejected(words, code="booked")
        invoice = integer(load.values.get("invoice_id"))
        if invoice is None:
            words = "IFS has taken the invoice, but does not say yet which one it is. It is asked again by itself."
            raise OutcomeUnknown(words, code="not_shown")
        return invoice

    def _correct(self, load: Found, key: Values, draft: BookedInvoiceDraft, send_by: datetime) -> None:
        if not load.new and (changes := self._heads.differing(load, coding.head(draft, self._profile))):
            self._heads.change(load, changes, send_by)
        complete(self._items, key, coding.items(draft), send_by, new=load.new)
        complete(self._postings, key, coding.postings(draft, self._profile), send_by, new=load.new)

    def _created(self, load: Found | None, key: Values, send_by: datetime) -> Found:
        """The load with its invoice; read again at first without a `load`, and whenever somebody has changed it."""
        for _ in range(_ROUNDS):
            load = load or self._heads.one(key)
            if load is None:
                raise Stale("The load vanished from IFS. It is made again by itself.", code="vanished")
            if self._state(load) == "created":
                return load
            try:
                load = self._heads.act(load, "check", send_by)
                if self._state(load) != "refused":
                    load = self._heads.act(load, "create", send_by)
                if self._state(load) == "refused":
                    raise self._refusal(load)
                return load
            except Retryable as error:
                if error.code != "stale_version":
                    raise
            load = None
        raise Stale("Somebody changes the load in IFS all the time. It is tried again by itself.")

    def _elsewhere(self, draft: BookedInvoiceDraft, send_by: datetime) -> Found | None:
        """The record as it was loaded before under another number, which IFS chose; None when it was not.

        One of another supplier is refused when created, else taken back.
        """
        if not self._heads.has("external_id"):
            return None
        try:
            loads = self._heads.find({"company": draft.company, "external_id": draft.external_id})
        except Unsupported:  # the field cannot be filtered on in every tenant
            return None
        mine = [
            load for load in loads if load.text("identity") == draft.vendor and load.text("load_id") != load_id(draft)
        ]
        for load in loads:
            if load.text("identity") == draft.vendor:
                continue
            if self._state(load) == "created":
                words = f"IFS has this invoice as {load.text('number')} of supplier {load.text('identity')} already."
                raise Rejected(words, code="possible_duplicate")
            key: Values = {"company": draft.company, "load_id": load.text("load_id")}
            complete(self._postings, key, (), send_by)
            complete(self._items, key, (), send_by)
            self._heads.remove(load, send_by)
        return next((load for load in mine if self._state(load) == "created"), mine[0] if mine else None)

    def _state(self, load: Found) -> str:
        return self._profile.load_states.get(load.text("state"), "open")

    def _refusal(self, load: Found) -> Rejected:
        said = load.text("error")
        code = self._profile.load_errors.get(said, "refused")
        words = f"{_WORDS.get(code, 'IFS refuses the invoice.')} ({said or load.text('state')})"
        return Rejected(words, code=code, problems=(Problem(code, words),), detail=said)


def load_id(draft: BookedInvoiceDraft) -> str:
    """The number of the load: the same for the same company, supplier and external id, 20 characters."""
    named = f"{draft.company}\0{draft.vendor}\0{draft.external_id}"
    return "ML" + hashlib.sha256(named.encode()).hexdigest()[:18].upper()
