"""The calls that a connection's profile offers. Every one carries the company; none leaves the connection's address."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote, urljoin, urlsplit

from integrations.engine.errors import ConnectionBroken, Rejected
from integrations.systems.avidxchange.cards import kept_out_of_errors
from integrations.systems.avidxchange.errors import no_such_address
from integrations.systems.avidxchange.profile import Operation, Profile
from integrations.systems.avidxchange.rules import SLOT
from integrations.systems.avidxchange.settings import Options
from integrations.systems.avidxchange.wire import Tree, Unfit, lowered
from integrations.transport.answer import Answer
from integrations.transport.client import ApiClient

READ_REFUSED = "read_refused"
NOT_OFFERED = "not_offered"


class Service:
    """One connection's calls by their name in the profile; `secrets()` are the tokens that an answer may repeat.

    Raises ConnectionBroken for a call that the profile does not offer, or that needs an accounting system when none is
    chosen; and what ApiClient raises, without card numbers.
    """

    def __init__(self, api: ApiClient, options: Options, secrets: Callable[[], tuple[str, ...]]) -> None:
        self._api, self._options, self._secrets = api, options, secrets

    @property
    def profile(self) -> Profile:
        """The names of everything."""
        return self._options.profile

    def path(self, name: str, **parts: str) -> str:
        """Where the call `name` goes, behind the connection's address."""
        return self.profile.api_prefix + self._filled(self._operation(name).path, parts)

    def list(self, name: str, params: Mapping[str, str]) -> Answer:
        """A list; that it is not there means that the profile is wrong."""
        answer = self.get(name, params)
        if answer.status == 404:
            raise no_such_address(answer, name)
        return answer

    def get(self, name: str, params: Mapping[str, str] = {}, **parts: str) -> Answer:
        """Reads; a 404 is an answer."""
        query = self._query(self._operation(name), params)
        return self._read(self.path(name, **parts), query, {})

    def follow(self, link: str, headers: Mapping[str, str] = {}) -> Answer:
        """Reads what a link leads to.

        Raises ConnectionBroken when that is another server or no address at all: nothing is sent there.
        """
        try:
            url = self._resolved(link)
        except ValueError:  # such as half an address in brackets
            words = "AvidXchange gives a link that is no address. Correct it there."
            raise ConnectionBroken(words, code="bad_address") from None
        asked = {key for key, _, _ in (part.partition("=") for part in urlsplit(url).query.split("&"))}
        query = {key: value for key, value in self._company_params().items() if key not in asked}
        return self._read(url, query, headers)

    def send(self, name: str, body: object, send_by: datetime, headers: Mapping[str, str]) -> Answer:
        """Writes, once."""
        operation = self._operation(name)
        with kept_out_of_errors():
            answer = self._api.send(
                operation.method,
                self.path(name),
                params=self._query(operation, {}),
                json=body,
                headers=self._headers() | dict(headers),
                send_by=send_by,
            )
        if answer.status == 404:
            raise no_such_address(answer, name)
        return self._known(answer)

    def object(self, answer: Answer) -> Tree:
        """The object that an answer holds, keys in lower case. Raises what `unreadable` gives."""
        with kept_out_of_errors():
            try:
                found: Tree = lowered(answer.decode(dict))
            except Unfit as error:
                raise answer.unreadable(str(error)) from None
        return found

    def _read(self, url: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Raises ConnectionBroken `read_refused` for a read that is refused: its names are at fault, no record is."""
        with kept_out_of_errors():
            try:
                return self._known(self._api.get(url, params=query, headers=self._headers() | dict(headers)))
            except Rejected as error:
                words = f"{error.message} Correct the API profile of this connection."
                raise ConnectionBroken(words, code=READ_REFUSED, detail=error.detail) from None

    def _known(self, answer: Answer) -> Answer:
        """The answer, knowing the tokens that it may repeat."""
        return replace(answer, secrets=(*answer.secrets, *self._secrets()))

    def _operation(self, name: str) -> Operation:
        found = self.profile.operations.get(name)
        if found is None:
            raise ConnectionBroken(f"{name} is not available with this API profile.", code=NOT_OFFERED)
        return found

    def _filled(self, template: str, parts: Mapping[str, str]) -> str:
        """The path with its parts, percent-encoded."""
        return SLOT.sub(lambda slot: quote(self._value(slot[1], parts), safe=""), template)

    def _value(self, slot: str, parts: Mapping[str, str]) -> str:
        known = {"acct": self._options.acct, "company_id": self._options.company_id, **parts}
        if not known.get(slot):
            what = "accounting system" if slot == "acct" else slot.replace("_", " ")
            raise ConnectionBroken(f"Enter the {what} in the connection's settings; the ping lists them.", code=slot)
        return known[slot]

    def _query(self, operation: Operation, params: Mapping[str, str]) -> dict[str, str]:
        own = {key: SLOT.sub(lambda slot: self._value(slot[1], {}), value) for key, value in operation.params.items()}
        return own | dict(params) | self._company_params()

    def _company_params(self) -> dict[str, str]:
        return self._company() if self.profile.company.send_as == "query" else {}

    def _headers(self) -> dict[str, str]:
        return self._company() if self.profile.company.send_as == "header" else {}

    def _company(self) -> dict[str, str]:
        return {self.profile.company.name: self._options.company_id} if self._options.company_id else {}

    def _resolved(self, link: str) -> str:
        """A link as ApiClient takes it: one that begins with a slash stands behind the connection's address."""
        if link.startswith("//") or not link.startswith("/"):
            return urljoin(f"{self._options.base_url}/", link)
        base = urlsplit(self._options.base_url).path
        return link.removeprefix(base) if base and link.startswith(f"{base}/") else link
