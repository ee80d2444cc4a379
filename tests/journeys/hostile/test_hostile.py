"""Whole syncs against a server that answers badly: they end, neighbours are booked once, people see what is bad."""

import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection

from tenants.scope import tenant_scope
from tests.journeys.hostile.conftest import SECRETS, Place
from tests.journeys.hostile.stranger import Handler

TODAY = datetime.now(UTC).date()
LATELY = (TODAY - timedelta(days=2)).isoformat()
CARD = "4111 1111 1111 1111"


def invoice(key: Any, **fields: Any) -> dict[str, Any]:
    codes = [{"EnterpriseCodeValue": "6100", "EnterpriseCodeGroups": [{"CodeGroupName": "Accounting Codes"}]}]
    return {
        "Id": key,
        "Number": f"N-{key}",
        "Status": "Approved",
        "InvoiceDate": LATELY,
        "InvoiceDueDate": TODAY.isoformat(),
        "GrossAmount": 100.25,
        "TaxAmount": 0.00,
        "Currency": "USD",
        "BuyerVendor": {"VendorName": "Northwind", "VendorExternalSystemID": "S1"},
        "CompanyExternalCode": "10",
        "ApprovedDate": LATELY,
        "LastChangedDate": f"{LATELY}T10:00:00",
        "ImageUrl": f"/v1/invoices/{key}/image",
        "Distributions": [{"LineNumber": 1, "Amount": 100.25, "Description": "Cables", "EnterpriseCodes": codes}],
        **fields,
    }


def payment(key: int, of: int, amount: float = 100.25, **fields: Any) -> dict[str, Any]:
    return {
        "PaymentId": key,
        "Status": {"Description": "Cleared"},
        "PaymentMethod": {"Description": "Check"},
        "Amount": amount,
        "Currency": "USD",
        "PaymentDate": LATELY,
        "CompanyExternalCode": "10",
        "Payee": {"ExternalVendorCode": "S1", "Name": "Northwind"},
        "Invoices": [{"InvoiceId": of, "Number": f"N-{of}", "Gross": amount, "Discount": 0, "Net": amount}],
        **fields,
    }


# id -> (what is odd about the invoice, the code under which a person finds it)
BAD_INVOICES: dict[int, tuple[dict[str, Any], str]] = {
    101: ({"GrossAmount": "1,250.00"}, "bad_amount"),
    102: ({"grossAmount": 999}, "unreadable"),
    103: ({"InvoiceDate": "9999-99-99"}, "bad_date"),
    104: ({"Number": "x" * 2000}, "refused"),
    105: ({"BuyerVendor": {"VendorName": "V" * 300, "VendorExternalSystemID": "V" * 5000}}, "unknown_vendor"),
    106: ({"InvoiceDate": "0001-01-01T00:00:00"}, "no_invoice_date"),
    107: ({"Currency": "XXQ"}, "currency"),
    108: ({"CompanyExternalCode": "99"}, "unknown_company"),
    109: ({"Number": CARD}, "card_number"),
    110: ({"GrossAmount": -0.0}, "zero_amount"),
    111: ({"Distributions": []}, "no_lines"),
    112: ({"Status": "Sideways"}, "unknown_state"),
    113: ({"Distributions": [{"Amount": 100.25, "EnterpriseCodes": [
        {"EnterpriseCodeValue": "x" * 300, "EnterpriseCodeGroups": [{"CodeGroupName": "Region of the north " * 9}]},
    ]}]}, ""),
    114: ({"GrossAmount": 100.255}, "precision"),
    115: ({"Distributions": {"Amount": 1, "EnterpriseCodes": []}}, ""),
    116: ({"GrossAmount": "HERE NaN"}, "unreadable"),
    117: ({"GrossAmount": "HERE 1e400"}, "bad_amount"),
    118: ({"Number": "HERE 1e999999999"}, "bad_text"),
    119: ({"PONumber": "HERE " + "[" * 5000 + "]" * 5000}, "unreadable"),
}  # fmt: skip
# Whatever their images do, these go into the books.
ODD_IMAGES = [
    "https://[x",
    "//elsewhere.example/x",
    "https://elsewhere.example/x",
    "/v1/html",
    "/v1/big",
    "javascript:x",
]


def raw(row: dict[str, Any]) -> str:
    """As it goes out: what stands behind HERE without its quotes."""
    text = json.dumps(row)
    before, mark, after = text.partition('"HERE ')
    return before + after.replace('"', "", 1) if mark else text


