"""The hand loop: what a careful programmer would write for this one job, with a raw socket, msgspec and bare psycopg.

It leaves the same rows as our pull (the bench compares them): source records with the same snapshot, due items, the
cursor, the run's counts and an entry in the same audit chain, one transaction a page, under the same policies. It has
no profile, no limits, no retries, no second look at a short page, and stops at the first surprise.
"""

import json
import re
import socket
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b, sha256
from itertools import islice
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec
import psycopg

from bench.meter import Meter

T = TypeVar("T")
PAGE = 5000
ROOT = "/main/ifsapplications/projection/v1"
INVOICES = f"{ROOT}/ManualSupplierInvoiceHandling.svc/ManSuppInvoice"
LEDGER = f"{ROOT}/MixedPaymentHandling.svc/SupplierLedgerItemSet"
Word = str | int | None


class Answer(msgspec.Struct, Generic[T]):
    value: list[T]


class Head(msgspec.Struct, rename="pascal", gc=False):
    etag: str = msgspec.field(name="@odata.etag")
    company: str
    invoice_id: int
    identity: str
    party_type: str
    name: str
    series_id: str
    invoice_no: str
    invoice_type: str
    invoice_date: str | None
    due_date: str | None
    pl_pay_date: str | None
    voucher_date_ref: str | None
    currency: str
    curr_rate: Decimal | None
    div_factor: Decimal | None
    net_curr_amount: Decimal
    vat_curr_amount: Decimal
    open_amount_curr: Decimal
    pay_term_id: Word
    pay_term_base_date: str | None
    payment_method: Word
    po_ref_number: Word
    credit_for_invoice_no: Word
    cash: str
    adv_inv: str
    multi_company_invoice: str
    collect: str
    gross_up: str
    blocked_for_payment: bool
    objstate: str


class Item(msgspec.Struct, rename="pascal", gc=False):
    invoice_id: int
    item_id: int
    description: str | None
    vat_code: str | None
    net_curr_amount: Decimal
    vat_curr_amount: Decimal
    po_ref_number: Word
    po_line_no: Word
    po_rel_no: Word
    quantity: Decimal | None
    unit_meas: Word


class Posting(msgspec.Struct, rename="pascal", gc=False):
    invoice_id: int
    item_id: int
    row_id: int
    posting_type: str
    code_a: str | None
    code_b: str | None
    code_c: str | None
    code_d: str | None
    code_e: str | None
    code_f: str | None
    code_g: str | None
    code_h: str | None
    code_i: str | None
    code_j: str | None
    curr_amount: Decimal
    tax_code: str | None
    text: str | None
    prel_voucher: bool
    reversed: bool


class Ledger(msgspec.Struct, rename="pascal", gc=False):
    identity: str
    ledger_item_series_id: str
    ledger_item_id: str
    installment_id: int
    original_amount: Decimal
    open_amount: Decimal
    due_date: str | None


_HEADS = msgspec.json.Decoder(Answer[Head])
_ITEMS = msgspec.json.Decoder(Answer[Item])
_POSTINGS = msgspec.json.Decoder(Answer[Posting])
_LEDGER = msgspec.json.Decoder(Answer[Ledger])
_encode = msgspec.json.Encoder().encode
_KINDS = {"IP1": "debt", "IP2": "cost"}
_RUNS = re.compile(r"[0-9]+|[^\W\d_]+")
_STATES = {"PostedAuth": "authorised"}
_SELECTS = {
    kind: ",".join(field.encode_name for field in msgspec.structs.fields(kind) if field.name != "etag")
    for kind in (Head, Item, Posting, Ledger)
}


