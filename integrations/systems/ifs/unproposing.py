"""Takes an invoice out of the payment proposals of IFS in which it is about to be paid again.

https://docs.ifs.com/ifsclouddocs/24r2/ (Supplier Payment Proposal). Only while the proposal may still be changed; a
proposal that has been ordered is left to people.
"""

from integrations.engine.drafts import Receipt, UnproposeDraft
from integrations.engine.errors import ConnectionBroken, Problem, Rejected
from integrations.engine.ports import Write
from integrations.systems.ifs.editing import Editors, Found
from integrations.systems.ifs.profile import Profile
from integrations.systems.ifs.reading import is_closed


class Unproposing:
    """Takes invoices of one tenant out of payment proposals. Thread-safe."""

    def __init__(self, editors: Editors, profile: Profile) -> None:
        self._profile = profile
        self._proposals, self._items = editors("payment_proposal"), editors("proposal_item")

    def take_out(self, write: Write, draft: UnproposeDraft) -> Receipt:
        """Removes every item of the invoice from living proposals; none is removed when one cannot be.

        Raises Rejected with code `proposal_ordered`: the payment is on its way.
        """
        try:
            found = [item for item in self._of(draft) if self._lives(item)]
        except ConnectionBroken as error:
            if not is_closed(error):
                raise
            raise Rejected("IFS shows no payment proposals. Take the invoice out there.", code="undeclared") from None
        for item in found:
            self._items.remove(item, write.send_by)
        taken = sorted(item.text("proposal_id") for item in found)
        target_id = f"{draft.company}|{draft.vendor}|{draft.series}|{draft.number}"
        return Receipt(target_id=write.target_id or target_id, echo={"proposals": ", ".join(taken)})

    def _of(self, draft: UnproposeDraft) -> list[Found]:
        items = self._items.find({"company": draft.company, "number": draft.number})
        return [i for i in items if (i.text("identity"), i.text("series")) == (draft.vendor, draft.series)]

    def _lives(self, item: Found) -> bool:
        """Whether its proposal would pay it. Raises Rejected when that cannot be stopped any more."""
        key = {"company": item.values["company"], "proposal_id": item.values["proposal_id"]}
        proposal = self._proposals.one(key)
        state = "" if proposal is None else proposal.text("state")
        if proposal is None or state in self._profile.dead_proposals:
            return False
        if state not in self._profile.open_proposals:
            number = item.text("proposal_id")
            words = f"Payment proposal {number} of IFS is {state}. The invoice may be paid twice: stop one of the two."
            raise Rejected(words, code="proposal_ordered", problems=(Problem("proposal_ordered", words, urgent=True),))
        return True
