"""BILL's two limits as one budget: 3 requests in flight per key and organization, 20,000 an hour per developer key.

https://developer.bill.com/v3/docs/api-rate-limits
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from integrations.systems.bill.settings import Options
from integrations.transport.kit import BudgetMaker

LANES = 3
REQUESTS_PER_CLOCK_HOUR = 20_000
LOGINS_PER_CLOCK_HOUR = 200


class BillBudget:
    """A slot is a lane of the organization and one request of the developer key's hour."""

    def __init__(self, make: BudgetMaker, options: Options) -> None:
        self.lanes = make(f"{options.developer_limit}:{options.organization_id}", lanes=LANES)
        self.developer = make(
            options.developer_limit,
            per_clock_hour=REQUESTS_PER_CLOCK_HOUR,
            logins_per_clock_hour=LOGINS_PER_CLOCK_HOUR,
        )

    def slot(self, *, cost: int = 1) -> AbstractContextManager[None]:
        """See Budget. The lane comes first, so that a wait for it takes nothing from the hour."""
        return self._slot(cost)

    @contextmanager
    def _slot(self, cost: int) -> Iterator[None]:
        with self.lanes.slot(), self.developer.slot(cost=cost):
            yield

    def login(self) -> None:
        """See Budget."""
        self.developer.login()

    def close_for(self, seconds: float) -> None:
        """Closes the organization: a 429 without BILL's own code speaks of nobody else who shares the developer key."""
        self.lanes.close_for(seconds)
