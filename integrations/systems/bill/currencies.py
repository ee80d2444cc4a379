"""Which currency a bill has: BILL keeps it on the vendor, and only there.

It can change only while the vendor has no bills, so what was read once is kept.
https://developer.bill.com/reference/updatevendor
"""

from collections.abc import Iterable, Mapping

from integrations.systems.bill.lists import PAGE_SIZE, Query, batches
from integrations.systems.bill.resources import VENDORS
from integrations.systems.bill.wire import WireVendor
from integrations.transport.client import ApiClient

MOST_KEPT = 100_000


class Currencies:
    """Vendor id -> ISO currency, read from BILL in bulk where not known yet."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api
        self._known: dict[str, str] = {}

    def of(self, vendor_ids: Iterable[str | None]) -> Mapping[str, str]:
        """The currency of each of these vendors; a vendor BILL does not show is left out, one without has "".

        Raises Retryable or ConnectionBroken.
        """
        wanted = {vendor_id for vendor_id in vendor_ids if vendor_id}
        for archived in (False, True):
            unknown = sorted(wanted - self._known.keys())
            for start in range(0, len(unknown), PAGE_SIZE):
                self._read(Query(VENDORS, archived=archived, ids=tuple(unknown[start : start + PAGE_SIZE])))
        return {vendor_id: self._known[vendor_id] for vendor_id in wanted & self._known.keys()}

    def known(self, vendor_id: str) -> str:
        """The currency if it was read before, else "". No IO."""
        return self._known.get(vendor_id, "")

    def learn(self, vendor_id: str, currency: str) -> None:
        """What BILL said on another occasion."""
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
        if vendor_id:
            self._known[vendor_id] = currency

    def _read(self, query: Query) -> None:
        for batch in batches(self._api, query):
            for row in batch.rows:
                if isinstance(row, WireVendor):
                    self.learn(row.id or "", row.bill_currency or "")
