"""Every export that auditors take, as data: what it answers, its population, the filters that it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from integrations.engine.reversals import REVERSAL
from integrations.web.auditing.drawn import Drawn
from integrations.web.auditing.entries import Entries
from integrations.web.auditing.population import Population
from integrations.web.auditing.runs import FailedRuns
from integrations.web.auditing.vouchers import Vouchers
from tenants.models import Membership
from tenants.permissions import Act

_ANSWERS = ("answer_proposed", "answered", "answer_rejected", "answer_withdrawn")
_GIVEN = ("answer_proposed", "answered")
_PAYEE_CODES = ("payee_change", "payment_details_changed", "changed_on_target", "changed_on_both")
_REVERSALS = ("reversal_prepared", "reverse_by_hand", "payment_came_back")
_ROLES = ("member.", "tenant.created")
_KEYS = ("api_key_", "keys.", "statement_key_", "connection_added", "connection_changed", "alert_endpoint_secret_")
_SETTINGS = (
    *("setting_", "second_person_", "connection_added", "connection_change", "connection_deleted", "hooks_"),
    *("flow_scheduled", "flow_paused", "flow_resumed", "integration_", "currencies_", "configured", "admin."),
    "alert_endpoint_",
)
_HAPPENED = ("Entry", "When", "Who", "Acting as", "Did what")
_WHERE = ("Integration", "Company")
_RECORD = (*_WHERE, "Kind", "Key", "Number", "Supplier", "Supplier name", "Amount", "Currency")
_DECIDED = ("Question", "Answer", "Takes", "Asked by", "Judged by", "Reason")
_PROVEN = ("Details", "Action", "Subject", "Hash")
_CHANGED = (*_HAPPENED, *_WHERE, "To what", "Asked by", "Judged by", "Before", "After", "Reason", *_PROVEN)
_ABOUT_PEOPLE = (*_HAPPENED, "Person", "Role", "Asked by", "Judged by", "Reason", *_PROVEN)
_PERIOD = ("since", "until")
_OF_COMPANY = (*_PERIOD, "integration", "who")
_OF_TENANT = (*_PERIOD, "who")


@dataclass(frozen=True, slots=True)
class Export:
    """`key` stands in addresses and file names; `shows` are the columns of the preview."""

    key: str
    name: str
    answers: str
    population: Population
    takes: Sequence[str]
    shows: Sequence[str]


def _begins(*actions: str) -> Q:
    found = Q()
    for action in actions:
        found |= Q(action__startswith=action)
    return found


def _edits() -> Q:
    corrected = Q(action__in=("coding_corrected", "correction_taken_back"))
    return corrected | Q(action="linked", refs__by="person") | Q(action__in=_GIVEN, refs__act=Act.WORK)


def _payees() -> Q:
    codes = Q()
    for code in _PAYEE_CODES:
        codes |= Q(refs__codes__contains=[code])
    decided = Q(action__in=_ANSWERS, refs__act=Act.PAYEE)
    return Q(entity="vendor") & (decided | Q(action="updated") | (Q(action="decided") & codes))


def _reversals() -> Q:
    booked = Q(action__in=("created", "updated"), refs__variant=REVERSAL)
    return Q(entity="payment") & (booked | Q(action__in=_ANSWERS, refs__code__in=_REVERSALS))


def _left() -> Q:
    here = Membership.objects.values_list("user_id", flat=True).distinct()
    return Q(action="member.role_taken") & ~Q(subject__in=[f"user:{pk}" for pk in here])


EXPORTS: Mapping[str, Export] = {
    each.key: each
    for each in (
        Export(
            "random-records",
            "Random records, both ways",
            "Do records that you did not choose stand on both sides as they should? Drawn from all of each side.",
            Drawn(),
            ("integration", "part", "state", "period", "currency", "party", "size", "seed"),
            ("Way", "What", "Number", "Supplier name", "State", "Amount here", "Amount there"),
        ),
        Export(
            "overrides",
            "Overrides",
            "Who had a record go on against a rule: sent as a new one, unlinked, archived, posted anew?",
            Entries(
                "an answer that takes an override (refs.act = override), proposed or given; ignored records apart",
                lambda: Q(action__in=_ANSWERS, refs__act=Act.OVERRIDE) & ~Q(refs__choice="ignore"),
                (*_HAPPENED, *_RECORD, *_DECIDED, *_PROVEN),
            ),
            _OF_COMPANY,
            ("When", "Who", "Did what", "Number", "Supplier name", "Amount", "Answer", "Reason"),
        ),
        Export(
            "ignored",
            "Ignored records",
            "What was left out by a person, over how much, why and until when?",
            Entries(
                "an answer that leaves a record out (refs.choice = ignore), and unignored",
                lambda: Q(action__in=_ANSWERS, refs__choice="ignore") | Q(action="unignored"),
                (*_HAPPENED, *_RECORD, *_DECIDED, *_PROVEN),
            ),
            _OF_COMPANY,
            ("When", "Who", "Did what", "Number", "Supplier name", "Amount", "Reason"),
        ),
        Export(
            "edits",
            "Edits by hand",
            "What did one person change of a record's coding, or link, or decide alone?",
            Entries(
                "coding_corrected, correction_taken_back, linked by a person, and answers that one person gives "
                "(refs.act = work)",
                _edits,
                (*_HAPPENED, *_RECORD, "Question", "Answer", "Before", "Reason", *_PROVEN),
            ),
            _OF_COMPANY,
            ("When", "Who", "Did what", "Number", "Supplier name", "Before", "Answer", "Reason"),
        ),
        Export(
            "second-person",
            "Second-person releases",
            "What did one person ask for and another one release or reject?",
            Entries(
                "whatever names a second person (refs.checked_by): answers, settings, mappings, connections, keys, "
                "invitations, and switching the second person itself; rejected ones too",
                lambda: Q(refs__checked_by__gt=0),
                (*_HAPPENED, *_RECORD, "Question", "Answer", "Takes", "Asked by", "Judged by", "Reason", *_PROVEN),
            ),
            _OF_COMPANY,
            ("When", "Asked by", "Judged by", "Did what", "Number", "Amount", "Answer", "Reason"),
        ),
        Export(
            "payees",
            "Payee changes and the next payment",
            "Where a supplier's name, address or payment details changed: who released it, and what was paid next?",
            Entries(
                "of vendors: held for such a change (refs.codes: " + ", ".join(_PAYEE_CODES) + "), answers that take "
                "the payee act, and updated; each with the supplier's first payment from that day on, by its own date",
                _payees,
                (
                    *(*_HAPPENED, *_WHERE, "Key", "Supplier name", *_DECIDED),
                    *("Next payment", "Paid on", "Paid", "Paid in", *_PROVEN),
                ),
            ),
            _OF_COMPANY,
            ("When", "Who", "Did what", "Supplier name", "Answer", "Judged by", "Paid on", "Paid"),
        ),
        Export(
            "mappings",
            "Changes of mappings",
            "Which rule coded otherwise from when on, and who agreed?",
            Entries("actions that begin with mapping_", lambda: _begins("mapping_"), _CHANGED),
            _OF_COMPANY,
            ("When", "Who", "Did what", "Integration", "Before", "After", "Reason"),
        ),
        Export(
            "settings",
            "Changes of settings",
            "Which control, connection, schedule or choice was changed, and who agreed?",
            Entries(f"actions that begin with {', '.join(_SETTINGS)}", lambda: _begins(*_SETTINGS), _CHANGED),
            _OF_COMPANY,
            ("When", "Who", "Did what", "To what", "Before", "After", "Details"),
        ),
        Export(
            "roles",
            "Changes of roles",
            "Who was let in, with which role, by whom; whose role was taken?",
            Entries(f"actions that begin with {', '.join(_ROLES)}", lambda: _begins(*_ROLES), _ABOUT_PEOPLE),
            _OF_TENANT,
            ("When", "Who", "Did what", "Person", "Role", "Judged by", "Details"),
        ),
        Export(
            "keys",
            "Changes of keys and secrets",
            "Which API key or secret was made, replaced or revoked? Secrets themselves stand nowhere.",
            Entries(f"actions that begin with {', '.join(_KEYS)}", lambda: _begins(*_KEYS), _CHANGED),
            _OF_TENANT,
            ("When", "Who", "Did what", "To what", "Asked by", "Judged by", "Details"),
        ),
        Export(
            "reversals",
            "Reversals",
            "Which payment was taken back in the books, and who released or refused it?",
            Entries(
                f"of payments: written as their reversal (refs.variant = {REVERSAL}), and answers about "
                + ", ".join(_REVERSALS),
                _reversals,
                (*_HAPPENED, *_RECORD, *_DECIDED, *_PROVEN),
            ),
            _OF_COMPANY,
            ("When", "Who", "Did what", "Number", "Supplier name", "Amount", "Answer", "Judged by"),
        ),
        Export(
            "vouchers",
            "Late or re-dated vouchers",
            "What stands in the books on another date than its own, or came there late?",
            Vouchers(),
            (*_PERIOD, "integration", "days"),
            ("Kind", "Number", "Supplier name", "Voucher", "Own date", "Booked on", "Entered", "Amount"),
        ),
        Export(
            "failed-runs",
            "Failed runs and how they ended",
            "Which run broke off or does not add up, why, and did a later one go through?",
            FailedRuns(),
            (*_PERIOD, "integration"),
            ("Started", "Integration", "Kind", "Of what", "What is wrong", "Message", "How it ended", "At"),
        ),
        Export(
            "operators",
            "Operator access",
            "When did an operator of the service look in, why, and at what?",
            Entries(
                "actions that begin with operator.",
                lambda: _begins("operator."),
                (*_HAPPENED, "Reason", *_PROVEN),
            ),
            _PERIOD,
            ("When", "Who", "Did what", "Reason", "Details"),
        ),
        Export(
            "leavers",
            "Users who left",
            "Who has no role any more, since when, and does a key that they made still open something?",
            Entries(
                "member.role_taken of people who have no role here now",
                _left,
                (*_HAPPENED, "Person", "Role", "Roles left", "Keys still open", "Last sign-in", *_PROVEN),
            ),
            _OF_TENANT,
            ("When", "Person", "Role", "Who", "Keys still open", "Last sign-in"),
        ),
    )
}
