"""One worker process of the test of lanes: three threads write bills through one client, told by JSON on stdin."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from cryptography.fernet import Fernet, MultiFernet

from integrations.engine.drafts import DraftLine, InvoiceDraft
from integrations.engine.errors import Retryable
from integrations.engine.ports import Write
from integrations.engine.records import Entity
from integrations.systems.bill.client import BillClient, connect
from integrations.transport import memory
from integrations.transport.egress import EgressPolicy
from integrations.transport.kit import Kit
from integrations.transport.throttle import RedisBudgets
from integrations.transport.tokens import RedisTokens


def now() -> datetime:
    return datetime.now(UTC)


def client(order: dict[str, str]) -> BillClient:
    shared = memory.connect(os.environ["REDIS_URL"])
    budgets = RedisBudgets(shared, deadline=5.0, prefix=order["prefix"])
    tokens = RedisTokens(shared, MultiFernet([Fernet(order["key"])]), prefix=order["prefix"])
    egress = EgressPolicy([order["host"]], allow_private=True)
    return connect(json.loads(order["settings"]), Kit(tokens, budgets, egress, now, deadline=5.0))


def write(target: BillClient, order: dict[str, str], number: int) -> str:
    line = DraftLine(amount=Decimal(number + 1), account=order["account"])
    draft = InvoiceDraft(
        vendor_id=order["vendor"],
        number=f"{order['name']}-{number}",
        invoice_date=date(2026, 11, 2),
        due_date=date(2026, 12, 2),
        currency="USD",
        total=line.amount,
        lines=(line,),
    )
    while True:
        by = now() + timedelta(seconds=30)
        one = Write(intent=number, entity=Entity.INVOICE, draft=draft, natural_key=draft.number, send_by=by)
        try:
            return target.write([one])[0].target_id
        except Retryable:
            continue


def main() -> None:
    order = json.load(sys.stdin)
    target = client(order)
    with ThreadPoolExecutor(3) as pool:
        ids = list(pool.map(lambda number: write(target, order, number), range(int(order["count"]))))
    target.close()
    json.dump(ids, sys.stdout)


if __name__ == "__main__":
    main()
