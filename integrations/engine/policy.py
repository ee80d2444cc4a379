"""The settings of an integration with their defaults: choices of the tenant, kept and versioned as data."""

from datetime import date
from typing import Literal

import msgspec

from integrations.engine.records import InvoiceState


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant may choose. `version` names the stored version that was used; defaults are the product's."""

    company: str
    version: int = 1
    start_date: date | None = None
    include_open_older: bool = False
    release_states: tuple[InvoiceState, ...] = (InvoiceState.AUTHORISED,)
    prepayments: Literal["hold", "send"] = "hold"
    one_time: Literal["hold"] = "hold"
    tax_lines: Literal["per_code", "into_cost"] = "per_code"
    withholding: Literal["hold", "negative_line"] = "hold"
    withholding_account: str = ""  # number on the target, for negative_line
    rounding_tolerance: int = 5  # minor units
    rounding_account: str = ""  # number on the target
    negative_lines: Literal["keep", "net_same_coding", "hold"] = "keep"
    due_date_from: Literal["due_date", "planned_pay_date"] = "due_date"
    match_by_number: bool = False  # an account or value without a rule goes to the equal number on the target
    unmapped: Literal["hold", "fallback"] = "hold"
    fallback_account: str = ""  # number on the target
    number_reuse: bool = True  # a number may come back with another amount after 300 days
    max_lines: int = 100
    max_number_length: int = 100
