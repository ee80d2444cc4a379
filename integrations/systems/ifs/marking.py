"""Writes a few fields back to one row of IFS: read-modify-write with If-Match.

https://docs.ifs.com/techdocs/24r1/040_tailoring/300_extensibility/010_get_started/400_quickstarts/040_update_request/
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from integrations.engine.errors import Rejected, SyncError
from integrations.systems.ifs import odata
from integrations.systems.ifs.profile import SetSpec
from integrations.transport.answer import Answer
from integrations.transport.client import ApiClient


class _Tagged(msgspec.Struct):
    etag: str | None = msgspec.field(name="@odata.etag", default=None)


def mark(api: ApiClient, root: str, spec: SetSpec, key: Mapping[str, str], fields: Mapping[str, Any], etag: str) -> str:
    """See IfsClient.mark. `fields` are the tenant's names; `key` are ours."""
    parts = {spec.fields[ours]: odata.literal(value, spec.key[ours], spec.enum(ours)) for ours, value in key.items()}
    url = f"{root}/{spec.set}{odata.key_predicate(parts)}"
    answer = api.send("PATCH", url, json=dict(fields), headers={"If-Match": etag or _read_tag(api, url)})
    if answer.status == 404:
        raise _gone()
    return _tag(answer) or _new_tag(api, url)  # a 204 has no body, and not every server says the new tag


def _new_tag(api: ApiClient, url: str) -> str:
    """The tag after a write; "" when it cannot be had: the write is done and must not look like a failure."""
    try:
        return _read_tag(api, url)
    except SyncError:
        return ""


def _read_tag(api: ApiClient, url: str) -> str:
    answer = api.get(url)
    if answer.status == 404:
        raise _gone()
    found = _tag(answer)
    if not found:
        raise Rejected("IFS gives no ETag for this record, so it cannot be changed safely.", code="no_etag")
    return found


def _tag(answer: Answer) -> str:
    body = answer.peek(_Tagged) if answer.body else None
    return (body.etag if body else None) or answer.headers.get("etag", "")


def _gone() -> Rejected:
    return Rejected("The record is not in IFS any more, or not visible to the service user.", code="gone")
