"""IFS as a Target: fields that say "this was sent", written back on the source record itself.

Read, check, PATCH with the ETag just read: https://docs.ifs.com/techdocs/24r2/040_tailoring/300_extensibility/. IFS
refuses a stale one with 412; then the record is read and judged again. A record that says so already is left alone.
"""

from collections.abc import Sequence
from typing import Any

from integrations.engine.drafts import MarkDraft, Receipt
from integrations.engine.errors import Rejected
from integrations.engine.ports import Write
from integrations.engine.records import Entity
from integrations.engine.targets import TargetRecord
from integrations.systems.ifs import odata
from integrations.systems.ifs.profile import Profile, SetSpec
from integrations.transport.client import ApiClient

_SETS = {Entity.INVOICE: "invoice", Entity.VENDOR: "supplier"}
_OVER = "cancelled"
_UNTAGGED = "precondition"  # of a 428: IFS saw no If-Match


class Marker:
    """Marks records of one tenant. Thread-safe."""

    def __init__(self, api: ApiClient, root: str, profile: Profile) -> None:
        self._api, self._root, self._profile = api, root, profile

    def mark(self, write: Write, draft: MarkDraft) -> Receipt:
        """Raises a stale Retryable on a 412: somebody changed the record between our read and our write."""
        spec = self._allowed(draft)
        try:
            return self._marked(spec, draft, write)
        except Rejected as error:
            if error.code != _UNTAGGED:
                raise
            return self._marked(spec, draft, write)  # nothing was written: read and said once more

    def _marked(self, spec: SetSpec, draft: MarkDraft, write: Write) -> Receipt:
        row = self._read(spec, draft.key)
        if row is None:
            raise Rejected("The record is not in IFS any more, or hidden from the service user.", code="gone")
        if self._is_over(draft.entity, row):
            raise Rejected("The record was cancelled in IFS; it is not marked any more.", code=_OVER)
        if all(row.get(name) == value for name, value in draft.fields.items()):
            return Receipt(target_id=draft.key, version=_etag(row), echo=_said(draft))
        return self._patch(spec, draft, row, write)

    def standing(self, keys: Sequence[str]) -> dict[str, TargetRecord]:
        """The marked invoices as they stand now; `echo` are the fields that may be written back."""
        found = {}
        spec = self._profile.sets["invoice"]
        for key in keys:
            row = self._read(spec, key)
            if row is not None:
                names = self._profile.write_back.get("invoice", ())
                found[key] = TargetRecord(
                    target_id=key,
                    version=_etag(row),
                    active=not self._is_over(Entity.INVOICE, row),
                    echo={name: str(row[name]) for name in names if row.get(name) is not None},
                )
        return found

    def _allowed(self, draft: MarkDraft) -> SetSpec:
        name = _SETS.get(draft.entity, "")
        unknown = sorted(set(draft.fields) - set(self._profile.write_back.get(name, ())))
        if unknown:
            words = f"{', '.join(unknown)} may not be written back. Add it to write_back in the API profile."
            raise Rejected(words, code="undeclared")
        return self._profile.sets[name]

    def _patch(self, spec: SetSpec, draft: MarkDraft, row: dict[str, Any], write: Write) -> Receipt:
        url, etag = self._url(spec, draft.key), _etag(row)
        if not etag:
            raise Rejected("IFS gives no ETag for this record, so it cannot be changed safely.", code="no_etag")
        answer = self._api.send(
            "PATCH", url, json=dict(draft.fields), headers={"If-Match": etag}, send_by=write.send_by
        )
        if answer.status == 404:
            raise Rejected("The record vanished from IFS while it was marked.", code="gone")
        stored = answer.decode(dict[str, Any]) if answer.body else {}
        if _etag(stored) == etag and any(stored.get(name) != value for name, value in draft.fields.items()):
            raise answer.unreadable("shows the record as it was before its mark")
        return Receipt(target_id=draft.key, version=_etag(stored) or answer.headers.get("etag", ""), echo=_said(draft))

    def _read(self, spec: SetSpec, key: str) -> dict[str, Any] | None:
        answer = self._api.get(self._url(spec, key))
        if answer.status == 404:
            return None
        row: dict[str, Any] = answer.decode(dict[str, Any])
        return row if _etag(row) else row | {"@odata.etag": answer.headers.get("etag", "")}

    def _url(self, spec: SetSpec, key: str) -> str:
        parts = dict(zip(spec.key, key.split("|"), strict=False))
        named = {
            spec.fields[ours]: odata.literal(value, spec.key[ours], spec.enum(ours)) for ours, value in parts.items()
        }
        return f"{self._root}/{spec.set}{odata.key_predicate(named)}"

    def _is_over(self, entity: Entity, row: dict[str, Any]) -> bool:
        if entity is not Entity.INVOICE:
            return False
        word = row.get(self._profile.sets["invoice"].fields["state"])
        return self._profile.states.get(str(word)) == _OVER


def _said(draft: MarkDraft) -> dict[str, str]:
    return {name: value for name, value in draft.fields.items() if value is not None}


def _etag(row: dict[str, Any]) -> str:
    return str(row.get("@odata.etag") or "")
