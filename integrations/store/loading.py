"""An item as the engine carries it: its source as last read, its own link, and what people decided of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from integrations.engine.decisions import Link
from integrations.engine.drafts import Draft
from integrations.engine.ports import Item
from integrations.engine.records import RECORDS, AnyRecord, Entity, Gone, Unreadable
from integrations.store import sql
from integrations.store.frame import Frame
from integrations.store.sealing import opened, opened_draft

_decode_draft: Any = msgspec.json.Decoder(Draft).decode


def load(frame: Frame, ids: Sequence[int]) -> list[Item]:
    """The items of these ids, in their order, inside the open transaction; three statements however many there are."""
    rows = frame.rows(sql.LOAD, ids=list(ids))
    links = _links(frame, [row[1] for row in rows])
    answers = answers_of(frame, ids)
    return [_item(frame, row, links.get(row[1], ()), answers) for row in rows]


def source_of(entity: str, key: str, snapshot: str, *, readable: bool, gone: bool) -> AnyRecord | Unreadable | Gone:
    """A stored snapshot as it was read; a record that is gone as it was last seen."""
    kind: Any = RECORDS[Entity(entity)] if readable else Unreadable
    record: AnyRecord | Unreadable = opened(msgspec.json.decode(snapshot, type=kind))
    return Gone(key=key, last=record) if gone and not isinstance(record, Unreadable) else record


def answers_of(frame: Frame, ids: Sequence[int]) -> dict[int, dict[tuple[str, str], str]]:
    """What people decided of this very content, and (under 0) of all records of the flow alike."""
    found: dict[int, dict[tuple[str, str], str]] = {}
    for item, code, subject, choice in frame.rows(sql.ANSWERED, ids=list(ids)):
        found.setdefault(item, {})[code, subject] = choice
    return found


def own_link(links: Sequence[Link], variant: str, home: str) -> Link | None:
    """The link of this variant. A record without one is at home in its currency, or where it was first linked."""
    exact = next((link for link in links if link.variant == (variant or home)), None)
    return exact if exact or variant or not links else links[0]


def _links(frame: Frame, keys: Sequence[str]) -> dict[str, list[Link]]:
    found: dict[str, list[Link]] = {}
    for key, variant, target_id, fingerprint, schema, version, sent, echo in frame.rows(sql.LINKED, keys=list(keys)):
        draft = opened_draft(_decode_draft(sent)) if sent else None
        link = Link(target_id, fingerprint, schema, variant, version, draft, msgspec.json.decode(echo))
        found.setdefault(key, []).append(link)
    return found


def _item(
    frame: Frame,
    row: tuple[Any, ...],
    links: Sequence[Link],
    answers: Mapping[int, Mapping[tuple[str, str], str]],
) -> Item:
    id_, key, revision, attempts, variant, readable, gone, snapshot, currency = row
    is_vendor = frame.flow.entity == Entity.VENDOR
    exact = [link for link in links if is_vendor or link.variant == variant]
    return Item(
        id=id_,
        source_key=key,
        revision=revision,
        attempts=attempts,
        source=source_of(frame.flow.entity, key, snapshot, readable=readable, gone=gone),
        variant=variant,
        link=own_link(exact, variant, currency if is_vendor else ""),
        answers={**answers.get(0, {}), **answers.get(id_, {})},
    )
