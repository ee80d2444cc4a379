"""What a captured invoice becomes in IFS: the fields of its head, its items, its postings and its proposed coding.

An item has no account: each line is an item with one posting row. https://docs.ifs.com/ifsclouddocs/24r2/
"""

from integrations.engine.drafts import BookedInvoiceDraft, BookedLine
from integrations.engine.errors import Rejected
from integrations.systems.ifs.editing import Values
from integrations.systems.ifs.profile import Profile

TEXT = 200  # characters of a text or of a reference to a document


def head(draft: BookedInvoiceDraft, profile: Profile) -> Values:
    """The head's fields that have a value: what is left out is for IFS to fill in.

    A reference that is too long for IFS is left out too, since half of one leads nowhere.
    """
    fields: Values = {
        "company": draft.company,
        "identity": draft.vendor,
        "party_type": profile.party,
        "series": draft.series,
        "number": draft.number,
        "type": draft.type,
        "invoice_date": draft.invoice_date,
        "arrival_date": draft.arrival_date,
        "due_date": draft.due_date,
        "payment_term": draft.payment_term,
        "payment_method": draft.payment_method,
        "currency": draft.currency,
        "net": draft.net,
        "tax": draft.tax,
        "tax_code": draft.tax_code,
        "po_number": draft.po_number,
        "image": draft.document if fits(draft.document) else "",
        "external_id": draft.external_id,
    }
    return {ours: value for ours, value in fields.items() if value not in ("", None)}


def essence(draft: BookedInvoiceDraft) -> Values:
    """What makes it this invoice: once it is in the books, nothing of this may differ."""
    said = {"identity": draft.vendor, "number": draft.number, "currency": draft.currency}
    return {**said, "net": draft.net, "tax": draft.tax}


def items(draft: BookedInvoiceDraft) -> list[Values]:
    """One item per line, numbered from 1; `po_line` may name a release behind a stroke."""
    found: list[Values] = []
    for number, line in enumerate(draft.lines, 1):
        po_line, _, release = line.po_line.partition("|")
        order = {"po_number": draft.po_number, "po_line": po_line, "po_release": release} if po_line else {}
        text = {"description": line.text[:TEXT], "tax_code": line.tax_code}
        found.append({"item_id": number, "net": line.net, **text, **order})
    return found


def postings(draft: BookedInvoiceDraft, profile: Profile) -> list[Values]:
    """One posting row per item."""
    kind = profile.cost_posting
    return [
        {"item_id": number, "row_id": 1, "posting_type": kind, "tax_code": line.tax_code, **_coded(line, profile)}
        for number, line in enumerate(draft.lines, 1)
    ]


def proposed(draft: BookedInvoiceDraft, profile: Profile) -> list[Values]:
    """One line of a posting proposal per line, for the authoriser."""
    return [
        {"line_no": number, "authoriser": draft.authoriser, **_coded(line, profile)}
        for number, line in enumerate(draft.lines, 1)
    ]


def fits(reference: str) -> bool:
    """Whether IFS can keep this reference to a document."""
    return len(reference) <= TEXT


def must_add_up(draft: BookedInvoiceDraft) -> None:
    """Raises Rejected when the lines are not the net amount."""
    if sum(line.net for line in draft.lines) != draft.net:
        words = f"The lines of invoice {draft.number} do not add up to its net amount {draft.net}."
        raise Rejected(words, code="amounts_differ")


def _coded(line: BookedLine, profile: Profile) -> Values:
    if unknown := sorted(set(line.dimensions) - set(profile.code_parts)):
        words = f"{', '.join(unknown)} is no code part of IFS. Correct the mapping of dimensions."
        raise Rejected(words, code="unknown_dimension")
    codes = {f"code_{part.lower()}": value for part, value in line.dimensions.items()}
    return {"account": line.account, "amount": line.net, "text": line.text[:TEXT], **codes}