class Wire:
    """HTTP/1.1 on one kept socket, GET and one POST."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._host = f"{host}:{port}"
        self._socket = socket.create_connection((host, int(port)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb", 1 << 20)
        self.received = 0
        given = {"grant_type": "client_credentials", "client_id": "ml-connector", "client_secret": "demo-secret"}
        form = urlencode({**given, "scope": "openid microprofile-jwt"}).encode()
        kind = "Content-Type: application/x-www-form-urlencoded\r\n"
        granted = self._ask("POST", "/auth/realms/demo/protocol/openid-connect/token", kind, form)
        self._token = f"Authorization: Bearer {json.loads(granted)['access_token']}\r\n"

    def rows(
        self, path: str, where: str, order: str, decoder: "msgspec.json.Decoder[Answer[T]]", select: str
    ) -> list[T]:
        """One page of a set."""
        query = f"$filter={quote(where)}&$select={select}&$orderby={order}&$top={PAGE}"
        return decoder.decode(self._ask("GET", f"{path}?{query}", self._token)).value

    def _ask(self, method: str, target: str, headers: str, body: bytes = b"") -> bytes:
        head = f"{method} {target} HTTP/1.1\r\nHost: {self._host}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        self._socket.sendall(head.encode() + body)
        status = self._file.readline()
        if b" 200 " not in status:
            raise RuntimeError(f"unexpected answer: {status!r}")
        length = 0
        while (line := self._file.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line[15:])
        self.received += length
        content: bytes = self._file.read(length)
        return content


def pull(erp: str, database: str, **names: Any) -> dict[str, Any]:
    """Pull every invoice; `names` are the ids of a world and the run, the fence, the sealed bytes of an entry."""
    with psycopg.connect(database) as connection:
        connection.execute(_TEMP)
        connection.execute(_TEMP_TERMS)
        connection.commit()
        meter = Meter(connection.info.backend_pid)
        wire = Wire(erp)
        ledger: dict[tuple[str, str, str], list[Ledger]] = defaultdict(list)
        for entry in _every_ledger_item(wire):
            ledger[(entry.identity, entry.ledger_item_series_id, entry.ledger_item_id)].append(entry)
        last, rows = 0, 0
        while True:
            where = f"(Company eq '10') and (InvoiceId gt {last})"
            heads = wire.rows(f"{INVOICES}Set", where, "InvoiceId", _HEADS, _SELECTS[Head])
            if not heads:
                break
            first, last = heads[0].invoice_id, heads[-1].invoice_id
            items = _children(wire, f"{INVOICES}ItemSet", "InvoiceId,ItemId", _ITEMS, _SELECTS[Item], first, last)
            postings = _children(
                wire, f"{INVOICES}PostingsSet", "InvoiceId,ItemId,RowId", _POSTINGS, _SELECTS[Posting], first, last
            )
            _save(connection, [_row(head, items, postings, ledger) for head in heads], last, names)
            rows += len(heads)
        cost = meter.stop()
    return {"rows": rows, "bytes": wire.received, **cost.plain()}


def _every_ledger_item(wire: Wire) -> Iterator[Ledger]:
    last = ""
    while True:
        where = f"(Company eq '10') and (LedgerItemId gt '{last}')"
        found = wire.rows(LEDGER, where, "LedgerItemId", _LEDGER, _SELECTS[Ledger])
        if not found:
            return
        yield from found
        last = found[-1].ledger_item_id


def _children(
    wire: Wire, path: str, order: str, decoder: Any, select: str, first: int, last: int
) -> dict[int, list[Any]]:
    """Rows of the invoices from `first` to `last`; the invoice that a page ends in is read again with the next."""
    found: dict[int, list[Any]] = defaultdict(list)
    while True:
        where = f"(Company eq '10') and (InvoiceId ge {first}) and (InvoiceId le {last})"
        page = wire.rows(path, where, order, decoder, select)
        cut = page[-1].invoice_id if len(page) == PAGE else 0
        for row in page:
            if row.invoice_id != cut:
                found[row.invoice_id].append(row)
        if not cut:
            return found
        first = cut


def _row(head: Head, items: Any, postings: Any, ledger: Any) -> tuple[object, ...]:
    """The columns of the temporary table, the canonical snapshot among them."""
    key = f"{head.company}|{head.invoice_id}"
    number, owed = head.invoice_no, ledger[(head.identity, head.series_id, head.invoice_no)]
    record = {
        "key": key,
        "version": head.etag,
        "company": head.company,
        "vendor_key": head.identity,
        "number": number,
        "state": _STATES[head.objstate],
        "state_word": head.objstate,
        "party_type": head.party_type.lower(),
        "vendor_name": head.name,
        "series": head.series_id,
        "type": head.invoice_type,
        "ordinary": head.invoice_type == "SI",
        "invoice_date": head.invoice_date,
        "due_date": head.due_date,
        "planned_pay_date": head.pl_pay_date,
        "voucher_date": head.voucher_date_ref,
        "currency": head.currency,
        "net": head.net_curr_amount,
        "tax": head.vat_curr_amount,
        "open_amount": head.open_amount_curr,
        "payment_term": head.pay_term_id or "",
        "term_base_date": head.pay_term_base_date,
        "payment_method": head.payment_method or "",
        "po_number": head.po_ref_number or "",
        "credit_for": head.credit_for_invoice_no or "",
        "cash": head.cash == "TRUE",
        "prepayment": head.adv_inv == "TRUE",
        "multi_company": head.multi_company_invoice == "TRUE",
        "collect": head.collect == "TRUE",
        "gross_up": head.gross_up == "TRUE",
        "blocked": head.blocked_for_payment,
        "gross": None,
        "approved_on": None,
        "document": "",
        "lines": [_line(item) for item in items[head.invoice_id]],
        "postings": [_posting(posting) for posting in postings[head.invoice_id]],
        "ledger_items": [
            {
                "instalment": e.installment_id,
                "original": e.original_amount,
                "open": e.open_amount,
                "due_date": e.due_date,
            }
            for e in owed
        ],
        "rate": head.curr_rate and head.curr_rate / (head.div_factor or 1),
        "modified": None,
    }
    snapshot = _encode(record)
    digest = blake2b(snapshot, digest_size=16).hexdigest()
    amount = sum([entry.open_amount for entry in owed], Decimal(0))
    shown = (number, head.identity, head.name, amount, head.currency, head.due_date)
    return (key, head.etag, digest, snapshot.decode(), *shown, head.invoice_date, _plain(number))


def _plain(number: str) -> str:
    """As duplicates are compared: separators dropped, leading zeros of each run of digits off."""
    return "".join(part.lstrip("0") or "0" if part.isdigit() else part for part in _RUNS.findall(number.upper()))


def _terms(row: tuple[object, ...]) -> set[str]:
    """What the record is found by: key, number, its digits, words of the name, amount."""
    key, number, party, name, amount = str(row[0]), str(row[4]), str(row[5]), str(row[6]), row[7]
    digits = "".join(c for c in number if c.isdigit()).lstrip("0")
    names = [word for word in name.lower().split() if len(word) > 2 and word not in {"and", "ltd"}]
    words = [key.partition("|")[2], number, _plain(number), digits, party, *names, f"{amount:.2f}"]
    return {word.lower() for word in words if word}


def _line(item: Item) -> dict[str, object]:
    return {
        "key": str(item.item_id),
        "description": item.description or "",
        "tax_code": item.vat_code or "",
        "net": item.net_curr_amount,
        "tax": item.vat_curr_amount,
        "po_number": item.po_ref_number or "",
        "po_line": item.po_line_no or "",
        "po_release": item.po_rel_no or "",
        "quantity": item.quantity,
        "unit": item.unit_meas or "",
    }


def _posting(row: Posting) -> dict[str, object]:
    codes = zip("BCDEFGHIJ", islice(msgspec.structs.astuple(row), 5, 14), strict=True)
    return {
        "key": f"{row.item_id}/{row.row_id}",
        "kind": _KINDS[row.posting_type],
        "posting_type": row.posting_type,
        "account": row.code_a or "",
        "dimensions": {part: value for part, value in codes if value},
        "amount": row.curr_amount,
        "tax_code": row.tax_code or "",
        "text": row.text or "",
        "preliminary": row.prel_voucher,
        "reversed": row.reversed,
        "po_line": "",
    }


# --- PostgreSQL -----------------------------------------------------------------------------------------

_TEMP = """
    CREATE TEMP TABLE page (
        source_key text COLLATE "C", version text, fingerprint text, snapshot text, number text, party text,
        party_name text, amount numeric, currency text, due_date date, dated date, plain text
    ) ON COMMIT DELETE ROWS
