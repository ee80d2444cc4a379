"""IFS Cloud: the ERP whose ledger is read and written over OData v4. https://docs.ifs.com/techdocs/"""

from integrations.engine.records import MARKS, Entity
from integrations.systems.base import Limits, System
from integrations.systems.ifs import client, settings

LANES = 3  # records written at once: a booked invoice takes some fifteen requests, one after the other

SYSTEM = System(
    key="ifs",
    label="IFS Cloud",
    role="erp",
    settings=settings.SETTINGS,
    reads=frozenset(
        {Entity.VENDOR, Entity.GL_ACCOUNT, Entity.DIMENSION, Entity.TAX_CODE, Entity.PAYMENT_TERM, Entity.INVOICE}
        | {Entity.INVOICE_IMAGE, Entity.ACCOUNTING_PERIOD, Entity.PURCHASE_ORDER, Entity.PAYMENT_PROPOSAL}
    ),
    writes=frozenset({*MARKS, Entity.VENDOR, Entity.INVOICE, Entity.PAYMENT}),
    live=frozenset({Entity.INVOICE}),
    limits=Limits(page_size=5000, per_minute=1000, lanes=LANES),
    connect=client.connect,
    steps=settings.STEPS,
    environment=settings.environment,
    faults=settings.faults,
)
