"""Documents beside bills: looked for first, then put there once, and read back when BILL has processed them.

BILL takes the raw bytes, answers an upload id, and shows the document minutes later.
https://developer.bill.com/docs/documents-attachments
"""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from os.path import splitext

import msgspec

from integrations.engine.documents import MIB, Takes
from integrations.engine.drafts import ImageDraft, Receipt
from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Problem, Rejected, Underway
from integrations.engine.ports import Document, Write, Written
from integrations.systems.bill.lists import is_id
from integrations.systems.bill.wire import Text, Wire
from integrations.transport.body import Caps
from integrations.transport.client import ApiClient
from integrations.transport.paging import LoopGuard

LARGEST = 6 * MIB
# What people see in BILL's viewer, and the office files it stores; BILL publishes no list.
ENDINGS = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".bmp", ".doc", ".docx", ".xls"})
TAKES = Takes(LARGEST, ENDINGS | {".xlsx", ".txt", ".csv", ".xml"})
PROCESSING = 900.0  # seconds in which an upload may not be listed yet: "minutes"
_PAGE = 100
_FIRST_ASKED = 5.0  # seconds after an upload
_LONGEST_NAME = 255  # characters
_NO_RIGHT = ("forbidden", "untrusted")
_FORBIDDEN = Problem(
    "image_forbidden",
    "This BILL login may not put documents beside bills. Have an administrator grant it the right, then retry this.",
    field="document",
    value="documents",
    blocker=("right", "documents"),
    once=True,
)
_MEDIA = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}\Z", re.ASCII)
_CAPS = Caps(wire=2 * LARGEST, decoded=2 * LARGEST)


class WireDocument(Wire, frozen=True, kw_only=True, rename="camel"):
    name: Text = None
    download_link: Text = None


class WireUpload(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far an upload has come: IN_PROGRESS, IVA_PROCESSING, UPLOADED."""

    upload_id: Text = None
    document_id: Text = None
    status: Text = None


class _Page(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    results: list[WireDocument]
    next_page: Text = None


class Documents:
    """The documents of one organization. Thread-safe."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def attach(self, write: Write, draft: ImageDraft) -> Receipt:
        """The receipt of a document that is there already; otherwise it is uploaded, and Underway is raised.

        A login that may not do this is no fault of the connection, which serves bills: one question for all images.
        """
        try:
            return self._attach(write, draft)
        except ConnectionBroken as error:
            if error.code not in _NO_RIGHT:
                raise
            raise Rejected(
                _FORBIDDEN.message, code=_FORBIDDEN.code, problems=(_FORBIDDEN,), detail=error.detail
            ) from None

    def _attach(self, write: Write, draft: ImageDraft) -> Receipt:
        if write.content is None:
            raise Rejected("Nobody can fetch this image.", code="no_document")
        image = write.content()
        if len(image.content) > LARGEST:
            words = f"The image has {len(image.content):,} bytes; BILL keeps at most {LARGEST // MIB} MiB."
            raise Rejected(words, code="document_too_large")
        name = _named(draft, image)
        for known in self._listed(draft.bill_id):
            stored = self._stored(known)
            if (known.name == name) if stored is None else (stored == image.content):
                return _receipt(draft.bill_id, known.id or "", name, image.sha256, len(image.content), stored)
        answer = self._api.send(
            "POST",
            f"/v3/documents/bills/{_id(draft.bill_id)}",
            params={"name": name},
            content=image.content,
            headers={"Content-Type": _kind(draft.content_type, image.content_type)},
            send_by=write.send_by,
        )
        upload = answer.decode(WireDocument).id or ""
        if not is_id(upload):
            raise answer.unreadable("has no id")
        job = f"{upload} {image.sha256} {len(image.content)}"
        raise Underway("BILL has taken the image and is processing it.", job=job, after=_FIRST_ASKED)

    def result(self, job: str, writes: Sequence[Write]) -> Sequence[Written] | None:
        """What BILL made of an upload; None while it is processed. What was stored must be what was sent."""
        upload, digest, size = job.split(" ")
        answer = self._api.get("/v3/documents/upload-status", params={"ids": upload})
        if answer.status == 404:
            return [_lost()] * len(writes)
        found = [row for row in answer.decode(list[WireUpload]) if row.upload_id == upload]
        if not found or found[0].status != "UPLOADED" or not is_id(found[0].document_id or ""):
            return None
        document = self._one(found[0].document_id or "")
        if document is None:
            return None
        stored = self._stored(document)
        if stored is not None and sha256(stored).hexdigest() != digest:
            words = f"BILL stored other bytes than were sent. Look at the document {document.id} of the bill there."
            return [Rejected(words, code="image_differs")] * len(writes)
        return [
            _receipt(write.target_id, document.id or "", document.name or "", digest, int(size), stored)
            for write in writes
        ]

    def _listed(self, bill: str) -> Iterator[WireDocument]:
        page, guard = "", LoopGuard()
        while True:
            params = {"max": str(_PAGE), **({"page": page} if page else {})}
            answer = self._api.get(f"/v3/documents/bills/{_id(bill)}", params=params)
            if answer.status == 404:
                raise Rejected("BILL does not have this bill any more.", code="not_found")
            found = answer.decode(_Page)
            yield from found.results
            page = found.next_page or ""
            if not page:
                return
            guard.step(page, answer.host)

    def _one(self, key: str) -> WireDocument | None:
        answer = self._api.get(f"/v3/documents/{key}")
        return None if answer.status == 404 else answer.decode(WireDocument)

    def _stored(self, document: WireDocument) -> bytes | None:
        """What BILL has stored; None where its link leads to another server, to which we send nothing, or nowhere."""
        if not document.download_link or not is_id(document.id or ""):
            return None
        try:
            answer = self._api.get(self._api.absolute(document.download_link), headers={"Accept": "*/*"}, caps=_CAPS)
        except ConnectionBroken as error:
            if error.code in ("foreign_link", "too_large"):
                return None
            raise
        return answer.body if answer.status == 200 else None


def _named(draft: ImageDraft, image: Document) -> str:
    name = draft.name or image.name or "image"
    start, ending = splitext(name)
    return f"{start[: _LONGEST_NAME - len(ending)]}{ending}"


def _kind(*told: str) -> str:
    """The first of these that is a media type as a header takes it."""
    return next((kind for kind in told if _MEDIA.match(kind)), "application/octet-stream")


def _id(bill: str) -> str:
    if not is_id(bill):
        raise Rejected("BILL does not have this bill any more.", code="not_found")
    return bill


def _receipt(bill: str, document: str, name: str, digest: str, size: int, stored: bytes | None) -> Receipt:
    """The link is to the bill; its echo says which document is beside it."""
    read_back = "not possible" if stored is None else "equal"
    echo = {"document": document, "name": name, "sha256": digest, "size": str(size), "read_back": read_back}
    return Receipt(target_id=bill, echo=echo)


def _lost() -> OutcomeUnknown:
    return OutcomeUnknown("BILL does not know the upload any more. It is looked for among the bill's documents.")
