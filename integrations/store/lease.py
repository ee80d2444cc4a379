"""Who is at a flow: leases with fences, by the database clock.

A claim raises the fence; every commit of the holder first proves that its fence is still the flow's, so that a woken
zombie changes no row of ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

LEASE_SECONDS = 60
_STARTS = 1000  # a claim moves the fence to the next multiple of this, a start under that claim by one


class LeaseLost(Exception):
    """Somebody else holds the flow now: end at once, change nothing."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a flow until it lapses; `fence` grows with every claim."""

    flow_id: int
    tenant_id: UUID
    fence: int
    poll_due: bool = False


def claim_due(slots: int, per_tenant: int) -> list[Lease]:
    """Lease due flows, longest unserved first, each once, until `slots` are leased, `per_tenant` of one tenant.

    Compared with `statement_timestamp()`: an index cannot be searched by the clock, which moves while one looks.
    """
    sql = """
        WITH held AS (
            SELECT tenant_id, count(*) AS leases FROM integrations_dueflow
            WHERE lease_until >= statement_timestamp() GROUP BY tenant_id
        ), ranked AS (
            SELECT flow_id, last_served, due_at,
                   row_number() OVER (PARTITION BY tenant_id ORDER BY last_served NULLS FIRST, due_at) AS place
            FROM integrations_dueflow
            WHERE enabled AND due_at <= statement_timestamp()
              AND (lease_until IS NULL OR lease_until < statement_timestamp())
        ), chosen AS (
            SELECT d.flow_id FROM integrations_dueflow d JOIN ranked r ON r.flow_id = d.flow_id
            LEFT JOIN held h ON h.tenant_id = d.tenant_id
            WHERE r.place + coalesce(h.leases, 0) <= %s
              AND (d.lease_until IS NULL OR d.lease_until < statement_timestamp())
            ORDER BY r.last_served NULLS FIRST, r.due_at
            LIMIT greatest(0, %s - (SELECT coalesce(sum(leases), 0) FROM held)) FOR UPDATE OF d SKIP LOCKED
        )
        UPDATE integrations_dueflow d
        SET lease_until = clock_timestamp() + make_interval(secs => %s), fence = (d.fence / %s + 1) * %s
        FROM chosen WHERE d.flow_id = chosen.flow_id
        RETURNING d.flow_id, d.tenant_id, d.fence, d.poll_at <= clock_timestamp()
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [per_tenant, slots, LEASE_SECONDS, _STARTS, _STARTS])
        return [Lease(*row) for row in cursor.fetchall()]


def claim(flow_id: int) -> Lease | None:
    """Lease one flow now, whether due or not; None while somebody else holds it."""
    sql = """
        UPDATE integrations_dueflow
        SET lease_until = clock_timestamp() + make_interval(secs => %s), fence = (fence / %s + 1) * %s
        WHERE flow_id = %s AND (lease_until IS NULL OR lease_until < clock_timestamp())
        RETURNING flow_id, tenant_id, fence, poll_at <= clock_timestamp()
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [LEASE_SECONDS, _STARTS, _STARTS, flow_id])
        row = cursor.fetchone()
    return Lease(*row) if row else None


def start(flow_id: int, fence: int) -> Lease | None:
    """The lease a dispatcher claimed for us, under a fence of our own; None when it has lapsed and was claimed again.

    A message may be given out twice: the later start fences out the earlier one, which is lost or merely asleep.
    """
    sql = """
        UPDATE integrations_dueflow
        SET lease_until = clock_timestamp() + make_interval(secs => %s), fence = fence + 1
        WHERE flow_id = %s AND fence / %s = %s / %s RETURNING flow_id, tenant_id, fence, poll_at <= clock_timestamp()
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [LEASE_SECONDS, flow_id, _STARTS, fence, _STARTS])
        row = cursor.fetchone()
    return Lease(*row) if row else None


def take_over(flow_id: int, fence: int) -> Lease | None:
    """A lease of ours, renewed; None when it has lapsed and was claimed again."""
    sql = """
        UPDATE integrations_dueflow SET lease_until = clock_timestamp() + make_interval(secs => %s)
        WHERE flow_id = %s AND fence = %s RETURNING flow_id, tenant_id, fence, poll_at <= clock_timestamp()
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [LEASE_SECONDS, flow_id, fence])
        row = cursor.fetchone()
    return Lease(*row) if row else None


def prove(lease: Lease) -> None:
    """First statement of every commit: the lease is ours until this transaction ends, and renewed. Raises LeaseLost."""
    sql = """
        UPDATE integrations_dueflow SET lease_until = clock_timestamp() + make_interval(secs => %s)
        WHERE flow_id = %s AND fence = %s RETURNING 1
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [LEASE_SECONDS, lease.flow_id, lease.fence])
        if cursor.fetchone() is None:
            raise LeaseLost(f"flow {lease.flow_id}: fence {lease.fence} is no longer the newest")


def hold_off(flow_ids: Sequence[int]) -> None:
    """Until this transaction ends no commit of these flows is under way: waits for those that are.

    Always before `prove`: a flow that supplies others makes them due with its own row in hand.
    """
    if flow_ids:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM integrations_dueflow WHERE flow_id = ANY(%s) ORDER BY flow_id FOR SHARE",
                [list(flow_ids)],
            )


def polled(lease: Lease, *, next_at: datetime, began: datetime) -> None:
    """The source has been read to its end; it is read again at `next_at`, or at once if somebody asked since `began`.

    What such a hint was about may have been behind the page that was read then.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_dueflow SET poll_at = %s WHERE flow_id = %s AND fence = %s AND poll_at <= %s",
            [next_at, lease.flow_id, lease.fence, began],
        )


def poll_now(flow_id: int) -> None:
    """Read the source at the next dispatch."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_dueflow SET poll_at = now(), due_at = now() WHERE flow_id = %s",
            [flow_id],
        )


def quiet(seconds: float) -> bool:
    """Whether no flow of any tenant was served within the last `seconds`."""
    sql = """
        WITH since AS (SELECT statement_timestamp() - make_interval(secs => %s) AS at)
        SELECT NOT EXISTS (SELECT 1 FROM integrations_dueflow WHERE last_served > (SELECT at FROM since))
           AND NOT EXISTS (SELECT 1 FROM integrations_dueflow WHERE lease_until > (SELECT at FROM since))
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [seconds])
        row = cursor.fetchone()
    return bool(row and row[0])


def park(flow_ids: list[int]) -> None:
    """No dispatcher serves these flows; somebody runs them in the foreground."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE integrations_dueflow SET enabled = false WHERE flow_id = ANY(%s)", [flow_ids])


def release(lease: Lease, *, due_in: float | None) -> None:
    """End the lease; the flow is due again in `due_in` seconds or at its next poll, with None only at that.

    A poll that is due already waits as well: what asked for the wait may be its source.
    """
    sql = """
        UPDATE integrations_dueflow SET lease_until = NULL, last_served = clock_timestamp(), due_at = CASE
            WHEN %s::float8 IS NULL THEN poll_at
            WHEN poll_at <= clock_timestamp() THEN clock_timestamp() + make_interval(secs => %s)
            ELSE least(poll_at, clock_timestamp() + make_interval(secs => %s)) END
        WHERE flow_id = %s AND fence = %s
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [due_in, due_in or 0.0, due_in or 0.0, lease.flow_id, lease.fence])


def due_now(flow_ids: list[int]) -> None:
    """These flows have work: serve them at the next dispatch."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_dueflow SET due_at = least(due_at, clock_timestamp()) WHERE flow_id = ANY(%s)",
            [flow_ids],
        )
