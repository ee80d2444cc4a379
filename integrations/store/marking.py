"""Marks for the source: what has arrived is due to be marked there, carried by a flow of its own."""

from collections.abc import Sequence

from integrations.engine.records import Entity, SentMark
from integrations.models import Flow
from integrations.store import staging
from integrations.store.frame import Frame
from integrations.store.lease import due_now


def mark(frame: Frame, arrived: Sequence[tuple[str, str]]) -> None:
    """Stage a mark for each (source key, target id), inside the open commit; nothing where the tenant wants none."""
    if not (frame.mark_field and arrived and frame.flow.entity == Entity.INVOICE and not frame.flow.inbound):
        return
    back = Flow.objects.filter(integration=frame.integration, entity=Entity.SENT_MARK, inbound=True, enabled=True)
    flow = back.values_list("pk", flat=True).first()
    if flow is None:
        return
    marks = [SentMark(key=key, field=frame.mark_field, value=target_id) for key, target_id in arrived]
    staging.merge(frame.lease.tenant_id, flow, marks, due=True)
    due_now([flow])
