"""Tasks: ids in, one call."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone


@shared_task
def deliver_email(email_id: str) -> None:
    """Send one waiting message."""
    from tenants.mail import deliver  # the mail backend imports this task

    deliver(UUID(email_id), timezone.now())


@shared_task
def deliver_waiting_emails() -> None:
    """Send what a lost task or a mail server left behind."""
    from tenants.mail import deliver, waiting

    for email_id in waiting(timezone.now()):
        deliver(email_id, timezone.now())
