"""Posting a bill's coding anew after the rules changed: only what people decided of exactly this coding, never more."""

import msgspec

from integrations.engine.asking import Answers, answered, digest, subject
from integrations.engine.changes import as_adopted
from integrations.engine.decisions import Decision, Link, Nothing, Update
from integrations.engine.drafting import natural_key
from integrations.engine.drafts import InvoiceDraft
from integrations.engine.errors import Choice, Problem
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.recoding import as_sent, bill_anew, coding
from integrations.engine.records import Invoice
from integrations.engine.stopped import MOVING
from integrations.engine.targets import Approval, Standing, TargetRecord

CODE = "repost"
REPOST = Choice("repost", "Post its coding anew", "override")


class Anew(msgspec.Struct, frozen=True, kw_only=True):
    """A posted bill with today's coding, and `question`, which names exactly this change; or why there is none."""

    sent: InvoiceDraft | None = None
    draft: InvoiceDraft | None = None
    why: tuple[str, ...] = ()
    question: Problem | None = None
    refused: str = ""


def coded_anew(source: Invoice, link: Link, rules: Rules, policy: Policy, variant: str, answers: Answers) -> Anew:
    """What today's rules make of the bill that was sent."""
    sent = link.sent
    if not isinstance(sent, InvoiceDraft) or as_adopted(sent, link.echo) != sent:
        return Anew(refused="Somebody else made or edited this bill: its coding is theirs. Change it there.")
    drafted = bill_anew(source, sent, rules, policy, variant, answers)
    if drafted.draft is None:
        said = "; ".join(problem.message for problem in drafted.problems)
        return Anew(sent=sent, refused=f"Today's rules do not code it. {said}")
    old, new = as_sent(sent), as_sent(drafted.draft)
    if coding(old) == coding(new):
        return Anew(sent=sent, refused="Today's rules code it as it was posted: there is nothing to change.")
    about = subject(link.target_id, digest(sorted(map(str, old.lines))), digest(sorted(map(str, new.lines))))
    asked = Problem(CODE, "Its coding is posted anew.", field="coding", choices=(REPOST,), subject=about)
    return Anew(sent=sent, draft=drafted.draft, why=drafted.why, question=asked)


def repost(
    source: Invoice,
    link: Link,
    target: TargetRecord,
    rules: Rules,
    policy: Policy,
    variant: str,
    answers: Answers,
) -> Decision | None:
    """None where nobody has decided that this coding goes out; else the update, or a note on why it cannot."""
    if not any(code == CODE for code, _ in answers):
        return None
    anew = coded_anew(source, link, rules, policy, variant, answers)
    if anew.draft is None or anew.question is None or not answered(answers, anew.question):
        return None
    if words := stands_in_the_way(target.standing, target.approval):
        return Nothing(notes=(Problem("not_reposted", words),))
    return Update(
        draft=anew.draft,
        natural_key=natural_key(anew.draft),
        target_id=link.target_id,
        version=target.version,
        why=(*anew.why, "coded anew, as decided"),
    )


def stands_in_the_way(standing: str, approval: Approval = Approval.NONE) -> str:
    """Why a bill that has come so far keeps its coding; "" for one that is unpaid and that no approver has acted on."""
    if standing in MOVING:
        how = "may be paid already" if standing == Standing.UNKNOWN else f"is {standing.replace('_', ' ')}"
        return f"The bill {how}: its coding stays. Correct it in the ERP."
    if approval is not Approval.NONE:
        return "An approver has acted on the bill: its coding stays. Correct it in the ERP."
    return ""
