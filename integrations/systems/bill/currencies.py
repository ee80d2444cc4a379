"""Which currency a bill has: BILL keeps it on the vendor, and only there.

It can change only while the vendor has no bills, so what was read once is kept.
https://developer.bill.com/reference/updatevendor
"""

import threading
from collections.abc import Iterable, Mapping

from integrations.systems.bill.lists import PAGE_SIZE, Query, batches
from integrations.systems.bill.resources import VENDORS
from integrations.systems.bill.wire import WireVendor
from integrations.transport.client import ApiClient

MOST_KEPT = 100_000


class Currencies:
    """Vendor id -> ISO currency, read from BILL in bulk where not known yet; for many threads at once."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._known: dict[str, str] = {}
        self._lock = threading.Lock()  # of `_known`; never held while BILL is asked

    def of(self, vendor_ids: Iterable[str | None]) -> Mapping[str, str]:
        """The currency of each of these vendors; a vendor BILL does not show is left out, one without has "".

        Raises Retryable or ConnectionBroken.
        """
        wanted = {vendor_id for vendor_id in vendor_ids if vendor_id}
        with self._lock:
            found = {vendor_id: self._known[vendor_id] for vendor_id in wanted & self._known.keys()}
        for archived in (False, True):
            unknown = sorted(wanted - found.keys())
            for start in range(0, len(unknown), PAGE_SIZE):
                found |= self._read(Query(VENDORS, archived=archived, ids=tuple(unknown[start : start + PAGE_SIZE])))
        return found

    def known(self, vendor_id: str) -> str:
        """The currency if it was read before, else "". No IO."""
        with self._lock:
            return self._known.get(vendor_id, "")

    def learn(self, vendor_id: str, currency: str) -> None:
        """What BILL said on another occasion."""
        if vendor_id:
            with self._lock:
                if len(self._known) >= MOST_KEPT:
                    self._known.clear()
                self._known[vendor_id] = currency

    def _read(self, query: Query) -> dict[str, str]:
        found: dict[str, str] = {}
        for batch in batches(self._api, query):
            found |= {row.id: row.bill_currency or "" for row in batch.rows if isinstance(row, WireVendor) and row.id}
        for vendor_id, currency in found.items():
            self.learn(vendor_id, currency)
        return found
