"""Start data, options, restarts, a port of its own, and how fast it all is."""

import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from integrations.management.serving import SimulatorServer
from integrations.systems.avidxchange.simulator import Simulator, build, seed_demo, seeded
from integrations.systems.avidxchange.simulator.invoice_cases import CARD
from integrations.systems.avidxchange.simulator.invoice_cases import CASES as INVOICES
from integrations.systems.avidxchange.simulator.payment_cases import CASES as PAYMENTS
from tests.contract.wiring import Clock
from tests.systems.avidxchange_simulator.api import ACCT, PAIR, Api

CODES: dict[str, Any] = {
    "vendors": [f"V{number}" for number in range(200)],
    "accounts": [str(number) for number in range(5000, 5500)],
    "dimensions": {"Cost center": ["1", "2"], "Project": ["P1"]},
    "companies": ("10", "20"),
}


def _of(rows: list[dict[str, Any]], sim: Simulator, case: str) -> dict[str, Any]:
    row = next(row for row in rows if row["case"] == case)
    return sim.get(row["kind"], row["id"])


@pytest.fixture(scope="module")
def books() -> tuple[Simulator, list[dict[str, Any]]]:
    sim = Simulator(clock=Clock())
    return sim, seed_demo(sim)


def test_the_demo_shows_every_kind_of_invoice_and_payment(books: tuple[Simulator, list[dict[str, Any]]]) -> None:
    sim, rows = books
    assert {row["case"] for row in rows if row["kind"] == "invoices"} == set(INVOICES)
    assert {row["case"] for row in rows if row["kind"] == "payments"} == set(PAYMENTS)
    assert len(sim.dump("invoices")) == 60
    assert {body["CompanyExternalCode"] for body in sim.dump("invoices")} == {"10", "99"}
    words = {body["Status"]["Description"] for body in sim.dump("payments")}
    assert {"Cleared", "Void", "Error", "Issued to Supplier", "ACH Credit Issued", "Escheated to State"} <= words


def test_awkward_invoices_are_what_they_are_called(books: tuple[Simulator, list[dict[str, Any]]]) -> None:
    sim, rows = books

    def off(case: str) -> Decimal:
        body = _of(rows, sim, case)
        return Decimal(body["GrossAmount"]) - sum(Decimal(line["Amount"]) for line in body["Distributions"])

    assert [off(case) for case in ("ordinary", "split", "credit", "unbalanced")] == [0, 0, 0, Decimal("10.01")]
    assert off("tax_apart") == _of(rows, sim, "tax_apart")["TaxAmount"] > 0
    assert _of(rows, sim, "credit")["GrossAmount"] < 0
    assert _of(rows, sim, "zero")["GrossAmount"] == 0
    assert _of(rows, sim, "order")["PONumber"] in ("P10039", "P10074")
    assert CARD in _of(rows, sim, "card_number")["Distributions"][0]["Description"]
    assert _of(rows, sim, "voided")["Status"] == "Void"
    names = Counter((b["BuyerVendor"]["VendorName"], b["Number"], b["InvoiceDate"]) for b in sim.dump("invoices"))
    assert names.most_common(1)[0][1] == 2


def test_awkward_payments_are_what_they_are_called(books: tuple[Simulator, list[dict[str, Any]]]) -> None:
    sim, rows = books
    assert len(_of(rows, sim, "several")["Invoices"]) > 1
    assert min(part["Net"] for part in _of(rows, sim, "with_credit")["Invoices"]) < 0
    assert _of(rows, sim, "discount")["Invoices"][0]["Discount"] > 0
    part = _of(rows, sim, "partial")["Invoices"][0]
    assert part["Gross"] < sim.get("invoices", part["InvoiceId"])["GrossAmount"]
    early = _of(rows, sim, "before_invoice")["Invoices"][0]
    assert sim.get("invoices", early["InvoiceId"])["Status"] == "InWorkflow"
    wrong = _of(rows, sim, "wrong_sum")
    assert wrong["Amount"] - sum(part["Net"] for part in wrong["Invoices"]) == 1


def test_a_large_book_is_made_in_seconds_and_again_the_same() -> None:
    started = time.process_time()
    sims = [Simulator(clock=Clock()) for _ in range(2)]
    rows = [seeded(sim, **CODES) for sim in sims]
    assert time.process_time() - started < 20
    assert rows[0] == rows[1]
    assert [body["Number"] for body in sims[0].dump("invoices")] == [
        body["Number"] for body in sims[1].dump("invoices")
    ]
    invoices, payments = sims[0].dump("invoices"), sims[0].dump("payments")
    assert (len(invoices), len(payments) >= 1200) == (1500, True)
    assert {body["CompanyExternalCode"] for body in invoices} == {"10", "20", "99"}


