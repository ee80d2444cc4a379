"""Invoices of the ERP become bills: the direction from IFS to BILL."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from integrations.systems.ifs import simulator as ifs_simulator
from tests.journeys.chaos.direction import Direction
from tests.journeys.chaos.judge import Document
from tests.journeys.chaos.prepare import Tenancy
from tests.journeys.chaos.seeds import Seeds
from tests.journeys.chaos.world import World

Json = dict[str, Any]


class Outward(Direction):
    """`visible_after`: seconds by which BILL's lists lag, `search_lag`: what the connection allows for that.

    `released`: how many invoices the ERP has authorised at first; None: all of them.
    """

    target = "ap"
    writes = {"invoice": ("/v3/bills",), "vendor": ("/v3/vendors",)}
    looks = "/v3/bills"

    def __init__(self, seeds: Seeds, visible_after: int, search_lag: int, released: int | None = None) -> None:
        self.seeds, self.wanted, self.released = seeds, seeds.wanted, released
        self.records = {"invoice": seeds.invoices}
        self.held = {"invoice": len(seeds.poison)}
        self.withheld: list[Json] = []
        self._visible_after, self._search_lag = visible_after, search_lag

    def servers(self, folder: Path) -> dict[str, Sequence[str]]:
        """See Direction."""
        data, self.withheld = fill(folder, self.seeds, self.released)
        bill = ("-m", "tests.journeys.chaos.stand_in", str(self._visible_after))
        return {"erp": serving_ifs(data), "ap": bill}

    def tenancy(self, erp: str, ap: str) -> Tenancy:
        """See Direction."""
        return tenancy(erp, ap, self._search_lag)

    def release(self, place: World, count: int) -> None:
        """Somebody authorises them in the ERP."""
        for key in self.withheld[:count]:
            place.erp.told("edit", entity="ManSuppInvoice", key=key, fields={"Objstate": "PostedAuth"})
        del self.withheld[:count]

    def found(self, place: World) -> Counter[Document]:
        """Vendors with a number of the ERP, their bills and credits."""
        vendors = [row for row in dump(place, "vendors") if row.get("shortName")]
        supplier = {row["id"]: str(row["shortName"]) for row in vendors}
        accounts = {row["id"]: str(row["account"]["number"]) for row in dump(place, "chart-of-accounts")}
        rows = [row for kind in ("bills", "vendor-credits") for row in dump(place, kind) if row["vendorId"] in supplier]
        found = Counter(_document(row, supplier, accounts) for row in rows)
        return found + Counter(Document("vendor", name) for name in supplier.values())


def fill(folder: Path, seeds: Seeds, released: int | None) -> tuple[Path, list[Json]]:
    """The ERP's data as a file, and the keys of those invoices that wait for their release."""
    data = folder / "ifs.sqlite3"
    erp = ifs_simulator.build({"data": str(data), "ledger": str(seeds.file), "currency": "USD"})
    rows = erp.rows("ManSuppInvoice")[released:] if released is not None else []
    withheld = [{"Company": row["Company"], "InvoiceId": row["InvoiceId"]} for row in rows]
    for key in withheld:
        erp.edit("ManSuppInvoice", key, Objstate="Preliminary")
    erp.close()
    return data, withheld


def serving_ifs(data: Path, *options: str) -> Sequence[str]:
    """The command that serves the stand-in for IFS on a file."""
    given = [word for option in options for word in ("--option", option)]
    return ("manage.py", "simulate", "ifs", "--port", "0", "--control", "--data", str(data), *given)


def tenancy(ifs_url: str, bill_url: str, lag: int, name: str = "chaos", secret: str = "demo-secret") -> Tenancy:
    """A tenant that sends bills; `secret` is the ERP's client secret where it is not the right one."""
    erp = {"base_url": ifs_url, "realm": "demo", "client_id": "ml-connector", "client_secret": secret}
    ap = {
        "environment": "own",
        "base_url": bill_url,
        "organization_id": organization_of(name),
        "dev_key": "demo-dev-key",
        "credential_kind": "sync_token",
        "username": "ml-connector",
        "password": "demo-token",
        "search_lag": str(lag),
    }
    return {
        "name": name,
        "ap": "bill",
        "erp_settings": erp,
        "ap_settings": ap,
        "policy": {"match_by_number": True},
        "mappings": {"dimensions.B": "department"},
    }


def organization_of(name: str) -> str:
    """Each tenant has an organization of its own at BILL; the developer key is shared."""
    return f"008{name.upper():0<17.17}"


def dump(place: World, entity: str) -> list[Json]:
    """All records of a kind that the BILL stand-in holds."""
    found: list[Json] = []
    after: int | None = 0
    while after is not None:
        answer = place.ap.dump(entity=entity, after=after)
        found, after = found + answer["rows"], answer["next"]
    return found


def _document(row: Json, supplier: dict[str, str], accounts: dict[str, str]) -> Document:
    credit = "referenceNumber" in row
    lines = row["vendorCreditLineItems"] if credit else row["billLineItems"]
    places = [accounts[line["classifications"]["chartOfAccountId"]] for line in lines]
    coded = sorted(zip(places, (Decimal(str(line["amount"])) for line in lines), strict=True))
    number = row["referenceNumber"] if credit else row["invoice"]["invoiceNumber"]
    day = row["creditDate"] if credit else row["invoice"]["invoiceDate"]
    return Document(
        "credit" if credit else "bill",
        supplier[row["vendorId"]],
        str(number),
        str(day),
        Decimal(str(row["amount"])),
        tuple(coded),
    )
