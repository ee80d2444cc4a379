"""How much there is of everything: little in every run, all of it with BOOKS_LONG=1; which books, BOOKS_SEED says."""

import os
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Size:
    """In all companies together but for accounts and values, which every company has. Some are awkward of each."""

    suppliers: int
    accounts: int
    values: int
    orders: int
    invoices: int
    payments: int


SEED = int(os.environ.get("BOOKS_SEED", "471108")) or Random().randrange(1, 10**6)
LONG = os.environ.get("BOOKS_LONG") == "1"
ONE_COMPANY = Size(1000, 500, 2000, 800, 1850, 1500) if LONG else Size(100, 60, 150, 80, 200, 150)
TWO_COMPANIES = Size(60, 45, 60, 40, 120, 90)
