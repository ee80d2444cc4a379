"""BILL connected: both gateways, one shared session, reading, writing, ping."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from integrations.engine.drafts import Receipt
from integrations.engine.ports import Page, Scope, Write, Written
from integrations.engine.records import AnyRecord, Company, Dimension, Entity, GLAccount, Unreadable
from integrations.engine.targets import TargetRecord
from integrations.systems.base import AtOnce, Check
from integrations.systems.bill import changes, checks, seeding
from integrations.systems.bill.auth import SessionAuth
from integrations.systems.bill.budget import BillBudget
from integrations.systems.bill.currencies import Currencies
from integrations.systems.bill.documents import Documents
from integrations.systems.bill.errors import Classifier
from integrations.systems.bill.hook_admin import Subscriptions
from integrations.systems.bill.look_up import look_up
from integrations.systems.bill.reading import Reader
from integrations.systems.bill.settings import Options, options
from integrations.systems.bill.standing import Standings
from integrations.systems.bill.writing import Writer, made
from integrations.transport.client import ApiClient
from integrations.transport.kit import Kit


class Gateways:
    """The two gateways of one host behind one session. https://developer.bill.com/docs/environmental-differences"""

    def __init__(self, options: Options, kit: Kit) -> None:
        budget = BillBudget(kit.budgets, options)
        meaning = Classifier(budget.developer, budget.lanes, kit.now)
        at_login = Classifier(None, budget.lanes, kit.now)
        secrets = options.secrets
        self.login = ApiClient(options.data_url, kit=kit, budget=budget, classify=at_login, secrets=secrets)
        self.auth = auth = SessionAuth(options, kit, self.login, budget)
        self.data = ApiClient(options.data_url, kit=kit, budget=budget, auth=auth, classify=meaning, secrets=secrets)
        self.events = ApiClient(
            options.events_url, kit=kit, budget=budget, auth=auth, classify=meaning, secrets=secrets
        )

    def close(self) -> None:
        """Closes the connections; the session lives on for the other workers."""
        for api in (self.login, self.data, self.events):
            api.close()


class BillClient(AtOnce):
    """One organization of BILL as Client, Source and Target."""

    keyed = frozenset({Entity.INVOICE_IMAGE})

    def __init__(self, options: Options, kit: Kit) -> None:
        self._options, self._kit = options, kit
        self._gateways = Gateways(options, kit)
        api = self._gateways.data
        self._currencies = Currencies(api)
        self._reader = Reader(api, options.organization_id, self._currencies, kit.now)
        self._standings = Standings(api, self._currencies, self._reader.row)
        self._documents = Documents(api)
        self._writer = Writer(api, self._currencies, self._reader.row, options.limits, self._documents)
        self.hooks = Subscriptions(self._gateways.events)

    def __repr__(self) -> str:
        return f"<BillClient {self._options.organization_id}>"

    def ping(self) -> Sequence[Check]:
        """See Client. On connections of its own, whose requests have only a few seconds each."""
        gateways = Gateways(self._options, replace(self._kit, deadline=checks.REQUEST_SECONDS))
        try:
            return checks.ping(self._options, gateways.data, gateways.events, self._kit.now)
        finally:
            gateways.close()

    def companies(self) -> Sequence[Company]:
        """See Source."""
        return self._reader.companies()

    def read(self, entity: Entity, cursor: str, scope: Scope) -> Iterator[Page]:
        """See Source."""
        return self._reader.read(entity, cursor, scope)

    def fetch(self, entity: Entity, key: str, scope: Scope) -> AnyRecord | Unreadable | None:
        """See Source."""
        return self._reader.fetch(entity, key)

    def groups(self, writes: Sequence[Write]) -> list[list[Write]]:
        """See Target."""
        return self._writer.groups(writes)

    def write(self, writes: Sequence[Write]) -> list[Receipt]:
        """See Target."""
        return self._writer.write(writes)

    def result(self, job: str, writes: Sequence[Write]) -> Sequence[Written] | None:
        """See Target: of an image that BILL processes."""
        return self._documents.result(job, writes)

    def standing(self, entity: Entity, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """See Target."""
        return self._standings.of(entity, target_ids)

    def agrees(self, write: Write, record: TargetRecord) -> bool:
        """See Target."""
        return changes.agrees(made(write), record)

    def look_up(self, entity: Entity, **where: str) -> Iterator[TargetRecord]:
        """See Target; what `where` takes stands at `look_up.look_up`."""
        return look_up(self._gateways.data, self._currencies, entity, where)

    def create_accounts(self, accounts: Sequence[GLAccount]) -> list[GLAccount]:
        """See seeding."""
        return seeding.create_accounts(self._gateways.data, accounts)

    def create_dimensions(self, values: Sequence[Dimension]) -> list[Dimension]:
        """See seeding."""
        return seeding.create_dimensions(self._gateways.data, values)

    def close(self) -> None:
        """See Client."""
        self._gateways.close()


def connect(settings: Mapping[str, str], kit: Kit) -> BillClient:
    """A client for the settings; no IO. Raises ConnectionBroken when the address may not be reached from here."""
    return BillClient(options(settings), kit)
