"""Payment proposals."""

from collections.abc import Callable

from integrations.systems.ifs.simulator.answers import business
from integrations.systems.ifs.simulator.store import Row, Store


def _remove_item(store: Store, row: Row) -> None:
    proposal = store.one("PaymentProposal", Company=row["Company"], ProposalId=row["ProposalId"])
    if proposal is not None and proposal["Objstate"] not in ("Preliminary", "Acknowledged"):
        raise business(f"Payment proposal {row['ProposalId']} is {proposal['Objstate']}.", "20130")


DELETE: dict[str, Callable[[Store, Row], None]] = {"ProposalItem": _remove_item}
