"""The tenant's admin of integrations: mapping tables to propose in, everything else to look at."""

from integrations.admin import history, reconciliation, rules, setup, work

__all__ = ["history", "reconciliation", "rules", "setup", "work"]
