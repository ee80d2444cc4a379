"""A record that is no longer in the source: what was sent of it is archived by people, never by itself."""

from integrations.engine.asking import ARCHIVE, KEEP, Answers, answered, hold, subject
from integrations.engine.decisions import Decision, Link, Nothing, Out
from integrations.engine.errors import Problem
from integrations.engine.records import Entity, Gone, Invoice
from integrations.engine.stopped import MOVING, archive
from integrations.engine.targets import TargetRecord


def decide_gone(source: Gone, link: Link | None, target: TargetRecord | None, answers: Answers) -> Decision:
    """Never sent: out. Sent: urgent for a bill, with the choice to archive it while no money moves."""
    if link is None:
        return Out(reason="gone", message="It is no longer in the ERP.")
    if target is None or not target.active:
        return Nothing()
    invoice = isinstance(source.last, Invoice)
    entity = Entity.INVOICE if invoice else Entity.VENDOR
    moving = invoice and target.standing in MOVING
    words = f"{source.key} is no longer in the ERP, but it was sent. Find out why"
    words += ", and stop its payment on the other side." if moving else ", then archive it on the other side."
    asked = Problem(
        "gone_in_source",
        words,
        field="record",
        value=source.key,
        urgent=invoice,
        choices=(KEEP,) if moving else (ARCHIVE, KEEP),
        subject=subject(target.target_id, target.standing),
    )
    match answered(answers, asked):
        case ARCHIVE.key:
            return archive(link, target, entity, "no longer in the ERP")
        case KEEP.key:
            return Nothing()
    return hold(asked)
