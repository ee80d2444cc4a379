"""IFS Cloud as a Source of masters, orders, supplier invoices and proposals, as a Target of its books; and its ping.

All names come from the API profile. https://docs.ifs.com/techdocs/24r2/040_tailoring/300_extensibility/
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from integrations.engine.balances import Movement
from integrations.engine.drafts import Receipt
from integrations.engine.errors import ConnectionBroken
from integrations.engine.ports import Document, Page, Scope, Write
from integrations.engine.records import MARKS, AnyRecord, Company, Entity, Unreadable
from integrations.engine.targets import TargetRecord
from integrations.systems.base import AtOnce, Check
from integrations.systems.ifs import desk, pinging, profile, proposals, records, scans
from integrations.systems.ifs.auth import BearerAuth
from integrations.systems.ifs.balances import Accounts
from integrations.systems.ifs.books import BOOKED, Books
from integrations.systems.ifs.documents import Shelves
from integrations.systems.ifs.editing import Editors
from integrations.systems.ifs.errors import classify
from integrations.systems.ifs.kinds import View
from integrations.systems.ifs.reading import SetReader
from integrations.systems.ifs.settings import filled
from integrations.systems.ifs.writing import Marker
from integrations.transport.client import ApiClient
from integrations.transport.kit import Kit
from integrations.transport.rows import BadRow

# A page is saved whole or not at all, and each supplier on it may cost a request for its address types.
SUPPLIERS_A_PAGE = 200


class IfsClient(AtOnce):
    """One tenant of IFS Cloud. Thread-safe; keeps its connections. Raises Retryable or ConnectionBroken."""

    keyed = frozenset({Entity.VENDOR, Entity.INVOICE, Entity.PAYMENT})

    def __init__(self, values: Mapping[str, str], kit: Kit) -> None:
        self._kit = kit
        self._profile = profile.load(values["profile"], values["profile_overrides"])
        self._page_size = int(values["page_size"])
        self._select = values["use_select"] == "yes"
        self._root = f"/{values['endpoint']}/ifsapplications/projection/v1"
        host = urlsplit(values["base_url"]).netloc
        self._per_minute = int(values["requests_per_minute"])
        budget = kit.budgets(f"ifs:{host}", per_minute=self._per_minute)
        self._readers: dict[str, SetReader] = {}
        self._auth = BearerAuth(values, kit)
        self._api = ApiClient(
            values["base_url"],
            kit=kit,
            budget=budget,
            auth=self._auth,
            classify=classify,
            headers={"Accept": "application/json"},
            secrets=(values["client_secret"],),
        )
        editors = Editors(self._api, self._root, self._profile.sets | self._profile.written)
        self._marker = Marker(self._api, self._root, self._profile)
        self._desk = desk.Desk(self._marker, editors, self._profile)
        self._shelves = Shelves(editors)
        self._books = Books(self._reader, editors, self._profile, self._currencies)
        self._accounts = Accounts(self._reader, editors("voucher"), self._profile)

    def __repr__(self) -> str:
        return "<IfsClient>"

    def close(self) -> None:
        """Closes the connections."""
        self._api.close()
        self._auth.close()

    def ping(self) -> Sequence[Check]:
        """See Client."""
        limits = (self._page_size, self._per_minute)
        return pinging.Ping(self._api, self._profile, self._root, self._kit.now, *limits).checks()

    def companies(self) -> Sequence[Company]:
        """The companies that the service user may see, by code; rows that cannot be read are left out."""
        return tuple(records.company(row) for row in self._reader("company").all() if not isinstance(row, BadRow))

    def read(self, entity: Entity, cursor: str, scope: Scope) -> Iterator[Page]:
        """See Source: one whole scan in key order, then what changed where the profile names a change column."""
        view = self._view(scope)
        return scans.Scan(scans.kind_of(entity, view), view).pages(cursor)

    def fetch(self, entity: Entity, key: str, scope: Scope) -> AnyRecord | Unreadable | None:
        """See Source. The same content as `read` gives, so that a version or hash of both can be compared."""
        view = self._view(scope)
        return scans.Scan(scans.kind_of(entity, view), view).one(key)

    def document(self, ref: str, most: int) -> Document:
        """See Documents: the image of an invoice."""
        return self._shelves.document(ref, most)

    def look_up(self, entity: Entity, **where: str) -> Iterator[TargetRecord]:
        """What IFS is about to pay by itself (PAYMENT_PROPOSAL), or the invoices in its books (INVOICE).

        Of one `company` or of all we may see; invoices of these `vendors` (keys, one a line) or with `number`.
        Marks and vouchers are not listed: they are found by their own key, see `standing`.
        """
        company = where.get("company", "")
        if entity is Entity.PAYMENT_PROPOSAL:
            yield from proposals.proposed(self._reader, self._profile, company)
        elif entity is Entity.INVOICE:
            vendors = [each for each in where.get("vendors", "").split("\n") if each]
            yield from self._books.invoices(company, vendors, where.get("number", ""))

    def groups(self, writes: Sequence[Write]) -> list[list[Write]]:
        """See Target. IFS takes one record a request."""
        return [[write] for write in writes]

    def write(self, writes: Sequence[Write]) -> list[Receipt]:
        """See Target: marks, new suppliers, booked invoices, vouchers, invoices taken out of payment proposals."""
        return [self._desk.write(write) for write in writes]

    def standing(self, entity: Entity, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """See Target: the marks, VENDOR, INVOICE and PAYMENT."""
        if entity in MARKS:
            return self._marker.standing(target_ids)
        if entity is Entity.VENDOR:
            return self._desk.suppliers.standing(target_ids)
        return self._books.standing(entity, target_ids)

    def agrees(self, write: Write, record: TargetRecord) -> bool:
        """See Target."""
        return desk.agrees(write.draft, record)

    def movements(self, company: str, accounts: Sequence[str]) -> Iterator[Movement]:
        """See Ledger."""
        return self._accounts.movements(company, accounts)

    def _currencies(self) -> Mapping[str, str]:
        return {company.key: company.currency for company in self.companies()}

    def _view(self, scope: Scope) -> View:
        if not scope.company:
            raise ConnectionBroken("No company is chosen for this integration.", code="company")
        return View(self._reader, self._profile, scope, self._kit.now)

    def _reader(self, name: str) -> SetReader:
        """The reader of a set of the profile, kept; "path|name" reads the set `name` under a navigation path."""
        path, _, navigated = name.rpartition("|")
        if path:
            spec = self._profile.sets[navigated]
            return SetReader(self._api, self._root, navigated, spec, self._page_size, select=False, path=path)
        if name not in self._readers:
            plain, _, part = name.partition(" ")
            spec = self._profile.booked_invoice if plain == BOOKED else self._profile.sets[plain]
            spec = spec.for_part(part) if part else spec
            plain = "invoice" if plain == BOOKED else plain
            size = min(self._page_size, SUPPLIERS_A_PAGE) if plain == "supplier" else self._page_size
            self._readers[name] = SetReader(self._api, self._root, plain, spec, size, select=self._select)
        return self._readers[name]


def connect(settings: Mapping[str, str], kit: Kit) -> IfsClient:
    """A client of the tenant that `settings` describe; no IO. Raises ConnectionBroken for settings that cannot work."""
    return IfsClient(filled(settings), kit)
