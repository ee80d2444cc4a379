"""The engine's Store on PostgreSQL: transactions, leases, links, audit and review items."""

from integrations.store.flowstore import FlowStore

__all__ = ["FlowStore"]
