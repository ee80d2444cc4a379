"""The image of an invoice beside its bill: whether it goes, and whether the bill waits for it.

Section 2.11 of the rules. The image is a record of its own: nothing that befalls it touches the bill.
"""

from datetime import timedelta
from os.path import splitext

from integrations.engine import fingerprint as hashing
from integrations.engine.asking import Answers, answered, hold
from integrations.engine.decisions import Act, Decision, Hold, Link, Nothing, Out, Wait, Want
from integrations.engine.documents import MIB, Images, Takes
from integrations.engine.drafts import ImageDraft, InvoiceDraft
from integrations.engine.errors import Choice, Problem
from integrations.engine.mapping import Rules
from integrations.engine.policy import Policy
from integrations.engine.records import Entity, Invoice, InvoiceImage

PATIENCE = timedelta(days=3)
_WITHOUT = Choice("without_image", "Send it without an image", "override")


def decide_image(source: InvoiceImage, link: Link | None, rules: Rules, policy: Policy, variant: str) -> Decision:
    """Put it beside the bill, once that is there. `variant` is the instalment whose bill it is about.

    Sent once: again only beside another bill than before, or where another file has taken its place in the ERP.
    """
    images, key = rules.images or Images(), source.invoice_key
    bills = images.bills.get(key, {})
    there = bills.get(variant)
    if link is not None and there in (None, link.target_id) and link.fingerprint == hashing.fingerprint(source):
        return Nothing()
    if policy.image == "no":
        return Out(reason="image_not_sent", message="Images of invoices are not sent, by the settings.")
    if key in images.left_out:
        return Out(reason="image_left_out", message="Its invoice does not go to the other side.")
    if key in images.credits and not rules.takes.credits:
        return Out(reason="image_of_credit", message="The other side keeps images of bills, not of credits.")
    if not variant and bills and "" not in bills:
        wants = tuple(Want(entity=Entity.INVOICE_IMAGE, key=source.key, variant=each) for each in sorted(bills))
        return Out(reason="instalments", message=f"Goes with each of {len(bills)} bills.", wants=wants)
    if there is None:
        words = "Its invoice is not on the other side yet."
        return Wait(problems=(Problem("image_early", words, field="invoice", value=key, blocker=("invoice", key)),))
    if unfit := _unfit(source, rules.takes):
        return hold(unfit) if policy.image == "required" else Out(reason=unfit.code, message=unfit.message)
    return _attach(source, link, there)


def without_image(
    source: Invoice, draft: InvoiceDraft, rules: Rules, policy: Policy, answers: Answers
) -> Wait | Hold | None:
    """Where every bill needs an image and there is none: the bill waits three days, then a person decides.

    The days count from the one on which the invoice was posted or first read, whichever is later.
    """
    if policy.image != "required" or (draft.credit and not rules.takes.credits):
        return None
    images = rules.images or Images()
    days = [day for day in (source.voucher_date, images.seen.get(source.key)) if day]
    early = rules.today is not None and bool(days) and rules.today < max(days) + PATIENCE
    if source.key in images.there:
        return None
    words = "The ERP keeps no image with it, and by the settings no bill goes without one."
    missing = Problem(
        "image_missing",
        f"{words} It waits three days for it." if early else f"{words} Add it to the invoice in the ERP.",
        field="document",
        blocker=("image", source.key),
        choices=() if early else (_WITHOUT,),
    )
    if answered(answers, missing):
        return None
    return Wait(problems=(missing,)) if early else hold(missing)


def _attach(source: InvoiceImage, link: Link | None, beside: str) -> Decision:
    draft = ImageDraft(
        bill_id=beside,
        document=source.key,
        name=source.name,
        content_type=source.content_type,
        size=source.size,
    )
    if link is not None and link.sent == draft:  # the same, hashed in another way
        return Nothing(rebaseline=True)
    return Act(
        draft=draft, natural_key=f"image|{beside}|{source.key}", target_id=beside, why=("the image of its invoice",)
    )


def _unfit(source: InvoiceImage, takes: Takes) -> Problem | None:
    """Why the target would not keep it."""
    if source.size is not None and source.size > takes.largest:
        words = f"The image has {source.size:,} bytes; the other side keeps at most {takes.largest // MIB} MiB."
        return Problem("document_too_large", f"{words} Replace it in the ERP by a smaller one.", field="size")
    ending = splitext(source.name)[1].lower()
    if takes.endings and ending not in takes.endings:
        words = f"The other side keeps no files of the kind “{ending or source.name}”."
        return Problem("image_kind", f"{words} Add it to the invoice as a PDF in the ERP.", field="name")
    return None
