"""E-mail leaves after COMMIT, by a task: the request waits for no mail server, and a roll-back sends nothing.

The task's message carries an id only; the letter waits in a row, sealed, since it may hold a link that signs in.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F

from tenants.keys import ring
from tenants.models import OutgoingEmail
from tenants.tasks import deliver_email

MAX_ATTEMPTS = 8
RETRY_AFTER = timedelta(minutes=5)


class QueuedEmail(BaseEmailBackend):
    """Django's EMAIL_BACKEND: keeps each message as a row and lets a task send it once the transaction is committed."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            row = OutgoingEmail.objects.create(sealed=ring().encrypt(_pack(message)))
            transaction.on_commit(lambda key=str(row.pk): deliver_email.delay(key))  # type: ignore[misc]
        return len(email_messages)


def deliver(email_id: UUID, now: datetime) -> bool:
    """Send one waiting message and delete its row; False when another worker has it or it is not due.

    Raises what the mail server raised; the row then waits RETRY_AFTER for its next try.
    """
    claimed = OutgoingEmail.objects.filter(pk=email_id, not_before__lte=now, attempts__lt=MAX_ATTEMPTS).update(
        attempts=F("attempts") + 1, not_before=now + RETRY_AFTER
    )
    if not claimed:
        return False
    row = OutgoingEmail.objects.get(pk=email_id)
    _unpack(ring().decrypt(bytes(row.sealed))).send()
    row.delete()
    return True


def waiting(now: datetime) -> list[UUID]:
    """Messages that are due: their task was lost, or the mail server refused them before."""
    due = OutgoingEmail.objects.filter(not_before__lte=now, attempts__lt=MAX_ATTEMPTS)
    return list(due.order_by("not_before").values_list("pk", flat=True)[:100])


def _pack(message: EmailMessage) -> bytes:
    alternatives = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
    return json.dumps(
        {
            "subject": str(message.subject),
            "body": str(message.body),
            "from_email": message.from_email,
            "to": list(message.to),
            "alternatives": [[str(part[0]), str(part[1])] for part in alternatives],
        }
    ).encode()


def _unpack(packed: bytes) -> EmailMessage:
    fields = json.loads(packed)
    alternatives = fields.pop("alternatives")
    message = EmailMultiAlternatives(**fields, connection=_delivery())
    for content, mimetype in alternatives:
        message.attach_alternative(content, mimetype)
    return message


def _delivery() -> Any:
    """The real backend, from EMAIL_URL."""
    found = settings.DELIVERY_EMAIL
    options: dict[str, Any] = {
        "host": found.get("EMAIL_HOST") or None,
        "port": found.get("EMAIL_PORT"),
        "username": found.get("EMAIL_HOST_USER"),
        "password": found.get("EMAIL_HOST_PASSWORD"),
        "use_tls": found.get("EMAIL_USE_TLS"),
        "use_ssl": found.get("EMAIL_USE_SSL"),
        "timeout": 20,
    }
    backend = found["EMAIL_BACKEND"]
    if backend.endswith("filebased.EmailBackend"):
        options = {"file_path": f"/{found['EMAIL_FILE_PATH'].lstrip('/')}"}
    elif not backend.endswith("smtp.EmailBackend"):
        options = {}
    return get_connection(backend, **options)
