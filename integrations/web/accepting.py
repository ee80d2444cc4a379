"""Taking suggestions: those of one integration become one set of rules to be approved; a supplier is linked.

Nothing takes force that the rules of approval do not let take force.
"""

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from django.contrib.messages import ERROR, SUCCESS, WARNING
from django.db import transaction
from django.http import QueryDict

from integrations.models import Flow, Integration, MappingSet, OutboxItem
from integrations.runner import mappings
from integrations.runner.mappings import Kind, Wish
from integrations.store import answers
from integrations.web.mappings import asks
from integrations.web.paging import SIZE
from integrations.web.tags import said
from tenants.access import Place

Said = tuple[int, str]  # the level of a message, and its words
REASON = "Suggestion taken"
_NONE = "Nothing was chosen. Tick what is right, or take one at its own button."


def accept(place: Place, form: QueryDict) -> list[Said]:
    """Do what the form asks: its `only` row, or else every row of `take`; says what came of it."""
    numbers = form.getlist("only")[:1] or form.getlist("take")
    taken = [row for number in numbers[:SIZE] if (row := _row(form, number))]
    if not taken:
        return [(WARNING, _NONE)]
    integrations = {str(row.uuid): row for row in Integration.objects.filter(uuid__in={row[0] for row in taken})}
    rules: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    heard: list[Said] = []
    for uuid, kind, key, target in taken:
        if uuid not in integrations:
            continue
        if kind == "vendor":
            heard += _linked(place, integrations[uuid], key, target)
        else:
            rules[uuid].append((kind, key, target))
    for uuid, asked in rules.items():
        heard += _proposed(place, integrations[uuid], asked)
    return heard or [(WARNING, _NONE)]


def _row(form: QueryDict, number: str) -> tuple[str, str, str, str] | None:
    """(integration, kind, key, target) of a row of the page; None for what is none."""
    names = ("integration", "kind", "key", "target")
    uuid, kind, key, target = (form.get(f"{name}-{number}", "").replace("\0", "") for name in names)
    try:
        UUID(uuid)
    except ValueError:
        return None
    return (uuid.lower(), kind, key, target) if kind and target else None


def _proposed(place: Place, integration: Integration, asked: list[tuple[str, str, str]]) -> Iterator[Said]:
    """One set of all of them; where one cannot be, the others go without it."""
    wishes: list[Wish] = []
    for kind, key, target in asked:
        try:
            if any(mark in key for mark in "*?"):
                raise mappings.Refused("* and ? stand for any letters in a rule: map it by hand.")
            wish = mappings.wish(Kind.GL, {**asks(kind, key), "target": target, "company": ""})
            mappings.check(integration, wish)
        except mappings.Refused as refused:
            yield ERROR, f"{key or '(none)'}: {refused}"
        else:
            wishes.append(wish)
    if not wishes:
        return
    try:
        with transaction.atomic():
            made = mappings.propose(place, integration, wishes, reason=REASON)
    except mappings.Refused as refused:
        yield ERROR, str(refused)
    else:
        yield SUCCESS, taken_words(made, len(wishes))


def _linked(place: Place, integration: Integration, key: str, target: str) -> Iterator[Said]:
    flows = Flow.objects.filter(integration=integration, entity="vendor", inbound=False)
    item = OutboxItem.objects.filter(flow__in=flows, source_key=key, variant="").first()
    if item is None:
        yield ERROR, f"{key}: there is no such supplier here."
        return
    try:
        answers.link(place, item, target, REASON)
    except answers.Refused as refused:
        yield ERROR, f"{key}: {refused.message}"
    else:
        yield SUCCESS, f"{key} is linked. What waited for it goes on with the next run, which is due now."


def taken_words(made: MappingSet, count: int) -> str:
    """What became of a proposal of so many rules."""
    rules = "1 rule" if count == 1 else f"{count:,} rules"
    if made.status == MappingSet.Status.PROPOSED:
        counts = "It counts" if count == 1 else "They count"
        return f"{rules} proposed. {counts} once a controller approves."
    return f"{rules} in force. {freed_words(made)}"


def freed_words(made: MappingSet) -> str:
    """How many records a set in force has freed, over how much, and when they go on."""
    if not made.freed:
        return "No record waited for it."
    money = said(made.freed_sums)
    words = f"{made.freed:,} record{'' if made.freed == 1 else 's'}{f' over {money}' if money else ''}"
    goes = "was freed and goes" if made.freed == 1 else "were freed and go"
    paused = Flow.objects.filter(integration=made.integration_id, enabled=False).exists()
    rest = " What belongs to a paused flow waits until it is resumed." if paused else ""
    return f"{words} {goes} on with the next run, which is due now.{rest}"
