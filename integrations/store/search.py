"""One search for everything: any id, number, name or amount of a record, by the beginning of its words.

Full text and LIKE cannot use an index under row security; a range of `term COLLATE "C"` can.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from integrations.engine.duplicates import digits_of, plain_number
from integrations.engine.records import AnyRecord, Unreadable
from tenants.scope import current_tenant

LONGEST = 60  # characters of a term
MOST = 1000  # records that one search finds
_LOOKED_AT = 20_000  # records that have the rarest word
_WORDS = 8  # of a name
_EMPTY = frozenset(
    {"and", "the", "for", "ltd", "llc", "llp", "inc", "plc", "gmbh", "corp", "company", "limited"}
    | {"von", "van", "der", "den"}
)
_WORDS_ASKED = 6
_AROUND = ",.;:()\"' "
_LAST = "\U0010ffff"  # sorts behind whatever a term may go on with

_NEW = 'CREATE TEMP TABLE fresh_term (source_id bigint, term text COLLATE "C") ON COMMIT DROP'
_INSERT = """
    INSERT INTO integrations_searchterm (tenant_id, term, source_id)
    SELECT %(tenant)s, term, source_id FROM fresh_term ORDER BY term
    ON CONFLICT DO NOTHING
"""
_OLD = "DELETE FROM integrations_searchterm WHERE tenant_id = %(tenant)s AND source_id = ANY(%(ids)s)"
# How common each word is, counted as far as it matters, says which word to begin with.
_RAREST_FIRST = """
    SELECT word FROM unnest(%(words)s::text[]) WITH ORDINALITY AS w(word, place), LATERAL (
        SELECT count(*) AS n FROM (
            SELECT 1 FROM integrations_searchterm
            WHERE tenant_id = %(tenant)s AND term >= word COLLATE "C" AND term < (word || %(last)s) COLLATE "C"
            LIMIT 2000
        ) AS few
    ) AS counted ORDER BY n, place
"""
# Bounded, so that two words that many share, but never together, do not cost a look at each of those records.
_BY_TERMS = """
    SELECT 1 AS rank, term, source_id FROM (
        SELECT tenant_id, source_id, term FROM integrations_searchterm
        WHERE tenant_id = %(tenant)s AND term >= %(from)s AND term < %(to)s ORDER BY term LIMIT %(looked_at)s
    ) AS t
    WHERE true {further} ORDER BY term LIMIT %(limit)s
"""
_FURTHER = """
    AND EXISTS (SELECT 1 FROM integrations_searchterm o WHERE o.tenant_id = t.tenant_id AND o.source_id = t.source_id
                AND o.term >= %(from{n})s AND o.term < %(to{n})s)
"""
# By the whole key, and by the whole id of the target record that a source is linked to. The few flows and connections
# stand in arrays, so that the indexes that begin with them are used.
_BY_IDS = """
    SELECT 0 AS rank, '' COLLATE "C" AS term, id AS source_id FROM integrations_sourcerecord
    WHERE tenant_id = %(tenant)s AND source_key = %(text)s
        AND flow_id = ANY(ARRAY(SELECT id FROM integrations_flow WHERE tenant_id = %(tenant)s))
    UNION ALL
    SELECT 0, '' COLLATE "C", s.id FROM (
        SELECT integration_id, entity, inbound, source_key FROM integrations_recordlink
        WHERE tenant_id = %(tenant)s AND target_id = %(text)s AND target_connection_id = ANY(
            ARRAY(SELECT id FROM integrations_connection WHERE tenant_id = %(tenant)s)) LIMIT 50
    ) AS l
    JOIN integrations_flow f ON f.tenant_id = %(tenant)s AND f.integration_id = l.integration_id
        AND f.entity = l.entity AND f.inbound = l.inbound
    JOIN integrations_sourcerecord s ON s.tenant_id = f.tenant_id AND s.flow_id = f.id AND s.source_key = l.source_key
