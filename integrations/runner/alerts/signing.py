"""Signed messages as Standard Webhooks has them (https://www.standardwebhooks.com), version 1: HMAC-SHA256, base64."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

_PREFIX, _BYTES = "whsec_", 32


def new_secret() -> str:
    """A secret to sign with: shown once, kept sealed."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode("ascii")


def message_id(event: UUID) -> str:
    """The id of a message: the same with every try, so that a receiver knows a repetition."""
    return f"msg_{event.hex}"


def signed(event: UUID, body: bytes, sealed: Iterable[str], now: datetime) -> dict[str, str]:
    """The headers of one try; while a secret is being replaced both sign."""
    name, at = message_id(event), str(int(now.timestamp()))
    content = b".".join((name.encode(), at.encode(), body))
    signatures = " ".join(f"v1,{_signature(each, content)}" for each in sealed)
    return {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": signatures}


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode("ascii")
