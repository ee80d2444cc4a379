"""The reconciliation statement as a file: canonical JSON, signed with Ed25519, chained to the statement before.

Whoever holds the file can verify it without us: the signature over the whole, a hash over each row, the sums from the
rows. Amounts are exact text; no currency is ever added to another.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FORMAT = "ml-connector reconciliation statement 1"
SIDES = ("here", "there", "open_here", "open_there")
BY = ("part", "currency", "period", "state")
_SIGNED = b"reconciliation statement\n"  # what the key signs is never anything else


def new_key() -> tuple[str, str]:
    """(private, public) of a new key, as text."""
    made = Ed25519PrivateKey.generate()
    return _text(made.private_bytes_raw()), _text(made.public_key().public_bytes_raw())


def canonical(content: Any) -> bytes:
    """The bytes that are hashed and signed."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def hashed_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its hash."""
    plain = {name: value for name, value in row.items() if name != "hash"}
    return {**plain, "hash": sha256(canonical(plain)).hexdigest()}


def summed(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Count and amounts by part, currency, period and state."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        place = tuple(str(row[name]) for name in BY)
        line = found.setdefault(place, {"records": 0, **dict.fromkeys(SIDES, Decimal(0))})
        line["records"] += 1
        for side in SIDES:
            line[side] += Decimal(row[side] or 0)
    return [
        {**dict(zip(BY, place, strict=True)), "records": line["records"], **{s: plain(line[s]) for s in SIDES}}
        for place, line in sorted(found.items())
    ]


def plain(amount: Decimal) -> str:
    """Exact text without trailing zeros."""
    return f"{amount.normalize():f}" if amount else "0"


def signed(body: Mapping[str, Any], rows: Iterable[Mapping[str, Any]], private: str) -> dict[str, Any]:
    """The document: `body` with hashed rows and their sums, its hash and its signature."""
    held = [hashed_row(row) for row in rows]
    whole = {"format": FORMAT, **body, "rows": held, "sums": summed(held), "rows_hash": _hash_of(held)}
    content, key = canonical(whole), Ed25519PrivateKey.from_private_bytes(b64decode(private))
    return {
        "statement": whole,
        "hash": sha256(content).hexdigest(),
        "signature": _text(key.sign(_SIGNED + content)),
        "public_key": _text(key.public_key().public_bytes_raw()),
    }


def verify(document: Mapping[str, Any], *, key: str = "", previous: str | None = None) -> list[str]:
    """What is wrong with it, one sentence each; empty: it is as it was signed.

    `key` is the public key that must have signed it, `previous` the hash of the statement before, where it is known.
    """
    try:
        return list(_found(document, key, previous))
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation):
        return ["This is no reconciliation statement, or parts of it are missing."]


def _found(document: Mapping[str, Any], key: str, previous: str | None) -> Iterator[str]:
    whole = document["statement"]
    if whole["format"] != FORMAT:
        yield f"Its format is “{whole['format']}”, which this program does not know."
        return
    yield from _altered(whole["rows"])
    yield from _sums(whole)
    if whole["rows_hash"] != _hash_of(whole["rows"]):
        yield "Rows were removed, added or put in another order."
    content = canonical(whole)
    if document["hash"] != sha256(content).hexdigest():
        yield "Its hash is not that of its content."
    if key and document["public_key"] != key:
        yield "It was signed with another key than the one you named."
    try:
        public = Ed25519PublicKey.from_public_bytes(b64decode(document["public_key"]))
        public.verify(b64decode(document["signature"]), _SIGNED + content)
    except (InvalidSignature, ValueError):
        yield "Its signature does not hold: the content is not what was signed."
    if previous is not None and whole["previous"] != previous:
        yield "It does not follow the statement before: the chain is broken."


def _altered(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        if hashed_row(row)["hash"] != row["hash"]:
            amounts = ", ".join(f"{side} {row[side]}" for side in SIDES if row[side] is not None)
            yield f"Altered: {named(row)} now says {amounts or 'no amount'} {row['currency']}."


def _sums(whole: Mapping[str, Any]) -> Iterator[str]:
    stated = {tuple(line[name] for name in BY): line for line in whole["sums"]}
    counted = {tuple(line[name] for name in BY): line for line in summed(whole["rows"])}
    for place in sorted({*stated, *counted}):
        mine, theirs = counted.get(place, {}), stated.get(place, {})
        for what in ("records", *SIDES):
            if mine.get(what) != theirs.get(what):
                words = " ".join(str(each) for each in place if each)
                yield f"Sum of {words}: {what} {theirs.get(what)} is stated, its rows come to {mine.get(what)}."


def named(row: Mapping[str, Any]) -> str:
    """What a row is called."""
    variant = f"/{row['variant']}" if row["variant"] else ""
    return f"{row['part']} {row['key']}{variant} ({row['number']})"


def _hash_of(rows: Iterable[Mapping[str, Any]]) -> str:
    return sha256("".join(str(row["hash"]) for row in rows).encode()).hexdigest()


def _text(content: bytes) -> str:
    return b64encode(content).decode()
