"""One search for everything: any id, number, name or amount of a record, by the beginning of its words.

Full text and LIKE cannot use an index under row security; a range of `term COLLATE "C"` can.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import connection

from integrations.engine.duplicates import digits_of, plain_number
from integrations.engine.records import AnyRecord, Unreadable
from integrations.models import Connection, Flow, RecordLink, SourceRecord
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
# How common a word is, counted as far as it matters, says which word to begin with.
_COUNT = """
    SELECT count(*) FROM (
        SELECT 1 FROM integrations_searchterm
        WHERE tenant_id = %(tenant)s AND term >= %(from)s AND term < %(to)s LIMIT 2000
    ) AS few
"""
# Bounded, so that two words that many share, but never together, do not cost a look at each of those records.
_FIRST = """
    SELECT source_id FROM (
        SELECT tenant_id, source_id, term FROM integrations_searchterm
        WHERE tenant_id = %(tenant)s AND term >= %(from)s AND term < %(to)s ORDER BY term LIMIT %(looked_at)s
    ) AS t
    WHERE true {further} ORDER BY term LIMIT %(limit)s
"""
_FURTHER = """
    AND EXISTS (SELECT 1 FROM integrations_searchterm o WHERE o.tenant_id = t.tenant_id AND o.source_id = t.source_id
                AND o.term >= %(from{n})s AND o.term < %(to{n})s)
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
    words = [asked for word in text.lower().split() if (asked := _asked(word))][:_WORDS_ASKED]
    if not words:
        return []
    whole = [*_by_key(text.strip()), *_by_target(text.strip())] if len(words) == 1 else []
    return list(dict.fromkeys(chain(whole, _by_terms(words, most))))[:most]


def _by_key(text: str) -> list[int]:
    flows = list(Flow.objects.values_list("pk", flat=True))
    return list(SourceRecord.objects.filter(flow__in=flows, source_key=text).values_list("pk", flat=True))


def _by_terms(words: Sequence[str], most: int) -> list[int]:
    names: dict[str, Any] = {"tenant": current_tenant()}
    with connection.cursor() as cursor:
        counted = []
        for word in words if len(words) > 1 else ():
            cursor.execute(_COUNT, {**names, "from": word, "to": word + _LAST})
            counted.append((cursor.fetchone()[0], word))
        first, *others = [word for _, word in sorted(counted)] or words
        names |= {"from": first, "to": first + _LAST, "limit": most * 4, "looked_at": _LOOKED_AT}
        for n, word in enumerate(others):
            names |= {f"from{n}": word, f"to{n}": word + _LAST}
        cursor.execute(_FIRST.format(further="".join(_FURTHER.format(n=n) for n in range(len(others)))), names)
        return [row[0] for row in cursor.fetchall()]


def _by_target(text: str) -> list[int]:
    """Sources that are linked to the target record of exactly this id."""
    connections = list(Connection.objects.values_list("pk", flat=True))
    links = RecordLink.objects.filter(target_connection__in=connections, target_id=text)
    sql = """
        SELECT s.id FROM unnest(%(integrations)s::bigint[], %(entities)s::text[], %(inbound)s::bool[], %(keys)s::text[])
            AS c(integration, entity, inbound, source_key)
        JOIN integrations_flow f ON f.tenant_id = %(tenant)s AND f.integration_id = c.integration
            AND f.entity = c.entity AND f.inbound = c.inbound
        JOIN integrations_sourcerecord s ON s.tenant_id = f.tenant_id AND s.flow_id = f.id
            AND s.source_key = c.source_key
    """
    rows = list(links.values_list("integration_id", "entity", "inbound", "source_key")[:50])
    if not rows:
        return []
    columns = dict(
        zip(("integrations", "entities", "inbound", "keys"), map(list, zip(*rows, strict=True)), strict=True)
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, {"tenant": current_tenant(), **columns})
        return [row[0] for row in cursor.fetchall()]


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
