"""Settlement and cash accounts: what our lists say of them, and what came of holding the ERP's ledger against that."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from integrations.engine.agreement import AT_REST
from integrations.engine.balances import Balance, Lists, Movement
from integrations.engine.records import Entity
from integrations.models import AccountBalance, Integration, RecordLink, SettingChange
from integrations.store.books import bills_are_ours
from integrations.store.reconciling.reckoning import flows_of
from integrations.store.settings import effective
from tenants.scope import current_tenant

DAILY = timedelta(hours=6)  # often enough that every day has its reading, whatever fails once
SOON = timedelta(minutes=15)  # what differs is looked at once more: an item may have been settled between two looks
# Every voucher of ours as it was booked; its period is the ledger's where that was read, else the calendar's month.
_BOOKED = """
    WITH booked AS (
        SELECT r.value->>'account' AS account, r.value->>'currency' AS currency, (l.sent->>'dated')::date AS day,
            l.target_id, (r.value->>'amount')::numeric AS amount
        FROM integrations_recordlink l CROSS JOIN LATERAL jsonb_array_elements(l.sent->'rows') r
        WHERE l.tenant_id = %(tenant)s AND l.integration_id = %(integration)s AND l.entity = 'payment' AND l.inbound
          AND l.sent ? 'rows' AND r.value->>'account' = ANY(%(accounts)s)
    ),
    days AS (
        SELECT d.day, coalesce((
            SELECT (s.snapshot->>'year') || '-' || lpad(s.snapshot->>'period', 2, '0')
            FROM integrations_sourcerecord s
            WHERE s.tenant_id = %(tenant)s AND s.flow_id = %(periods)s AND s.readable AND NOT s.gone
              AND d.day BETWEEN (s.snapshot->>'starts')::date AND (s.snapshot->>'ends')::date
            ORDER BY (s.snapshot->>'ends')::date - (s.snapshot->>'starts')::date LIMIT 1), to_char(d.day, 'YYYY-MM')
        ) AS period
        FROM (SELECT DISTINCT day FROM booked) d
    )
    SELECT b.account, b.currency, d.period, b.target_id, b.amount FROM booked b JOIN days d ON d.day = b.day
"""
# A settled item stood on the account that its voucher was booked on.
_SETTLED = """
    SELECT a.account, x.currency, sum(x.amount)
    FROM integrations_settlement x
    JOIN integrations_recordlink l ON l.tenant_id = x.tenant_id AND l.id = x.link_id
    CROSS JOIN LATERAL (
        SELECT r.value->>'account' AS account FROM jsonb_array_elements(l.sent->'rows') r
        WHERE r.value->>'account' = ANY(%(settlement)s) LIMIT 1) a
    WHERE x.tenant_id = %(tenant)s AND x.integration_id = %(integration)s AND x.state = 'settled' AND l.sent ? 'rows'
    GROUP BY 1, 2
"""


def accounts_of(integration: Integration, day: date) -> tuple[frozenset[str], frozenset[str]]:
    """(settlement, cash) accounts that payments are booked on now, or were once; none where no voucher is ours."""
    policy = effective(integration, day)
    vouchers = RecordLink.objects.filter(integration=integration, entity=Entity.PAYMENT, inbound=True)
    if bills_are_ours(integration) and policy.read_back != "voucher" and not vouchers.exists():
        return frozenset(), frozenset()
    names = ("settlement_account", "cash_account", "cash_accounts")
    once: dict[str, list[Any]] = {name: [getattr(policy, name)] for name in names}
    changes = SettingChange.objects.filter(integration=integration, name__in=names, version__isnull=False)
    for name, old, new in changes.values_list("name", "old", "new"):
        once[name] += [old, new]
    pairs = [pair for chosen in once["cash_accounts"] for pair in chosen or ()]
    cash = {*once["cash_account"], *(pair.partition("=")[2].strip() for pair in pairs)}
    settlement = {each for each in once["settlement_account"] if each}
    if policy.payment_mode == "control":  # nothing goes through it now; only what went once is of interest
        rows = vouchers.filter(sent__has_key="rows")
        settlement = {each for each in settlement if rows.filter(sent__rows__contains=[{"account": each}]).exists()}
    return frozenset(settlement), frozenset(each for each in cash if each) - settlement


def lists(integration: Integration, settlement: Collection[str], cash: Collection[str]) -> Lists:
    """What we know of these accounts as of now; in the open scope."""
    names: dict[str, Any] = {
        "tenant": current_tenant(),
        "integration": integration.pk,
        "periods": flows_of(integration)["periods"],
        "accounts": [*settlement, *cash],
        "settlement": list(settlement),
    }
    links = RecordLink.objects.filter(integration=integration, entity=Entity.PAYMENT, inbound=True)
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED, names)
        settled: dict[tuple[str, str], Decimal] = {(row[0], row[1]): row[2] for row in cursor.fetchall()}
        cursor.execute(_BOOKED, names)
        booked = [Movement._make(row) for row in cursor.fetchall()]
    return Lists(
        booked=booked,
        settled=settled,
        settlement=settlement,
        adopted=frozenset(links.exclude(sent__has_key="rows").values_list("target_id", flat=True)),
    )


def keep(integration: Integration, found: Iterable[Balance], at: datetime) -> None:
    """The reading of `at` in place of the one before; what is in the state that it was in keeps its time."""
    rows = AccountBalance.objects.filter(integration=integration)
    before = {_place(row): row for row in rows}
    rows.delete()
    AccountBalance.objects.bulk_create(_row(integration, each, before, at) for each in found)


def is_due(integration: Integration, accounts: Collection[str], now: datetime) -> bool:
    """Whether these accounts are to be read: never read, not lately, or something differed for the first time."""
    kept = list(AccountBalance.objects.filter(integration=integration).values_list("state", "since", "read_at"))
    if not accounts:
        return bool(kept)
    if not kept:
        return True
    news = any(since == read_at and state not in AT_REST for state, since, read_at in kept)
    oldest: datetime = min(read_at for _, _, read_at in kept)
    return oldest <= now - (SOON if news else DAILY)


def _place(row: Any) -> tuple[str, ...]:
    return row.account, row.what, row.currency, row.period


def _row(integration: Integration, each: Balance, before: Mapping[Any, AccountBalance], at: datetime) -> AccountBalance:
    was = before.get(_place(each))
    same = was is not None and was.state == each.state
    return AccountBalance(
        integration=integration,
        part=each.part,
        account=each.account,
        what=each.what,
        currency=each.currency,
        period=each.period,
        here=each.here,
        there=each.there,
        vouchers=each.vouchers,
        state=each.state,
        reason=each.reason,
        named=[[voucher, str(here), str(there)] for voucher, here, there in each.named],
        since=was.since if was is not None and same else at,
        read_at=at,
    )