"""

_SOURCES = "SELECT source_id FROM ({found}) AS found ORDER BY rank, term"
_ITEMS = """
    SELECT o.id FROM ({found}) AS found
    JOIN integrations_outboxitem o ON o.tenant_id = %(tenant)s AND o.source_id = found.source_id ORDER BY rank, term
"""


def terms_of(record: AnyRecord | Unreadable, shown: Mapping[str, Any]) -> set[str]:
    """What a record is found by: its id, number (as written, plain, its digits), party, words of the name, amount."""
    number: str = shown["number"]
    words = [record.key.rpartition("|")[2], number, *number.split(), shown["party"]]
    if number:
        words += [plain_number(number), digits_of(number)]
    words += [word for word in shown["party_name"].lower().split()[:_WORDS] if len(word) > 2 and word not in _EMPTY]
    if shown["amount"] is not None:
        words.append(_amount(shown["amount"]))
    return {term for word in words if (term := term_of(word))}


def term_of(word: str) -> str:
    """A word as it stands among the terms; "" for what is none."""
    return word.strip(_AROUND).lower()[:LONGEST]


def replace(cursor: Any, tenant_id: UUID, old: Sequence[int], terms: Iterable[tuple[int, Iterable[str]]]) -> None:
    """The terms of these source records; those that the `old` ones had are gone."""
    names = {"tenant": tenant_id, "ids": list(old)}
    if old:
        cursor.execute(_OLD, names)
    cursor.execute(_NEW)
    with cursor.copy("COPY fresh_term FROM STDIN") as copy:
        for id_, words in terms:
            for word in words:
                copy.write_row((id_, word))
    cursor.execute(_INSERT, names)
    cursor.execute("DROP TABLE fresh_term")


def search(text: str, most: int = MOST) -> list[int]:
    """Ids of source records that have every word of `text` (or begin with it), in the open scope; at most `most`.

    A record is also found by its whole key and by the whole id of the target record it is linked to. Of a beginning
    that many share, the first in the order of terms are found.
    """
    return _found(text, _SOURCES, most)


def search_items(text: str, most: int = MOST) -> list[int]:
    """Ids of the outbox items of what `search` finds."""
    return _found(text, _ITEMS, most)


def _found(text: str, wanted: str, most: int) -> list[int]:
    words = [asked for word in text.lower().split() if (asked := _asked(word))][:_WORDS_ASKED]
    if not words:
        return []
    names: dict[str, Any] = {"tenant": current_tenant(), "text": text.strip(), "limit": most * 4}
    with connection.cursor() as cursor:
        first, *others = _rarest_first(cursor, words) if len(words) > 1 else words
        names |= {"from": first, "to": first + _LAST, "looked_at": _LOOKED_AT}
        for n, word in enumerate(others):
            names |= {f"from{n}": word, f"to{n}": word + _LAST}
        sql = _BY_TERMS.format(further="".join(_FURTHER.format(n=n) for n in range(len(others))))
        sql = sql if others else f"{_BY_IDS} UNION ALL ({sql})"
        cursor.execute(wanted.format(found=sql), names)
        return list(dict.fromkeys(id_ for (id_,) in cursor.fetchall()))[:most]


def _rarest_first(cursor: Any, words: Sequence[str]) -> list[str]:
    cursor.execute(_RAREST_FIRST, {"tenant": current_tenant(), "words": list(words), "last": _LAST})
    return [word for (word,) in cursor.fetchall()]


def _asked(word: str) -> str:
    """A word as it stands among the terms: amounts without grouping, "" for one that no record has."""
    plain = word.strip(_AROUND)[:LONGEST]
    ungrouped = plain.replace(",", "")
    if "," in plain and ungrouped.replace(".", "", 1).lstrip("-").isdigit():
        return ungrouped
    return "" if plain in _EMPTY else plain


def _amount(amount: Decimal) -> str:
    """An amount as people type it: at least two decimals, no grouping."""
    text = format(amount.normalize(), "f")
    whole, _, part = text.partition(".")
    return f"{whole}.{part.ljust(2, '0')}"
