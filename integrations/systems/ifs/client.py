"""IFS Cloud as a Source: companies, suppliers, accounts, code parts, tax codes, supplier invoices; and its ping.

All names come from the API profile. https://docs.ifs.com/techdocs/24r2/040_tailoring/300_extensibility/
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from integrations.engine.errors import ConnectionBroken, Rejected
from integrations.engine.ports import Page, Scope
from integrations.engine.records import AnyRecord, Company, Entity, Unreadable
from integrations.systems.base import Check
from integrations.systems.ifs import odata, pinging, profile, records
from integrations.systems.ifs.auth import BearerAuth
from integrations.systems.ifs.errors import classify
from integrations.systems.ifs.reading import SetReader
from integrations.systems.ifs.scans import Scanner
from integrations.systems.ifs.settings import filled
from integrations.transport.client import ApiClient
from integrations.transport.kit import Kit
from integrations.transport.rows import BadRow


class IfsClient:
    """One tenant of IFS Cloud. Thread-safe; keeps its connections. Raises Retryable or ConnectionBroken."""

    def __init__(self, values: Mapping[str, str], kit: Kit, transport: httpx.BaseTransport | None = None) -> None:
        self._kit = kit
        self._profile = profile.load(values["profile"], values["profile_overrides"])
        self._page_size = int(values["page_size"])
        self._select = values["use_select"] == "yes"
        self._root = f"/{values['endpoint']}/ifsapplications/projection/v1"
        host = urlsplit(values["base_url"]).netloc
        budget = kit.budgets(f"ifs:{host}", per_minute=int(values["requests_per_minute"]))
        self._auth = BearerAuth(values, kit, transport)
        self._api = ApiClient(
            values["base_url"],
            kit=kit,
            budget=budget,
            auth=self._auth,
            classify=classify,
            headers={"Accept": "application/json"},
            secrets=(values["client_secret"],),
            transport=transport,
        )

    def __repr__(self) -> str:
        return "<IfsClient>"

    def close(self) -> None:
        """Closes the connections."""
        self._api.close()
        self._auth.close()

    def ping(self) -> Sequence[Check]:
        """See Client."""
        return pinging.ping(self._api, self._auth, self._profile, self._root, self._kit.now)

    def companies(self) -> Sequence[Company]:
        """The companies that the service user may see, by code."""
        rows = self._reader("company").all([])
        return tuple(records.company(row) for row in rows if not isinstance(row, BadRow))

    def read(self, entity: Entity, cursor: str, scope: Scope) -> Iterator[Page]:
        """See Source. One whole scan in key order, or what changed where the profile names a change column."""
        return self._scanner(scope).read(entity, cursor)

    def fetch(self, entity: Entity, key: str, scope: Scope) -> AnyRecord | Unreadable | None:
        """See Source."""
        return self._scanner(scope).fetch(entity, key)

    def mark(self, name: str, key: Mapping[str, str], fields: Mapping[str, Any], etag: str) -> str:
        """PATCH `fields` (the tenant's names) of one row of the set `name`; gives its new ETag, "" when none is said.

        `etag` goes out byte for byte as If-Match. Raises Retryable `stale_version` (412), Rejected, OutcomeUnknown.
        """
        if not etag:
            raise Rejected("IFS gave no ETag for this record, so it cannot be changed safely.", code="no_etag")
        spec = self._profile.sets[name]
        parts = {
            spec.fields[ours]: odata.literal(value, spec.key[ours], spec.enum(ours)) for ours, value in key.items()
        }
        path = f"{self._root}/{spec.set}{odata.key_predicate(parts)}"
        answer = self._api.send("PATCH", path, json=dict(fields), headers={"If-Match": etag})
        if answer.status == 404:
            raise Rejected("The record is not in IFS any more, or not visible to the service user.", code="gone")
        body = answer.peek(dict) if answer.body else None
        found = (body or {}).get("@odata.etag") or answer.headers.get("etag", "")
        return str(found)

    def _scanner(self, scope: Scope) -> Scanner:
        if not scope.company:
            raise ConnectionBroken("No company is chosen for this integration.", code="company")
        return Scanner(self._reader, self._profile, scope, self._kit.now)

    def _reader(self, name: str) -> SetReader:
        """A reader of a set of the profile; "path|name" reads the set `name` under a navigation path."""
        path, _, navigated = name.partition("|")
        spec = self._profile.sets[navigated or name.split(" ")[0]]
        if name.startswith("code_part_value "):
            spec = spec.for_part(name.rsplit(" ", 1)[1])
        if navigated:
            return SetReader(self._api, self._root, navigated, spec, self._page_size, select=False, path=path)
        return SetReader(self._api, self._root, name.split(" ")[0], spec, self._page_size, select=self._select)


def connect(settings: Mapping[str, str], kit: Kit) -> IfsClient:
    """A client of the tenant that `settings` describe; no IO. Raises ConnectionBroken for settings that cannot work."""
    return IfsClient(filled(settings), kit)
