"""How much of everything a run does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes of one run: `NORMAL` below five minutes on two cores, `LONG` below twenty, `TINY` for the tests."""

    name: str
    pull: int = 50_000
    small_pull: int = 10_000
    large_pull: int = 0  # to see whether memory stays flat; 0: `pull` is large enough
    repeat: int = 1  # rounds that count, after one that warms the stand-in up
    dlt: int = 10_000
    job: int = 10_000
    late_job: int = 3_000
    limit: int = 1_000  # requests in a window
    window: float = 3.0  # seconds
    limiter: float = 15.0  # seconds
    workers: int = 4
    due: int = 40_000
    tenants: int = 2_000
    entries: int = 50_000
    terms: int = 800_000
    reconciled: int = 100_000
    events: float = 200.0  # a second
    hooked: float = 60.0  # seconds
    burst: int = 500  # events within a second
    ledger: bool = True


NORMAL = Plan("./dev bench")
LONG = Plan(
    "./dev bench --long",
    large_pull=200_000,
    limiter=600.0,
    window=60.0,
    entries=1_000_000,
    terms=5_000_000,
    dlt=50_000,
)
TINY = Plan(
    "tiny: its figures mean nothing",
    pull=300,
    small_pull=60,
    repeat=1,
    dlt=60,
    job=120,
    late_job=60,
    limit=50,
    window=0.5,
    limiter=2.0,
    workers=2,
    due=200,
    tenants=10,
    entries=200,
    terms=400,
    reconciled=400,
    events=20.0,
    hooked=1.0,
    burst=20,
    ledger=False,
)
