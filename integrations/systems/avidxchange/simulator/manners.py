"""How an answer may look, where public programs met more than one form: the same content, differently dressed."""

import re
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from integrations.systems.avidxchange.simulator.wire import Json

Href = Literal["absolute", "relative", "foreign"]
FOREIGN = "https://elsewhere.example"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_SINCE_2019 = (
    *("Status", "InvoiceType", "TaxAmount", "Currency", "CompanyExternalCode", "ApprovedDate"),
    *("AccountNumber", "Reference"),
)


@dataclass(frozen=True)
class Manners:
    """Default: the contract's own form.

    write_answer: "sync" answers at once, "job" a 202; a job is seen unfinished `job_polls` times (None: for ever) and
    is carried out when it is taken in, unless `job_applied` is off. refusal_status: of a write of which an item failed.
    single_objects: Results and Errors of one element are that element. missing_result: the first result is left out.
    old_invoices: without the fields that public programs never saw, dates as date-times.
    """

    write_answer: Literal["sync", "job"] = "sync"
    job_polls: int | None = 2
    job_applied: bool = True
    refusal_status: int = 200
    single_objects: bool = False
    string_booleans: bool = False
    shuffled: bool = False
    missing_result: bool = False
    camel_case: bool = False
    pages_name: bool = False
    no_paging: bool = False
    hrefs: Href = "absolute"
    images: Href = "relative"
    blank_times: bool = False
    old_invoices: bool = False

    def href(self, style: Href, base: str, path: str) -> str:
        """A link to `path` of this server, or to the same path of somebody else's."""
        return {"absolute": base + path, "relative": path, "foreign": FOREIGN + path}[style]

    def dress(self, value: Any) -> Any:
        """An answer's content in the form it is sent."""
        if isinstance(value, dict):
            value = self._results(self._paging(dict(value)))
        return self._plain(value)

    def invoice(self, body: Json) -> Json:
        """An invoice as this version of the API knows it."""
        if not self.old_invoices:
            return body
        kept = {key: value for key, value in body.items() if key not in _SINCE_2019}
        kept |= {key: f"{kept[key]}T00:00:00" for key in ("InvoiceDate", "InvoiceDueDate") if kept.get(key)}
        lines = [
            {key: value for key, value in line.items() if key not in ("LineNumber", "POLineNumber")}
            for line in body["Distributions"]
        ]
        return {**kept, "Distributions": lines}

    def _paging(self, body: Json) -> Json:
        if self.no_paging:
            body.pop("Paging", None)
        elif self.pages_name and "Paging" in body:
            body["Paging"] = {"Pages" if key == "PageCount" else key: each for key, each in body["Paging"].items()}
        return body

    def _results(self, body: Json) -> Json:
        results = body.get("Results")
        if not isinstance(results, list):
            return body
        results = results[1:] if self.missing_result else list(results)
        if self.shuffled:
            results.reverse()
            Random(len(results)).shuffle(results)
        return {**body, "Results": results}

    def _plain(self, value: Any, key: str = "") -> Any:
        if self.single_objects and key in ("Results", "Errors") and isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, dict):
            return {self._key(name): self._plain(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._plain(inner) for inner in value]
        if isinstance(value, bool) and self.string_booleans:
            return str(value).lower()
        if self.blank_times and isinstance(value, str) and _TIME.fullmatch(value):
            return value.replace("T", " ")
        return value

    def _key(self, name: str) -> str:
        if not self.camel_case:
            return name
        return name.lower() if name.isupper() else name[:1].lower() + name[1:]
