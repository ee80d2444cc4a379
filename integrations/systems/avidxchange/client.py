"""AvidXchange connected: one accounting system of a customer, by the names of its API profile."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from integrations.engine.drafts import VendorDraft
from integrations.engine.ports import Document, Page, Scope, Write, Written
from integrations.engine.records import AnyRecord, Company, Entity, Unreadable
from integrations.engine.targets import TargetRecord
from integrations.systems.avidxchange import documents
from integrations.systems.avidxchange.auth import signing
from integrations.systems.avidxchange.checks import REQUEST_SECONDS, Ping
from integrations.systems.avidxchange.drafts import OPERATIONS, made
from integrations.systems.avidxchange.errors import Classifier
from integrations.systems.avidxchange.reading import Reader
from integrations.systems.avidxchange.records import Canon
from integrations.systems.avidxchange.service import Service
from integrations.systems.avidxchange.settings import Options, options
from integrations.systems.avidxchange.vendors import LIST as VENDORS
from integrations.systems.avidxchange.vendors import Vendors, told
from integrations.systems.avidxchange.writing import Writer
from integrations.systems.base import Check
from integrations.transport.client import ApiClient
from integrations.transport.kit import Kit


class Line:
    """The signed connection to the API, under the limits of the profile."""

    def __init__(self, options: Options, kit: Kit) -> None:
        limits, secrets = options.profile.limits, options.secrets
        kit = replace(kit, deadline=min(kit.deadline, limits.read_s))
        name = f"avidxchange:{urlsplit(options.base_url).netloc}:{options.digest[:16]}"
        budget = kit.budgets(name, per_minute=limits.per_minute, lanes=limits.concurrency)
        self._auth = auth = signing(options, kit, budget)
        meaning = Classifier(budget, kit.now, options.profile.writes.results, lambda: auth.secrets)
        self._api = ApiClient(
            options.base_url,
            kit=kit,
            budget=budget,
            auth=auth,
            classify=meaning,
            caps=documents.CAPS,
            secrets=secrets,
        )
        self.service = Service(self._api, options, lambda: auth.secrets)

    def close(self) -> None:
        """Closes the connections; a token lives on for the other workers."""
        self._api.close()
        self._auth.close()


class AvidXchangeClient:
    """One accounting system as Client, Source, Target and keeper of documents. Thread-safe."""

    keyed = frozenset(OPERATIONS)

    def __init__(self, options: Options, kit: Kit) -> None:
        self._options, self._kit = options, kit
        self._line = Line(options, kit)
        self._canon = Canon(options.profile)
        service = self._line.service
        self._reader = Reader(service, self._canon, options.backfill_days, kit.now)
        self._vendors = Vendors(service, self._canon)
        self._writer = Writer(service, options)
        listed = {Entity.VENDOR} if options.profile.offers(VENDORS) else set()
        self.blind = self.keyed - listed

    def __repr__(self) -> str:
        return f"<AvidXchangeClient {self._options.acct}>"

    def ping(self) -> Sequence[Check]:
        """See Client. On connections of its own, whose requests have only a few seconds each."""
        line = Line(self._options, replace(self._kit, deadline=REQUEST_SECONDS))
        try:
            return Ping(self._options, line.service, self._canon, self._kit.now).checks()
        finally:
            line.close()

    def companies(self) -> Sequence[Company]:
        """See Source: the accounting systems that the credentials may see."""
        return self._reader.companies()

    def read(self, entity: Entity, cursor: str, scope: Scope) -> Iterator[Page]:
        """See Source. Whose company a record is of, is said in it and decided elsewhere."""
        return self._reader.read(entity, cursor, scope)

    def fetch(self, entity: Entity, key: str, scope: Scope) -> AnyRecord | Unreadable | None:
        """See Source."""
        return self._reader.fetch(entity, key)

    def document(self, ref: str, most: int = documents.MOST_BYTES) -> Document:
        """See Documents: the image of an invoice."""
        return documents.document(self._line.service, ref, most)

    def groups(self, writes: Sequence[Write]) -> list[list[Write]]:
        """See Target."""
        return self._writer.groups(writes)

    def write(self, writes: Sequence[Write]) -> list[Written]:
        """See Target."""
        return self._writer.write(writes)

    def result(self, job: str, writes: Sequence[Write]) -> list[Written] | None:
        """See Target."""
        return self._writer.result(job, writes)

    def standing(self, entity: Entity, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """See Target. Of what cannot be read back, nothing is known."""
        return {} if entity in self.blind else self._vendors.standing(target_ids)

    def agrees(self, write: Write, record: TargetRecord) -> bool:
        """See Target. A vendor stands as it was written; of the rest nobody can tell."""
        draft = made(write.draft)
        return isinstance(draft, VendorDraft) and told(draft, write.target_id).items() <= record.echo.items()

    def look_up(self, entity: Entity, **where: str) -> Iterator[TargetRecord]:
        """See Target; what `where` takes stands at `Vendors.look_up`."""
        return self._vendors.look_up(entity, where)

    def close(self) -> None:
        """See Client."""
        self._line.close()


def connect(settings: Mapping[str, str], kit: Kit) -> AvidXchangeClient:
    """A client for the settings; no IO. Raises ConnectionBroken when they, or the profile, cannot be used."""
    return AvidXchangeClient(options(settings), kit)
