"""Vendors: create, change, archive.

Vendor pages: https://developer.bill.com/reference/createvendor https://developer.bill.com/reference/updatevendor
"""

from integrations.systems.bill.simulator.bulk import bulk, set_archived, single
from integrations.systems.bill.simulator.call import Answer, Call, Route
from integrations.systems.bill.simulator.checks import Checks, merged
from integrations.systems.bill.simulator.errors import entity, untrusted
from integrations.systems.bill.simulator.listing import list_rows
from integrations.systems.bill.simulator.rows import Row
from integrations.systems.bill.simulator.wire import CURRENCIES, Json, decode, encode, without_empty

KIND = "vendors"
_ACCOUNT_TYPES = frozenset({"BUSINESS", "PERSON", "NONE"})
_WRITABLE = [
    "name", "shortName", "accountNumber", "accountType", "email", "phone", "address", "paymentInformation",
    "additionalInfo", "billCurrency", "autoPay",
]  # fmt: skip
_ADDRESS = ["line1", "line2", "city", "stateOrProvince", "zipOrPostalCode", "country"]
_COUNTRIES = {"US": "UNITED STATES", "CA": "CANADA", "MX": "MEXICO", "GB": "UNITED KINGDOM", "DE": "GERMANY"}


def _check(checks: Checks, item: Json, path: str, *, create: bool) -> None:
    if create or item.get("name") is not None:
        checks.text(item, "name", path, required=True, longest=100)
    checks.text(item, "shortName", path, longest=40)
    checks.text(item, "accountNumber", path, longest=100)
    checks.choice(item, "accountType", path, _ACCOUNT_TYPES)
    checks.pattern(item, "email", path, r"[^@\s]+@[^@\s]+")
    checks.text(item, "phone", path, longest=50)
    address = checks.object(item, "address", path, required=create)
    if address is not None:
        inside = f"{path}address."
        for name in _ADDRESS[:-1]:
            required = create and name in ("line1", "city", "zipOrPostalCode")
            checks.text(address, name, inside, required=required, longest=100)
        checks.pattern(address, "country", inside, "[A-Z]{2}", required=create)
    checks.choice(item, "billCurrency", path, CURRENCIES)
    for name in ("paymentInformation", "additionalInfo", "autoPay"):
        checks.object(item, name, path)


def check_create(checks: Checks, item: Json, path: str) -> None:
    """Everything wrong with the form of a new vendor."""
    _check(checks, item, path, create=True)


def _check_change(checks: Checks, item: Json, path: str) -> None:
    _check(checks, item, path, create=False)


def _protected(call: Call, item: Json) -> None:
    """Bank accounts and automatic payment need a trusted session; bank numbers are not kept."""
    payment = item.get("paymentInformation") or {}
    if not call.session.trusted and (payment.get("bankAccount") or (item.get("autoPay") or {}).get("enabled")):
        raise untrusted()


def _with_country(address: Json) -> Json:
    kept = {name: address[name] for name in _ADDRESS if address.get(name)}
    kept["countryName"] = _COUNTRIES.get(kept.get("country", ""), kept.get("country", ""))
    return kept


def new_body(identity: str, item: Json, currency: str) -> Json:
    """The stored vendor for what was sent."""
    payment = dict(item.get("paymentInformation") or {})
    has_bank = bool(payment.pop("bankAccount", None))
    given = {name: item.get(name) for name in _WRITABLE}
    body = {
        "id": identity,
        "archived": False,
        **given,
        "address": _with_country(item.get("address") or {}),
        "accountType": item.get("accountType") or "NONE",
        "billCurrency": item.get("billCurrency") or currency,
        "paymentInformation": {
            "payeeName": item["name"],
            "payByType": "ACH" if has_bank else "CHECK",
            **payment,
        },
        "bankAccountStatus": "NO_NET_LINKED_ACCOUNT" if has_bank else "NO_ACCOUNT",
        "networkStatus": "NOT_CONNECTED",
        "recurringPayments": False,
    }
    return without_empty(body)