def big(handler: Handler) -> None:
    """Announces 100 MB and begins to send them."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/pdf")
    handler.send_header("Content-Length", str(100 * 1024 * 1024))
    handler.end_headers()
    handler.close_connection = True


def fill(place: Place) -> list[str]:
    """Good invoices between bad ones; gives the numbers of the good."""
    good = []
    for n, (key, (fields, _)) in enumerate(BAD_INVOICES.items(), 1):
        place.avid.invoices[str(n)] = raw(invoice(n, ImageUrl=ODD_IMAGES[n % len(ODD_IMAGES)]))
        place.avid.invoices[str(key)] = raw(invoice(key, **fields))
        good.append(f"N-{n}")
    place.avid.invoices["201"] = raw(invoice(201, Distributions=[
        {**invoice(1)["Distributions"][0], "Description": f"card {CARD} {CARD}"}]))  # fmt: skip
    place.avid.odd["/v1/html"] = lambda handler: handler.say("<html>Sign in</html>", "text/html")
    place.avid.odd["/v1/big"] = big
    return sorted([*good, "N-201"])


def test_bad_records_are_with_a_person_and_their_neighbours_in_the_books(place: Place) -> None:
    good = fill(place)
    place.avid.payments = {
        str(key): raw(row)
        for key, row in {
            501: payment(501, 1),
            502: payment(502, 1),  # the same invoice once more
            503: payment(503, 2, Amount=99),
            504: payment(504, 9999, PaymentDate=(TODAY - timedelta(days=9)).isoformat()),
            505: payment(505, 3, Amount="HERE NaN"),
            506: payment(506, 4, Payee={"ExternalVendorCode": "S1" * 400, "Name": CARD}),
            507: payment(507, 5, CheckNumber=CARD),
            508: payment(508, 6, Status={"Description": "Sideways"}),
            509: payment(509, 7, TransactionId="9" * 500),
        }.items()
    }
    place.sync()
    assert place.booked() == good
    standing = place.standing("invoice")
    for key, (_, code) in BAD_INVOICES.items():
        name = str(key) if str(key) in standing else next(each for each in standing if each.startswith("unreadable"))
        state, found = standing[name]
        assert state == "held", (key, state, found)
        assert found == code or not code, (key, found)
    paid = place.standing("payment")
    assert {key: state for key, (state, _) in paid.items() if state != "held"} == {"501": "done", "507": "done"}
    vouchers = [row for row in place.ifs.rows("Voucher") if row["Objstate"] == "Approved"]
    assert len(vouchers) == 2
    before = len(place.ifs.ledger())
    place.sync()
    writes = [each for each in place.ifs.ledger()[before:] if each["method"] != "GET" and "token" not in each["path"]]
    assert writes == []
    nothing_leaked(place)


def nothing_leaked(place: Place) -> None:
    """No token and no card number stands in a log line or in any row of the tenant."""
    digits = CARD.replace(" ", "")
    told = "\n".join(place.logs)
    with tenant_scope(place.tenant.pk), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("integrations_", "audit_")):
                cursor.execute(f'SELECT coalesce(string_agg(t::text, chr(10)), %s) FROM "{table}" t', [""])
                told += cursor.fetchone()[0]
    assert "N-1" in told
    for secret in (*SECRETS, CARD, digits):
        assert secret not in told


def redirect(handler: Handler) -> None:
    handler.say("", status=302, Location="http://169.254.169.254/latest/meta-data")


def refused(handler: Handler) -> None:
    handler.say(json.dumps({"exception": {"reason": "no", "detail": SECRETS[0]}}), status=401)


def echo(handler: Handler) -> None:
    handler.say(f"Authorization: {handler.headers['authorization']} pan {CARD}", "text/plain", status=503)


def too_many(handler: Handler) -> None:
    handler.say("", status=429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")


def bomb(handler: Handler) -> None:
    handler.say(gzip.compress(b" " * 300_000_000, 1), Content_Encoding="gzip")


ODD = [redirect, refused, echo, too_many, bomb]


@pytest.mark.parametrize("odd", ODD, ids=[each.__name__ for each in ODD])
def test_a_sync_ends_and_says_why_and_goes_on_when_it_is_over(place: Place, odd: Any) -> None:
    place.avid.invoices["1"] = raw(invoice(1))
    place.avid.odd["GET /v1/accountingSystems/4711/invoices"] = odd
    code, report = place.sync()
    assert code == 2
    told = report.get("invoice", {})
    assert told == {} or told["failed"]
    place.avid.odd.clear()
    code, report = place.sync()
    assert code == 0
    assert "N-1" in place.booked()
    nothing_leaked(place)


_ATOMS: tuple[Any, ...] = (
    *(None, True, 0, -1, 1e300, "", [], {}, [[]], "x" * 300, "\x00", "\ud800", "0001-01-01", "9999-12-31", 10**18),
    *("4111111111111111", {"a": []}, "1,2", "//[", "HERE NaN", "HERE 1e999999999", "HERE 0e-99999", "HERE 1E-400"),
)


def spoilt(value: Any, chance: Random, share: float) -> Any:
    """`value` with some of its parts replaced by what should not be there."""
    if chance.random() < share:
        return chance.choice(_ATOMS)
    if isinstance(value, dict):
        return {name: spoilt(inner, chance, share) for name, inner in value.items() if chance.random() > share / 4}
    return [spoilt(inner, chance, share) for inner in value] if isinstance(value, list) else value


def test_however_rows_are_spoilt_each_has_a_state_and_a_reason(place: Place, tell: Any) -> None:
    seed = int(os.environ.get("HOSTILE_SEED", "20261127"))
    tell(f"hostile rows, seed {seed}")
    chance = Random(seed)
    for n in range(1, 301):
        place.avid.invoices[str(n)] = raw(spoilt(invoice(n), chance, 0.04))
    for n in range(1001, 1101):
        place.avid.payments[str(n)] = raw(spoilt(payment(n, n - 1000), chance, 0.03))
    code, report = place.sync()
    assert code in (0, 2), place.logs[-1][-3000:]
    assert not report["invoice"]["failed"]
    assert not report["payment"]["failed"]
    for entity in ("invoice", "payment"):
        found = place.standing(entity)
        assert len(found) >= 90
        assert {state for state, _ in found.values()} <= {"done", "held", "waiting", "out"}
        assert not [key for key, (state, code_) in found.items() if state != "done" and code_ in ("", "internal")]
    assert len(place.booked()) == len(set(place.booked()))