"""
_TEMP_TERMS = 'CREATE TEMP TABLE page_term (source_key text COLLATE "C", term text COLLATE "C") ON COMMIT DELETE ROWS'
_COPY = "COPY page FROM STDIN"
_MERGE = """
    WITH changed AS (
        INSERT INTO integrations_sourcerecord AS s (
            tenant_id, flow_id, source_key, version, fingerprint, schema, readable, snapshot, number, party, party_name,
            amount, currency, due_date, dated, plain, tax_key, last_seen_scan, gone, first_seen, changed_at)
        SELECT %(tenant)s, %(flow)s, source_key, version, fingerprint, 1, true, snapshot::jsonb, number, party,
               party_name, amount, currency, due_date, dated, plain, '', 0, false, now(), now() FROM page
        ON CONFLICT (tenant_id, flow_id, source_key) DO UPDATE SET
            version = excluded.version, fingerprint = excluded.fingerprint, snapshot = excluded.snapshot,
            number = excluded.number, party = excluded.party, party_name = excluded.party_name,
            amount = excluded.amount, currency = excluded.currency, due_date = excluded.due_date,
            dated = excluded.dated, plain = excluded.plain, changed_at = now()
        WHERE s.fingerprint <> excluded.fingerprint
        RETURNING s.id, s.source_key
    ), due AS (
        INSERT INTO integrations_outboxitem AS i (
            tenant_id, uuid, flow_id, source_id, source_key, variant, state, not_before, revision, attempts,
            lost_workers, reason, message, notes, ignored_fingerprint, outcome, changed_at)
        SELECT %(tenant)s, gen_random_uuid(), %(flow)s, id, source_key, '', 'ready', now(), 1, 0, 0, '', '', '[]', '',
               '', now()
        FROM changed
        ON CONFLICT (tenant_id, flow_id, source_key, variant) DO UPDATE SET
            revision = i.revision + 1, state = 'ready', not_before = now(), changed_at = now()
    ), found AS (
        INSERT INTO integrations_searchterm (tenant_id, term, source_id)
        SELECT %(tenant)s, t.term, c.id FROM page_term t JOIN changed c ON c.source_key = t.source_key ORDER BY t.term
        ON CONFLICT DO NOTHING
    )
    SELECT count(*), min(source_key), max(source_key) FROM changed
