"""A backfill: everything is read, and of it the invoices of some days are stored; no cursor moves."""

from datetime import date

from msgspec.structs import replace

from integrations.engine.ports import Page
from integrations.engine.records import AnyRecord, Invoice, Payment, Unreadable
from integrations.models import SyncRun
from integrations.store.flowstore import FlowStore

OUTSIDE = "out:outside_window"


class WindowStore(FlowStore):
    """The Store of a backfill from `since` to `until`, both included; records without a date are stored too."""

    since, until = date.min, date.max

    def cursor(self) -> str:
        """From the start."""
        return ""

    def stage(self, page: Page) -> None:
        """Stage what is dated within the window; count the rest as out."""
        inside = [record for record in page.records if self._holds(record)]
        self.save_page(replace(page, records=inside), also={"out": len(page.records) - len(inside)})

    def finish(self, status: str, error_code: str = "", error_message: str = "") -> SyncRun:
        """As ever, with the reason of what is out."""
        run = super().finish(status, error_code, error_message)
        with self._frame.commit():
            run.reasons = {OUTSIDE: run.counts.get("out", 0)}
            run.save(update_fields=["reasons"])
        return run

    def _holds(self, record: AnyRecord | Unreadable) -> bool:
        dates = [day for day in _dates(record) if day is not None]
        return not dates or any(self.since <= day <= self.until for day in dates)


def _dates(record: AnyRecord | Unreadable) -> tuple[date | None, ...]:
    if isinstance(record, Invoice):
        return (record.voucher_date, record.invoice_date)
    return (record.dated,) if isinstance(record, Payment) else ()
