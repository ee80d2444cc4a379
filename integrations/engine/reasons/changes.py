"""What changed after it was sent or booked, on one side or both."""

from collections.abc import Mapping

from integrations.engine.reasons.shape import ANSWER, AT_TARGET, BY_ITSELF, NOTE, TWO_PEOPLE, URGENT, Reason

CHANGES: Mapping[str, Reason] = {
    "adopted_changed": Reason(
        "Changed in the ERP, and entered there by hand", "What a person entered is not overwritten unasked.", ANSWER
    ),
    "amount_changed": Reason("Amount changed after it was sent", "Amounts and dates are released by a person.", ANSWER),
    "amount_differs": Reason(
        "Another amount was stored on the other side", "What was sent and what is stored there differ.", URGENT
    ),
    "approver_acted": Reason(
        "An approver has acted there", "What somebody approved is not changed unasked.", AT_TARGET
    ),
    "archived": Reason("Archived there", "The record is archived on the other side.", AT_TARGET),
    "archived_on_target": Reason("Archived on the other side", "Restore it there, or take its link back.", AT_TARGET),
    "blocked_after_sending": Reason(
        "Blocked in the ERP after it was sent", "The bill is still open: stop it on the other side as well.", URGENT
    ),
    "booked": Reason("Booked already", "What is in the books is never changed from outside.", AT_TARGET),
    "cancelled_after_sending": Reason(
        "Cancelled in the ERP after it was sent", "The bill is still there: archive it, or cancel its payment.", URGENT
    ),
    "cancelled_in_books": Reason("Cancelled in the ledger", "It was booked, and cancelled there since.", ANSWER),
    "changed_after_approval": Reason(
        "Changed after somebody approved it", "An approver has acted on what it was before.", ANSWER
    ),
    "changed_after_booking": Reason("Changed after it was booked", "Correct it in the books, then accept it.", URGENT),
    "changed_after_payment": Reason("Changed after payment began", "Its money moves, so nothing is written.", URGENT),
    "changed_on_both": Reason("Changed on both sides", "Each side has a change of its own; choose one.", TWO_PEOPLE),
    "changed_on_target": Reason(
        "Changed on the other side", "What people edit there is never overwritten. Accept it, or mend it there.", ANSWER
    ),
    "conflict": Reason("Changed there meanwhile", "It is read again and decided anew.", BY_ITSELF),
    "gone_in_source": Reason(
        "No longer in the ledger, but on the other side", "Decide what becomes of the other side's record.", ANSWER
    ),
    "missing_on_target": Reason(
        "Missing on the other side", "What was linked is not there any more. Find out who removed it.", TWO_PEOPLE
    ),
    "not_reposted": Reason("Its coding stays", "A paid or approved bill is not coded anew.", NOTE),
    "offset_elsewhere": Reason("Credit partly set off elsewhere", "It must not be used a second time.", URGENT),
    "payee_or_currency_changed": Reason(
        "Payee or currency changed after it was sent", "A bill keeps its payee and currency; make a new one.", URGENT
    ),
    "removed_after_booking": Reason("Removed after it was booked", "It is booked, and gone in the AP tool.", URGENT),
    "repost": Reason("Its coding is posted anew", "Somebody asked for it after a mapping changed.", TWO_PEOPLE),
    "stale_version": Reason("Changed there meanwhile", "It is read again and decided anew.", BY_ITSELF),
    "vanished": Reason("Gone there meanwhile", "It is read again and decided anew.", BY_ITSELF),
    "voided_after_booking": Reason("Void after it was booked", "It is in the books, and void in the AP tool.", URGENT),
    "went_back": Reason("Went back after it was sent", "The ERP took its release back. Stop it there as well.", URGENT),
}