"""
_CURSOR = """
    UPDATE integrations_checkpoint SET cursor = %(cursor)s, at = now()
    WHERE tenant_id = %(tenant)s AND flow_id = %(flow)s
"""
_COUNT = """
    UPDATE integrations_syncrun SET taken = taken + %(read)s, counts = counts || jsonb_build_object(
        'staged', coalesce((counts ->> 'staged')::int, 0) + %(staged)s) WHERE tenant_id = %(tenant)s AND id = %(run)s
"""
_ENTRY = """
    INSERT INTO audit_auditentry (tenant_id, sequence, at, action, subject, system, entity, source_key, actor_kind,
                                  actor_id, body, sealed, hash)
    VALUES (%(tenant)s, %(sequence)s, %(at)s, 'page_staged', %(subject)s, 'ifs', 'invoice', '', 'system', '',
            %(body)s, %(sealed)s, %(hash)s)
"""


def _save(connection: psycopg.Connection, rows: list[tuple[object, ...]], last: int, names: dict[str, Any]) -> None:
    """One transaction: lease, rows, cursor, counts, audit."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant', %(tenant)s, true)", names)
        lease = "SELECT 1 FROM integrations_dueflow WHERE flow_id = %(flow)s AND fence = %(fence)s FOR SHARE"
        if cursor.execute(lease, names).fetchone() is None:
            raise RuntimeError("the lease is lost")
        with cursor.copy(_COPY) as copy:
            for row in rows:
                copy.write_row(row)
        with cursor.copy("COPY page_term FROM STDIN") as copy:
            for row in rows:
                for term in _terms(row):
                    copy.write_row((row[0], term))
        found = cursor.execute(_MERGE, names).fetchone()
        staged, first, final = found or (0, "", "")
        cursor.execute(_CURSOR, {**names, "cursor": str(last)})
        cursor.execute(_COUNT, {**names, "read": len(rows), "staged": staged})
        _note(cursor, {"staged": staged, "read": len(rows), "first": first, "last": final, "run": names["run"]}, names)


def _note(cursor: psycopg.Cursor, refs: dict[str, object], names: dict[str, Any]) -> None:
    head = cursor.execute(
        "SELECT sequence, hash FROM audit_audithead WHERE tenant_id = %(tenant)s FOR UPDATE", names
    ).fetchone()
    if head is None:
        raise RuntimeError("the tenant has no audit head")
    sequence, at, sealed = head[0] + 1, datetime.now(UTC), bytes.fromhex(names["sealed"])
    body = {
        "tenant": names["tenant"],
        "sequence": sequence,
        "at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "action": "page_staged",
        "subject": f"flow:{names['flow']}",
        "source": {"system": "ifs", "entity": "invoice", "key": "", "version": ""},
        "actor": {"kind": "system", "id": ""},
        "refs": refs,
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    chained = sha256(head[1] + len(text).to_bytes(8, "big") + text + sealed).digest()
    entry = {"sequence": sequence, "at": at, "subject": body["subject"], "body": text.decode(), "sealed": sealed}
    cursor.execute(_ENTRY, {**names, **entry, "hash": chained})
    cursor.execute(
        "UPDATE audit_audithead SET sequence = %s, hash = %s WHERE tenant_id = %s",
        [sequence, chained, names["tenant"]],
    )
