"""The coding of an invoice that is not posted yet, proposed to its authoriser.

https://docs.ifs.com/ifsclouddocs/24r2/ (Posting Proposal). We choose the number of the proposal and of its lines, so
that whatever an interrupted try has left is found and completed.
"""

from datetime import datetime

from integrations.engine.drafts import BookedInvoiceDraft
from integrations.systems.ifs import coding
from integrations.systems.ifs.editing import Editors, Found, Values, complete
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.values import integer

_NUMBER = 1  # of our proposal, where nobody else has made one


class Proposals:
    """Proposes the coding of invoices that are not posted yet. Thread-safe."""

    def __init__(self, editors: Editors, profile: Profile) -> None:
        self._profile = profile
        self._heads, self._lines = editors("posting_proposal"), editors("posting_proposal_line")

    def propose(self, invoice: int, draft: BookedInvoiceDraft, send_by: datetime) -> None:
        """Our proposal on `invoice`, complete; one that the authoriser has taken up is left alone."""
        parent: Values = {"company": draft.company, "invoice_id": invoice}
        ours = self._ours(parent, draft, send_by)
        if ours.text("state") not in self._profile.open_codings:
            return
        key: Values = {**parent, "proposal_id": integer(ours.values["proposal_id"])}
        complete(self._lines, key, coding.proposed(draft, self._profile), send_by, new=ours.new)
        if draft.authorise and self._heads.action("authorise"):
            self._heads.act(self._heads.one(key) or ours, "authorise", send_by)

    def _ours(self, parent: Values, draft: BookedInvoiceDraft, send_by: datetime) -> Found:
        number = _NUMBER
        for each in self._heads.find(parent):
            if not self._heads.has("external_id") or each.text("external_id") == draft.external_id:
                return each
            number = max(number, (integer(each.values["proposal_id"]) or 0) + 1)
        named: Values = {**parent, "proposal_id": number, "authoriser": draft.authoriser}
        said: Values = {"text": draft.text[: coding.TEXT], "external_id": draft.external_id}
        return self._heads.create({**named, **said}, send_by)