def _build(call: Call, item: Json) -> Row:
    _protected(call, item)
    world = call.world
    body = new_body(world.rows.ids.new("009"), item, world.config.base_currency)
    return Row(call.organization, KIND, body)


def _store(call: Call, rows: list[Row]) -> None:
    call.world.rows.insert(rows)
    for row in rows:
        call.world.events.emit(call.organization, "vendor.created", row.body)


def create(call: Call) -> Answer:
    """POST /v3/vendors"""
    row = single(call.object(), check_create, lambda item: _build(call, item))
    _store(call, [row])
    return Answer.of(row.body, 201)


def create_bulk(call: Call) -> Answer:
    """POST /v3/vendors/bulk: at most 20, all or nothing"""
    build, store = (lambda item: _build(call, item)), (lambda rows: _store(call, rows))
    rows = bulk(call, call.items(20), check_create, build, store)
    return Answer.of({"vendors": [row.body for row in rows]}, 201)


def change(call: Call) -> Answer:
    """PATCH /v3/vendors/{id}: what is sent replaces; moves updatedTime even when nothing differs"""
    row = call.row(KIND)

    def build(item: Json) -> Row:
        _protected(call, item)
        sent = {name: item[name] for name in _WRITABLE if item.get(name) is not None}
        if row.body["networkStatus"].startswith("CONNECTED"):
            if call.world.config.connected_vendor_edits == "refuse" and sent.keys() & {"name", "address"}:
                raise entity(422, "Name and address of a connected vendor cannot be changed.")
            sent = {name: value for name, value in sent.items() if name not in ("name", "address")}
        currency = sent.get("billCurrency")
        in_use = call.world.rows.vendor_has(call.organization, row.id, ("bills", "payments"))
        if currency and currency != row.body["billCurrency"] and in_use:
            raise entity(422, "The currency of a vendor with bills or payments cannot be changed.")
        payment = sent.get("paymentInformation") or {}
        sent["paymentInformation"] = {name: value for name, value in payment.items() if name != "bankAccount"}
        body = merged(row.body, sent)
        body["address"] = _with_country(body["address"])
        return Row(row.organization, KIND, without_empty(body))

    changed = single(call.object(), _check_change, build)
    call.world.rows.save(changed)
    call.world.events.emit(call.organization, "vendor.updated", changed.body)
    return Answer.of(changed.body)


def get(call: Call) -> Answer:
    """GET /v3/vendors/{id}"""
    return Answer.of(call.row(KIND).body)


def _thin(body: str, _vendor_name: str) -> str:
    vendor = decode(body)
    for name in ("paymentInformation", "additionalInfo", "balance"):
        vendor.pop(name, None)
    return encode(vendor).decode()


def show_list(call: Call) -> Answer:
    """GET /v3/vendors"""
    return list_rows(call, KIND, _thin) if call.world.config.thin_vendor_lists else list_rows(call, KIND)


def archive(call: Call) -> Answer:
    """POST /v3/vendors/{id}/archive"""
    row = call.row(KIND)
    if set_archived(call, row, True):
        call.world.events.emit(call.organization, "vendor.archived", row.body)
    return Answer.of(row.body)


def restore(call: Call) -> Answer:
    """POST /v3/vendors/{id}/restore"""
    row = call.row(KIND)
    if set_archived(call, row, False):
        call.world.events.emit(call.organization, "vendor.restored", row.body)
    return Answer.of(row.body)


def configuration(call: Call) -> Answer:
    """GET /v3/vendors/{id}/configuration: nothing special is required of any vendor"""
    call.row(KIND)
    return Answer.of({"internationalPayments": {"paymentPurpose": {"required": False}, "validations": {"fields": []}}})


ROUTES: list[Route] = [
    ("GET", "/v3/vendors", show_list),
    ("POST", "/v3/vendors", create),
    ("POST", "/v3/vendors/bulk", create_bulk),
    ("GET", "/v3/vendors/{id}", get),
    ("PATCH", "/v3/vendors/{id}", change),
    ("POST", "/v3/vendors/{id}/archive", archive),
    ("POST", "/v3/vendors/{id}/restore", restore),
    ("GET", "/v3/vendors/{id}/configuration", configuration),
]
