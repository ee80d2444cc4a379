"""AvidXchange: capture, approval and payment of invoices. Its API is not published: see the API profile."""

from integrations.engine.records import Entity
from integrations.systems.avidxchange import client, drafts, settings
from integrations.systems.base import Limits, System

SYSTEM = System(
    key="avidxchange",
    label="AvidXchange",
    role="ap",
    settings=settings.SETTINGS,
    reads=frozenset({Entity.VENDOR, Entity.INVOICE, Entity.PAYMENT}),
    writes=frozenset(drafts.OPERATIONS),
    originates=frozenset({Entity.INVOICE, Entity.PAYMENT}),
    limits=Limits(
        page_size=500,
        per_minute=60,
        lanes=2,
        bulk=dict.fromkeys(drafts.OPERATIONS, 100),
        longest_name={Entity.GL_ACCOUNT: drafts.LONGEST_NAME, Entity.DIMENSION: drafts.LONGEST_NAME},
    ),
    connect=client.connect,
    steps=settings.STEPS,
    shared=True,
    environment=settings.environment,
    faults=settings.faults,
)
