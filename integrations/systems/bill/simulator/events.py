"""Webhook events: written when something changes, delivered with a signature, retried, kept as history.

Vendor pages: https://developer.bill.com/docs/bill-webhook-api-notification-rules
https://developer.bill.com/docs/test-with-webhook-security
"""

import base64
import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

from integrations.systems.bill.simulator.config import SimulatorConfig
from integrations.systems.bill.simulator.rows import Rows
from integrations.systems.bill.simulator.wire import Json, decode, encode, timestamp

CATALOG = tuple(
    f"{entity}.{what}"
    for entity, happenings in (
        ("vendor", "created updated archived restored"),
        ("bill", "created updated archived restored"),
        ("payment", "updated failed"),
        ("autopay", "failed"),
        ("invoice", "created updated archived restored"),
        ("bank-account", "created updated"),
        ("card-account", "created updated"),
        ("risk-verification", "updated"),
    )
    for what in happenings.split()
)


def sign(security_key: str, body: bytes) -> str:
    """The x-bill-sha-signature of a body: base64 of HMAC-SHA256 with the key's text."""
    return base64.b64encode(hmac.new(security_key.encode(), body, hashlib.sha256).digest()).decode()


def new_security_key() -> str:
    """A fresh signing key."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Delivery:
    """One signed POST that is due."""

    seq: int
    url: str
    body: bytes
    signature: str = field(repr=False)


class Events:
    """The subscriptions' queue and history in the simulator's database."""

    def __init__(self, rows: Rows, config: SimulatorConfig) -> None:
        self._rows = rows
        self._config = config
        self._wanted: dict[str, list[tuple[str, frozenset[str], bool]]] = {}
        self.reload()

    def reload(self) -> None:
        """Read the subscriptions again after one of them changed."""
        self._wanted = {}
        for organization, body in self._rows.sql.execute("SELECT organization, body FROM subscription"):
            subscription = decode(body)
            types = frozenset(event["type"] for event in subscription["events"])
            entry = (subscription["id"], types, subscription["status"]["enabled"])
            self._wanted.setdefault(organization, []).append(entry)

    def emit(self, organization: str, kind: str, entity: Json) -> None:
        """Queue an event of this type (`bill.updated`) for every subscription that wants it."""
        for subscription, types, enabled in self._wanted.get(organization, ()):
            if kind in types:
                self.queue(subscription, organization, kind, entity, due=enabled)

    def queue(self, subscription: str, organization: str, kind: str, entity: Json, *, due: bool) -> Json:
        """Write one event for one subscription and answer its history record."""
        identity = str(uuid.uuid4())
        name = {"bank-account": "bankAccount", "card-account": "cardAccount"}.get(
            kind.partition(".")[0], kind.partition(".")[0]
        )
        metadata = {
            "eventId": identity,
            "subscriptionId": subscription,
            "organizationId": organization,
            "eventType": kind,
            "version": "1",
        }
        payload = encode({"metadata": metadata, name: entity}).decode()
        now = self._rows.now()
        cursor = self._rows.sql.execute(
            "INSERT INTO event (subscription, id, type, entity, payload, created, due) VALUES (?,?,?,?,?,?,?)",
            (subscription, identity, kind, str(entity.get("id", "")), payload, now, now if due else None),
        )
        found = self._rows.sql.execute("SELECT * FROM event WHERE seq = ?", (cursor.lastrowid,)).fetchone()
        return self.record(found)

    def record(self, row: tuple[Any, ...]) -> Json:
        """The history record of a stored event."""
        _, subscription, identity, kind, _, payload, created, status, _, _ = row
        record = {
            "id": identity,
            "type": kind,
            "version": "1",
            "subscriptionId": subscription,
            "payload": payload,
            "createdTime": timestamp(created),
        }
        return record if status is None else {**record, "statusCode": status}

    def due(self, limit: int = 100) -> list[Delivery]:
        """Deliveries whose time has come, oldest first."""
        query = (
            "SELECT e.seq, e.payload, s.body, s.security_key FROM event e JOIN subscription s ON s.id = e.subscription"
            " WHERE e.due <= ? ORDER BY e.due, e.seq LIMIT ?"
        )
        found = self._rows.sql.execute(query, (self._rows.now(), limit)).fetchall()
        return [
            Delivery(seq, decode(body)["notificationUrl"], payload.encode(), sign(key, payload.encode()))
            for seq, payload, body, key in found
        ]

    def delivered(self, seq: int, status: int) -> None:
        """Note an attempt: anything but 200 is tried again later; the last try switches the subscription off."""
        sql = self._rows.sql
        if status == 200:
            sql.execute("UPDATE event SET status = 200, tries = tries + 1, due = NULL WHERE seq = ?", (seq,))
            return
        subscription, tries = sql.execute("SELECT subscription, tries + 1 FROM event WHERE seq = ?", (seq,)).fetchone()
        last = tries >= self._config.delivery_tries
        due = None if last else self._rows.now() + 60_000 * 2**tries
        sql.execute("UPDATE event SET status = ?, tries = ?, due = ? WHERE seq = ?", (status or None, tries, due, seq))
        if last:
            self._switch_off(subscription)

    def _switch_off(self, subscription: str) -> None:
        sql = self._rows.sql
        body = decode(sql.execute("SELECT body FROM subscription WHERE id = ?", (subscription,)).fetchone()[0])
        body["status"] = {"enabled": False}
        sql.execute("UPDATE subscription SET body = ? WHERE id = ?", (encode(body).decode(), subscription))
        sql.execute("UPDATE event SET due = NULL WHERE subscription = ?", (subscription,))
        self.reload()