def test_a_second_book_in_the_same_simulator_has_numbers_of_its_own() -> None:
    sim = Simulator()
    for company in ("10", "20"):
        seeded(sim, 40, 30, **{**CODES, "companies": (company,)})
    numbers = Counter(body["Number"] for body in sim.dump("invoices"))
    assert sorted(numbers.values())[-3:] == [1, 2, 2]  # a duplicate a book, as its kind says


def test_nothing_is_paid_twice_but_by_the_kinds_that_say_so() -> None:
    sim = Simulator(clock=Clock())
    odd = {"overpaid", "wrong_sum", "reissue", "before_invoice"}
    paid: Counter[int] = Counter()
    for row in seeded(sim, 400, 500, **CODES):
        if row["kind"] == "payments" and row["case"] not in odd:
            for part in sim.get("payments", row["id"])["Invoices"]:
                paid[part["InvoiceId"]] += int(part["Gross"] * 100)
    assert all(total <= abs(sim.get("invoices", key)["GrossAmount"] * 100) for key, total in paid.items())


@pytest.mark.parametrize("wrong", [{"invoices": 5}, {"payments": 5}, {"vendors": []}, {"accounts": []}])
def test_a_book_needs_room_for_every_kind_and_codes(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"needed|too few"):
        seeded(Simulator(), **{**CODES, **wrong})


def test_options_may_be_text_as_from_a_command_line() -> None:
    options = {
        "demo": "no", "company_token": "t", "companies": "10, 30", "per_minute": "none", "latency": "0.01",
        "camel_case": "true", "write_answer": "job", "job_polls": "none", "auth_modes": "token_pair", "max_items": "5",
    }  # fmt: skip
    sim = build(options)
    (customer,) = sim.config.customers
    assert (customer.company_token, customer.companies) == ("t", ("10", "30"))
    assert (sim.config.per_minute, sim.config.latency, sim.config.max_items) == (None, 0.01, 5)
    assert (sim.config.manners.camel_case, sim.config.manners.job_polls) == (True, None)
    assert sim.config.auth_modes == ("token_pair",)
    assert sim.dump("invoices") == []


@pytest.mark.parametrize(
    "options",
    [
        {"colour": "red"}, {"write_answer": "maybe"}, {"camel_case": "perhaps"}, {"preset": "2031"},
        {"auth_modes": "magic"}, {"per_minute": "many"}, {"retry_after": "soon"},
    ],
)  # fmt: skip
def test_wrong_options_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"unknown option|must be|may be|invalid literal"):
        build({"demo": False, **options})


def test_the_older_gateway_has_closed_batches_and_no_writes() -> None:
    sim = build({"preset": "avidsuite-2019"})
    assert Api(sim).get("/v1/accountingSystems").status_code == 401
    form = {"grant_type": "password", "username": "ap@example.com", "password": "demo-password"}
    key = {"Authorization": "Bearer demo-gateway-key"}
    token = Api(sim, key).http.post("/v1/authorizations", data=form).json()["access_token"]
    api = Api(sim, {**key, "AvidAuthorization": f"Bearer {token}"})
    assert api.get(f"{ACCT}/invoices").status_code == 404
    batch = api.items("/v1/invoices/batches/closed/acctgSysId/4711")[0]
    inside = api.items(batch["Links"][0]["Href"])
    assert len(inside) == batch["InvoiceCount"] == 50
    assert "Status" not in inside[0]


def test_everything_but_tokens_survives_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "avid.sqlite")
    first = build({"data": path, "seeded": 70, "seed": 3})
    assert len(first.dump("invoices")) == 70
    key = first.create_invoice("S1", "R-1", 5)
    first.close()
    second = build({"data": path})
    assert len(second.dump("invoices")) == 71
    assert second.create_invoice("S1", "R-2", 5) == key + 1
    assert Api(second).get(f"{ACCT}/invoices/{key}").json()["Number"] == "R-1"


def test_it_serves_on_a_port_with_links_to_itself() -> None:
    server = SimulatorServer(build({"seeded": 60}))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", headers=PAIR) as client:
            body = client.get(f"{ACCT}/invoices", params={"pageSize": 40}).json()
            links = {link["Rel"]: link["Href"] for link in body["Paging"]["Links"]}
            assert links["next"].startswith(f"http://127.0.0.1:{server.port}/v1/")
            assert len(client.get(links["next"]).json()["Items"]) == 20
    finally:
        server.shutdown()
        server.server_close()


def test_pages_and_writes_are_fast() -> None:
    sim = Simulator()
    seeded(sim, **CODES)
    api = Api(sim)
    page = api.http.build_request("GET", f"{ACCT}/invoices", params={"pageSize": 500, "pageNumber": 2})
    vendors = [{"ExternalVendorCode": f"S{number}", "Name": "N"} for number in range(100)]
    write = api.http.build_request("POST", f"{ACCT}/vendors", json={"Items": vendors})
    for request, most in ((page, 0.5), (write, 0.25)):
        started = time.process_time()
        assert sim(request).status_code == 200
        assert time.process_time() - started < most
