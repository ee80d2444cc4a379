"""What was linked while a batch that waits for it was being decided: nobody else would tell those records any more.

Whoever makes a link frees what waits for it. A record that is decided at that moment sees neither the link, nor is it
seen to be waiting.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from integrations.engine.decisions import Decision, Hold, Wait
from integrations.models import Flow
from integrations.store.blockers import free
from integrations.store.frame import Frame

# A link bears the time at which its commit began, which may have ended after our look.
_LINKED_MEANWHILE = """
    SELECT DISTINCT b.kind, b.key FROM integrations_blocker b
    JOIN integrations_recordlink l ON l.tenant_id = b.tenant_id AND l.integration_id = b.integration_id
        AND l.entity = b.kind AND l.source_key = b.key AND l.linked_at > %(since)s - interval '10 seconds'
    WHERE b.tenant_id = %(tenant)s AND b.item_id = ANY(%(items)s)
"""


def suppliers(frame: Frame, decisions: Iterable[Decision]) -> list[int]:
    """The other flows of the integration whose records these decisions wait for, in the open scope."""
    problems = [problem for each in decisions if isinstance(each, Wait | Hold) for problem in each.problems]
    kinds = {problem.blocker[0] for problem in problems if problem.blocker}
    if not kinds:
        return []
    flows = Flow.objects.filter(integration=frame.integration, entity__in=kinds).exclude(pk=frame.flow.pk)
    return list(flows.order_by("pk").values_list("pk", flat=True))


def free_overlooked(frame: Frame, items: Sequence[int], since: datetime) -> None:
    """Make ready those of the items, just parked, whose need was linked after `since`, when they were looked at."""
    found: dict[str, list[str]] = defaultdict(list)
    for kind, key in frame.rows(_LINKED_MEANWHILE, items=list(items), since=since):
        found[kind].append(key)
    for kind, keys in found.items():
        free(frame.integration.pk, kind, keys)
