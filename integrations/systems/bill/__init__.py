"""BILL: approval and payment of bills. Its AP side over the v3 API: https://developer.bill.com/docs"""

from integrations.engine.records import Entity
from integrations.systems.base import Chart, Limits, System
from integrations.systems.bill import budget, client, documents, hooks, lists, settings
from integrations.systems.bill.resources import BILLS, DIMENSION_LABELS, VENDORS

SYSTEM = System(
    key="bill",
    label="BILL",
    role="ap",
    settings=settings.SETTINGS,
    reads=frozenset({Entity.VENDOR, Entity.GL_ACCOUNT, Entity.DIMENSION, Entity.INVOICE, Entity.PAYMENT}),
    writes=frozenset({Entity.VENDOR, Entity.INVOICE, Entity.INVOICE_IMAGE}),
    originates=frozenset({Entity.VENDOR, Entity.PAYMENT}),
    limits=Limits(
        page_size=lists.PAGE_SIZE,
        per_clock_hour=budget.REQUESTS_PER_CLOCK_HOUR,
        logins_per_clock_hour=budget.LOGINS_PER_CLOCK_HOUR,
        lanes=budget.LANES,
        slow={Entity.INVOICE_IMAGE: documents.PROCESSING},
        documents=documents.TAKES,
        bulk={Entity.VENDOR: VENDORS.bulk, Entity.INVOICE: BILLS.bulk},
    ),
    connect=client.connect,
    terms=True,
    steps=settings.STEPS,
    chart=Chart(dimensions=DIMENSION_LABELS),
    environment=settings.environment,
    faults=settings.faults,
    hooks=hooks.HOOKS,
)
