"""Whether an invoice's vendor is flagged: its payment details changed there, and nobody has checked them yet."""

from integrations.engine.records import Entity
from integrations.models import OutboxItem

FLAGGED = "payment_details_changed"


def flagged(item: OutboxItem) -> OutboxItem | None:
    """The vendor's own record, while the question about its payment details is open; one query for an invoice."""
    if item.flow.entity != Entity.INVOICE or item.flow.inbound or not item.source.party:
        return None
    found: OutboxItem | None = OutboxItem.objects.filter(
        flow__integration=item.flow.integration_id,
        flow__entity=Entity.VENDOR,
        source_key=item.source.party.partition("|")[0],
        state=OutboxItem.State.HELD,
        reason=FLAGGED,
    ).first()
    return found
