"""Business rules: invoices, external invoices, proposals, vouchers, pay runs."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from integrations.systems.ifs.simulator import Simulator, SimulatorConfig, seed
from tests.systems.ifs_simulator.conftest import API, INVOICES, Caller, Clock

EXTERNAL = f"{API}/ExternalSupplierInvoicesHandling.svc"
HEADS = f"{EXTERNAL}/ExtIncInvHeadSet"
VOUCHERS = f"{API}/ManualVoucherHandling.svc/VoucherSet"
ROWS = f"{API}/ManualVoucherHandling.svc/VoucherRowSet"
PROPOSALS = f"{API}/PostingProposalHandling.svc/PostingProposalHeadSet"


@pytest.fixture
def caller(clock: Clock) -> Caller:
    """A caller of the demo tenant."""
    clock.now = datetime(2026, 6, 15, tzinfo=UTC)
    sim = Simulator(clock=clock)
    seed(sim, 100)
    return Caller(sim, clock)


def refusal(found: httpx.Response) -> str:
    assert (found.status_code, found.json()["error"]["code"]) == (500, "DATABASE_ERROR"), found.text
    return str(found.json()["error"]["details"][0]["message"])


def head(**more: Any) -> dict[str, Any]:
    row = {"Company": "10", "Identity": "00123", "InvoiceNo": "AVX-1", "InvoiceDate": "2026-06-10", "Currency": "USD"}
    return {**row, "NetCurrAmount": 100, **more}


def act(caller: Caller, url: str, name: str) -> httpx.Response:
    return caller.post(f"{url}/IfsApp.{name}", {}, caller.get(url).headers["etag"])


def load(caller: Caller, amount: str = "100.00", **more: Any) -> str:
    created = caller.post(HEADS, head(**more)).json()
    url = f"{HEADS}(Company='10',LoadId='{created['LoadId']}')"
    line = {"Company": "10", "LoadId": created["LoadId"], "ItemId": 1, "CodeA": "6000", "CodeB": "100"}
    assert caller.post(f"{EXTERNAL}/ExtIncInvPostingsSet", {**line, "CurrAmount": float(amount)}).status_code == 201
    return url


def test_external_invoice_is_loaded_checked_and_created(caller: Caller) -> None:
    url = load(caller, Cf_Avid_Id="A1")
    assert act(caller, url, "ExternalSupplierInvoicesHandling.ExtIncInvHead_Check").json()["Objstate"] == "Checked"
    done = act(caller, url, "ExternalSupplierInvoicesHandling.ExtIncInvHead_Create").json()
    assert done["Objstate"] == "Created"
    invoice = caller.get(f"{INVOICES}(Company='10',InvoiceId={done['InvoiceId']})").json()
    assert (invoice["Objstate"], invoice["InvoiceNo"], invoice["Cf_Avid_Id"]) == ("Preliminary", "AVX-1", "A1")
    postings = caller.rows(f"{INVOICES}(Company='10',InvoiceId={done['InvoiceId']})/ManSuppInvoicePostings")
    assert [(row["CodeA"], row["CodeB"]) for row in postings] == [("6000", "100")]
    assert "created" in refusal(act(caller, url, "ExternalSupplierInvoicesHandling.ExtIncInvHead_Check"))


@pytest.mark.parametrize(
    ("more", "amount", "code"),
    [
        ({}, "99.99", "AMOUNTS_DIFFER"),
        ({"Identity": "NOBODY"}, "100", "SUPPLIER_NOT_VALID"),
        ({"Identity": "S1002"}, "100", "SUPPLIER_NOT_VALID"),
    ],
)
def test_check_says_what_is_wrong(caller: Caller, more: dict[str, str], amount: str, code: str) -> None:
    url = load(caller, amount, **more)
    found = act(caller, url, "ExternalSupplierInvoicesHandling.ExtIncInvHead_Check").json()
    assert (found["Objstate"], found["ErrorCode"]) == ("Error", code)
    refusal(act(caller, url, "ExternalSupplierInvoicesHandling.ExtIncInvHead_Create"))


def test_number_already_used_for_the_supplier(caller: Caller) -> None:
    known = caller.sim.rows("ManSuppInvoice", Identity="00123", Company="10")[0]
    url = load(caller, InvoiceNo=known["InvoiceNo"])
    found = act(caller, url, "ExternalSupplierInvoicesHandling.ExtIncInvHead_Check").json()
    assert found["ErrorCode"] == "INVOICE_EXISTS"
    assert "already exists" in refusal(caller.post(INVOICES, head(InvoiceNo=known["InvoiceNo"])))


def test_a_tenant_may_take_the_same_number_again(clock: Clock) -> None:
    sim = Simulator(config=SimulatorConfig(duplicates="accept"), clock=clock)
    seed(sim, 100)
    known = sim.rows("ManSuppInvoice", Identity="00123", Company="10")[0]
    found = Caller(sim, clock).post(INVOICES, head(InvoiceNo=known["InvoiceNo"]))
    assert found.status_code == 201
    assert len(sim.rows("ManSuppInvoice", Company="10", Identity="00123", InvoiceNo=known["InvoiceNo"])) == 2


def test_action_needs_the_tag(caller: Caller) -> None:
    url = load(caller)
    name = "IfsApp.ExternalSupplierInvoicesHandling.ExtIncInvHead_Check"
    assert caller.post(f"{url}/{name}", {}).status_code == 428


def test_proposal_without_an_invoice_makes_one(caller: Caller) -> None:
    found = caller.post(PROPOSALS, head(Text="coding"))
    assert found.status_code == 201, found.text
    key = {name: found.json()[name] for name in ("Company", "InvoiceId", "ProposalId")}
    invoice = caller.sim.row("ManSuppInvoice", ("10", key["InvoiceId"]))
    assert (invoice["Objstate"], invoice["Name"]) == ("Preliminary", "Zero Lead Plating")
    line = {**key, "CodeA": "6000", "CodeB": "100", "CurrAmount": 100}
    lines = PROPOSALS.replace("HeadSet", "LineSet")
    assert caller.post(lines, line).json()["LineNo"] == 1
    assert "ledger account" in refusal(caller.post(lines, {**line, "CodeA": "2100", "CodeB": None}))
    assert "mandatory" in refusal(caller.post(lines, {**line, "CodeB": None}))
    assert "does not exist" in refusal(caller.post(lines, {**line, "CodeB": "777"}))


def test_proposal_on_a_posted_invoice_is_refused(caller: Caller) -> None:
    posted = caller.sim.rows("ManSuppInvoice", Company="10", Objstate="PostedAuth")[0]["InvoiceId"]
    assert "PostedAuth" in refusal(caller.post(PROPOSALS, {"Company": "10", "InvoiceId": posted}))


def voucher(caller: Caller, amounts: tuple[str, ...] = ("10.00", "-10.00"), account: str = "1040") -> str:
    made = caller.post(VOUCHERS, {"Company": "10", "VoucherType": "AVX", "VoucherDate": "2026-06-12"}).json()
    key = {name: made[name] for name in ("Company", "VoucherType", "AccountingYear", "VoucherNo")}
    for amount in amounts:
        row = {
            **key,
            "Account": account,
            "CurrencyCode": "USD",
            "Amount": float(amount),
            "CurrencyAmount": float(amount),
        }
        found = caller.post(ROWS, row)
        assert found.status_code == 201, refusal(found)
    return f"{VOUCHERS}(Company='10',VoucherType='AVX',AccountingYear=2026,VoucherNo={made['VoucherNo']})"


def test_balanced_voucher_is_approved_and_then_closed(caller: Caller) -> None:
    url = voucher(caller)
    assert [row["RowNo"] for row in caller.rows(f"{url}/VoucherRows")] == [1, 2]
    assert act(caller, url, "ManualVoucherHandling.Voucher_Approve").json()["Objstate"] == "Approved"
    assert "Approved" in refusal(caller.patch(url, {"VoucherText": "late"}, "*"))
    assert "Approved" in refusal(act(caller, url, "ManualVoucherHandling.Voucher_Cancel"))


@pytest.mark.parametrize("amounts", [("10.00", "-9.99"), ()])
def test_unbalanced_or_empty_voucher_is_refused(caller: Caller, amounts: tuple[str, ...]) -> None:
    url = voucher(caller, amounts)
    refusal(act(caller, url, "ManualVoucherHandling.Voucher_Approve"))
    assert caller.get(url).json()["Objstate"] == "Waiting"


def test_debit_and_credit_fill_the_net_amounts(caller: Caller) -> None:
    url = voucher(caller, ())
    made = caller.get(url).json()
    key = {name: made[name] for name in ("Company", "VoucherType", "AccountingYear", "VoucherNo")}
    row = {**key, "Account": "1040", "CurrencyCode": "USD", "CurrencyDebetAmount": 5, "DebetAmount": 5}
    assert caller.post(ROWS, row).json()["Amount"] == 5
    row = {**key, "Account": "1040", "CurrencyCode": "USD", "CurrencyCreditAmount": 5, "CreditAmount": 5}
    assert caller.post(ROWS, row).json()["CurrencyAmount"] == -5
    assert "both" in refusal(caller.post(ROWS, {**row, "DebetAmount": 5}))


def test_ledger_accounts_and_closed_accounts_refuse_manual_rows(caller: Caller) -> None:
    url = voucher(caller, ())
    made = caller.get(url).json()
    key = {name: made[name] for name in ("Company", "VoucherType", "AccountingYear", "VoucherNo")}
    row = {**key, "CurrencyCode": "USD", "Amount": 1, "CurrencyAmount": 1}
    assert "ledger account" in refusal(caller.post(ROWS, {**row, "Account": "2100"}))
    assert "not valid" in refusal(caller.post(ROWS, {**row, "Account": "6990", "CodeB": "100"}))
    assert "blocked" in refusal(caller.post(ROWS, {**row, "Account": "1040", "CodeB": "100"}))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"VoucherDate": "2026-01-10"}, "closed"),
        ({"VoucherDate": "2050-01-10"}, "No accounting period"),
        ({"VoucherType": "ZZ"}, "does not exist"),
        ({"AccountingYear": 2025}, "not in the given year"),
    ],
)
def test_period_year_and_type_must_be_open(caller: Caller, more: dict[str, Any], says: str) -> None:
    body = {"Company": "10", "VoucherType": "AVX", "VoucherDate": "2026-06-12", **more}
    assert says in refusal(caller.post(VOUCHERS, body))


def test_invoice_is_cancelled_once_and_then_closed(caller: Caller) -> None:
    number = caller.sim.rows("ManSuppInvoice", Company="10", Objstate="PostedAuth")[0]["InvoiceId"]
    url = f"{INVOICES}(Company='10',InvoiceId={number})"
    name = "ManualSupplierInvoiceHandling.ManSuppInvoice_Cancel"
    assert act(caller, url, name).json()["Objstate"] == "Cancelled"
    assert "cancelled" in refusal(caller.patch(url, {"Cf_Sent_To_Bill": "x"}, "*"))
    refusal(act(caller, url, name))


def test_item_leaves_a_pay_run_only_before_it_is_ordered(caller: Caller) -> None:
    items = f"{API}/SupplierPaymentProposalHandling.svc/ProposalItemSet"
    answers = {}
    for row in caller.rows(items):
        key = f"Company='10',ProposalId={row['ProposalId']},LedgerItemSeriesId='SI'"
        url = f"{items}({key},LedgerItemId='{row['LedgerItemId'].replace('/', '%2F')}')"
        answers[row["ProposalId"]] = caller.call("DELETE", url, headers={"if-match": "*"}).status_code
    assert answers == {501: 204, 502: 500, 503: 500, 504: 204}


def test_repeated_create_makes_a_second_record(make: Callable[..., Caller]) -> None:
    caller = make()
    first, second = (caller.post(HEADS, head(Identity="S1")).json()["LoadId"] for _ in range(2))
    assert first != second
