"""One answer to a write goes wrong, in every way there is, processed or not: afterwards all is as if it had not.

A few ways by chance for each kind of write; CHAOS_LONG=1 tries them all, CHAOS_SEED replays or (0) takes others.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
import pytest
from django.utils import timezone

from integrations.models import Connection, RecordLink
from integrations.store import writing
from tenants.scope import tenant_scope
from tests.integrations.runner.town import Make, Town, town_of
from tests.journeys.chaos.runs import LONG, SEED
from tests.systems.bill.world import World as Ap

__all__ = ["town_of"]

SAMPLE = 4
PAGE = {"content-type": "text/html"}
Odd = Callable[[httpx.Request, httpx.Response], httpx.Response]  # (request, the answer before this one) -> answer


def lost(request: httpx.Request, _before: httpx.Response) -> httpx.Response:
    raise httpx.ReadTimeout("no answer", request=request)


def always(status: int, content: bytes = b"", **headers: str) -> Odd:
    return lambda _request, _before: httpx.Response(status, content=content, headers=headers)


MAYBE: dict[str, Odd] = {  # what says nothing of whether the write was processed
    "lost": lost,
    "500": always(500, b"[]"),
    "502 page": always(502, b"<html>Bad gateway</html>", **PAGE),
    "302": always(302, location="https://gateway.bill.test/elsewhere"),
    "303": always(303, location="/connect/v3/bills"),
    "404 page": always(404, b"<html>Not found</html>", **PAGE),
    "sign-in page": always(200, b"<html>Sign in</html>", **PAGE),
    "nothing": always(200),
    "204": always(204),
    "object": always(200, b"{}"),
    "array": always(200, b"[]"),
    "null": always(200, b"null"),
    "half": always(201, b'{"id":"00n'),
    "that of another request": lambda _request, before: before,
}
NOT: dict[str, Odd] = {  # what says that it was not
    "401": always(401, b'[{"code":"BDC_1109","message":"Session is invalid."}]'),
    "429": always(429, b"{}", **{"retry-after": "1"}),
    "BDC_1322": always(422, b'[{"code":"BDC_1322","message":"Too many at once."}]'),
}
WAYS = [
    *((name, odd, True) for name, odd in MAYBE.items()),
    *((name, odd, False) for name, odd in (MAYBE | NOT).items()),
]


@dataclass
class Line:
    """Between the client and BILL: `odd` answers the next write, carried out or not."""

    town: Town
    before: httpx.Response = field(default_factory=lambda: httpx.Response(200, json={}))
    odd: Odd | None = None
    processed: bool = False

    def breaks(self, odd: Odd, processed: bool) -> None:
        """The next write is answered by `odd`."""
        self.odd, self.processed = odd, processed

    def __call__(self, request: httpx.Request) -> httpx.Response:
        odd = self.odd if request.method != "GET" and not request.url.path.endswith("/login") else None
        if odd is not None:
            self.odd = None
            if self.processed:
                self.town.ap._answer(request)
            return odd(request, self.before)
        answer = self.town.ap._answer(request)
        self.before = httpx.Response(answer.status_code, content=answer.read())
        return answer


@pytest.fixture
def line(town_of: Make, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Line:
    """Two suppliers and an invoice, all of them sent; what is lost is looked up after two seconds."""
    town = town_of(ap=Ap(options={"duplicates": "accept"}))
    settings.REQUEST_DEADLINE = 1
    monkeypatch.setattr(writing, "SEND_WINDOW", 0.2)
    with tenant_scope(town.tenant_id):
        ap = Connection.objects.get(pk=town.integration.ap_id)
        ap.settings |= {"search_lag": "1"}
        ap.save()
    town.ap.clock.now = timezone.now()  # what was lost is looked for since it was sent
    made = Line(town)
    town.ap.kit.egress.answer = made  # type: ignore[attr-defined]  # the world's own egress
    town.ap.client = town.ap.connect()
    for key in ("S1", "S2"):
        town.supplier(key)
    town.erp.invoice(1)
    town.sync()
    assert town.bills() == {"N1": "100.00"}
    return made


_numbers = itertools.count(2)


def bills(count: int) -> Callable[[Town], None]:
    def release(town: Town) -> None:
        for number in itertools.islice(_numbers, count):
            town.erp.invoice(number, f"{number}.25", Identity=f"S{number % 2 + 1}")

    return release


def change(town: Town) -> None:
    day = f"2027-{next(_numbers) % 12 + 1:02}-{next(_numbers) % 28 + 1:02}"
    town.erp.sim.edit("ManSuppInvoice", {"Company": "10", "InvoiceId": 1}, DueDate=day)


def supplier(town: Town) -> None:
    town.supplier(f"V{next(_numbers)}")


def standing(town: Town) -> tuple[dict[str, Any], list[str], dict[str, str]]:
    """In BILL: due day by number of each bill, numbers of vendors; and what our links of both say."""
    rows, vendors = town.ap.sim.dump("bills"), town.ap.sim.dump("vendors")
    names = {row["id"]: f"10|{row['invoice']['invoiceNumber'][1:]}" for row in rows}
    names |= {row["id"]: row["shortName"] for row in vendors}
    with tenant_scope(town.tenant_id):
        links = RecordLink.objects.filter(entity__in=("invoice", "vendor"))
        linked = {key: names.get(target, target) for key, target in links.values_list("source_key", "target_id")}
    assert len(names) == len(rows) + len(vendors) == len(linked)
    return {row["invoice"]["invoiceNumber"]: row["dueDate"] for row in rows}, sorted(names.values()), linked


@pytest.mark.slow
@pytest.mark.parametrize("act", [bills(1), bills(3), change, supplier], ids=["bill", "bulk", "change", "vendor"])
def test_a_write_whose_answer_goes_wrong_is_done_once(
    line: Line, act: Callable[[Town], None], tell: Callable[[str], None]
) -> None:
    ways = WAYS if LONG else Random(SEED).sample(WAYS, SAMPLE)
    for name, odd, processed in ways:
        act(line.town)
        line.breaks(odd, processed)
        reports = [*line.town.sync(), *line.town.sync()]
        said = f"{name}, processed: {processed}, seed {SEED}"
        assert line.odd is None, said
        assert all(report.balanced for report in reports), said
        erp = {row["InvoiceNo"]: row["DueDate"] for row in line.town.erp.sim.rows("ManSuppInvoice")}
        due, names, linked = standing(line.town)
        assert due == erp, said
        assert linked == {key: key for key in names}, said
        assert {*line.town.states().values(), *line.town.states("vendor").values()} == {"done"}, said
    tell(f"answers: {[(name, processed) for name, _, processed in ways]}, seed {SEED}")
