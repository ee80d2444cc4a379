"""Documents of invoices: what a target takes, which there are, and how one is fetched without troubling the others."""

from collections.abc import Mapping
from datetime import date

import msgspec

from integrations.engine.errors import Aside, ConnectionBroken, Retryable
from integrations.engine.ports import Document, Documents

MIB = 1024 * 1024


class Takes(msgspec.Struct, frozen=True):
    """What documents a target keeps: `largest` in bytes; `endings` of file names in lower case, none: any.

    Not `credits`: none beside vendor credits.
    """

    largest: int = 50 * MIB
    endings: frozenset[str] = frozenset()
    credits: bool = False


ANY = Takes()


class Images(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of invoices and their images, for one batch; everything by the invoice's key.

    `there`: invoices that have an image. `seen`: the business day on which each was first read. `bills`: what each
    became on the target, by variant. `credits`: those that are credits. `left_out`: those that do not go.
    """

    there: frozenset[str] = frozenset()
    seen: Mapping[str, date] = {}
    bills: Mapping[str, Mapping[str, str]] = {}
    credits: frozenset[str] = frozenset()
    left_out: frozenset[str] = frozenset()


def fetch(source: Documents, ref: str, most: int, size: int | None) -> Document:
    """The document `ref`, whole. Raises Rejected when there is none that can be sent, Aside when it cannot be had now.

    `size` is what the source says of it: fewer or more bytes are a document that is just being changed.
    """
    try:
        found = source.document(ref, most)
    except (Retryable, ConnectionBroken) as error:
        raise Aside(f"Its image cannot be read now: {error.message}", code="image_away", detail=error.detail) from error
    if size is not None and len(found.content) != size:
        words = f"The ERP says that the image has {size} bytes, but gave {len(found.content)}. It is read again."
        raise Aside(words, code="image_away")
    return found
