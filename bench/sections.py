"""The sections of a run: each makes its stand-ins, measures in processes of its own and yields rows."""

import importlib.util
import os
import threading
from collections.abc import Iterator
from statistics import median
from typing import Any

from bench import ledger
from bench.child import measured, result, start
from bench.database import postmaster, settle
from bench.limiter import Judge
from bench.meter import tree_cpu
from bench.plan import Plan
from bench.rows import Row, number
from bench.sender import served
from bench.stand import stand

Found = dict[str, Any]
HAND_CPU = (0.048, 0.072)  # s per 1,000: within a fifth of 0.06
LANES, LATENCY = 3, 0.2
MILLION = 1_000_000


def pull(plan: Plan) -> Iterator[Row]:
    """Our pull beside the hand loop and dlt, alternating, on the same stand-in; the first round only warms that up."""
    with stand("ifs", invoices=plan.pull, remember=True) as erp:
        ours, hand = [], []
        for turn in range(1 + plan.repeat):
            settle()
            ours.append(measured("bench.pull:ours", erp=erp, again=turn == 0))
            settle()
            names = measured("bench.pull:for_hand", erp=erp)
            hand.append({**_by_hand(erp, names), "names": {key: names[key] for key in ("tenant", "flow")}})
        dlt = _by_dlt(erp, plan.dlt)
        same = _left_the_same(ours[0]["names"], hand[0]["names"], plan.pull)
    mine, theirs = _middle(ours[1:]), _middle(hand[1:])
    yield _speed(mine, theirs)
    yield _cpu(mine, theirs)
    yield from _hand(theirs, same)
    yield from _beside_dlt(mine, dlt)
    yield from _flat(_ours_once(plan.small_pull), _ours_once(plan.large_pull) if plan.large_pull else mine)
    yield _unchanged(ours[0]["unchanged"])


def _ours_once(invoices: int) -> Found:
    settle()
    with stand("ifs", invoices=invoices) as erp:
        found: Found = measured("bench.pull:ours", erp=erp, again=False)
    return found


def _by_hand(erp: str, names: Found) -> Found:
    found: Found = measured("bench.hand_bare:pull", erp=erp, database=os.environ["DATABASE_URL"], **names)
    return found


def _by_dlt(erp: str, most: int) -> Found | None:
    if importlib.util.find_spec("dlt") is None:
        return None
    owner = os.environ["DATABASE_OWNER_URL"]
    found: Found = measured("bench.dlt_bare:pull", erp=erp, database=owner, most=most)
    return found


def _left_the_same(ours: Found, hand: Found, rows: int) -> bool:
    """Whether both left equal snapshots. RuntimeError when rows, sums, due items or the audit chain differ."""
    left = [measured("bench.pull:left_by", **names) for names in (ours, hand)]
    contents = [each.pop("content") for each in left]
    if left[0] != left[1] or left[0]["rows"] != rows or not left[0]["chain"]:
        raise RuntimeError(f"Ours and the hand loop did not do the same work: {left}")
    return bool(contents[0] == contents[1])


def _middle(found: list[Found]) -> Found:
    """The median of every figure."""
    numbers = [key for key, value in found[0].items() if isinstance(value, int | float)]
    return {key: median([each[key] for each in found]) for key in numbers}


def _per_thousand(found: Found) -> float:
    return float((found["ours"] + found["postgres"]) / found["rows"] * 1000)


def _speed(mine: Found, hand: Found) -> Row:
    ratio = mine["wall"] / hand["wall"]
    words = f"{number(ratio)} times the hand loop's time ({number(hand['rows'] / hand['wall'])}/s)"
    return Row("pull: records/s", number(mine["rows"] / mine["wall"]), "", words)


def _cpu(mine: Found, hand: Found) -> Row:
    ratio = _per_thousand(mine) / _per_thousand(hand)
    parts = (
        f"{number(mine['ours'] / mine['rows'] * 1000)} + PostgreSQL {number(mine['postgres'] / mine['rows'] * 1000)}"
    )
    return Row(
        "pull: CPU s per 1,000",
        f"{number(_per_thousand(mine))} ({parts})",
        "≤ 1.3 times the hand loop",
        f"{number(ratio)} times the hand loop",
        ratio <= 1.3,
    )


def _hand(hand: Found, same: bool) -> Iterator[Row]:
    parts = (
        f"{number(hand['ours'] / hand['rows'] * 1000)} + PostgreSQL {number(hand['postgres'] / hand['rows'] * 1000)}"
    )
    size = f"{number(hand['bytes'] / hand['rows'])} bytes of JSON an invoice"
    least, most = HAND_CPU
    cost = _per_thousand(hand)
    figure = f"{number(cost)} ({parts}; {size})"
    yield Row("hand loop: CPU s per 1,000", figure, "0.06 ± 20 %", "", least <= cost <= most)
    words = "the same rows, sums and chain; snapshots "
    yield Row("hand loop: leaves", words + ("equal" if same else "DIFFER: bring bench/hand_bare.py up to date"))


def _beside_dlt(mine: Found, dlt: Found | None) -> Iterator[Row]:
    if dlt is None:
        yield Row("dlt: records/s", "NOT MEASURED: dlt is not installed (`./dev bench` installs it)")
        return
    speed = dlt["rows"] / dlt["wall"]
    ratio = mine["rows"] / mine["wall"] / speed
    figure = f"{number(speed)} (header and lines only; {number(_per_thousand(dlt))} CPU s per 1,000)"
    yield Row("dlt: records/s", figure, "≤ a quarter of ours", f"ours is {number(ratio)} times as fast", ratio >= 4)


def _flat(small: Found, large: Found) -> Iterator[Row]:
    added = [each["peak"] - each["idle"] for each in (small, large)]
    sizes = f"{number(small['rows'])} and {number(large['rows'])} records"
    growth = added[1] / added[0]
    figure = f"{number(added[0])} and {number(added[1])}"
    flat = max(added) <= 120 and growth <= 1.1
    yield Row(f"pull: MB above idle at {sizes}", figure, "≤ 120, flat", f"grows {number(growth)} times", flat)
    linear = _per_thousand(large) / _per_thousand(small)
    yield Row(f"pull: CPU per record at {sizes}", f"{number(linear)} times", "linear", "", linear <= 1.15)


def _unchanged(found: Found) -> Row:
    own = found["ours"] / found["rows"] * 5000 * 1000
    more = f"and PostgreSQL {number(found['postgres'] / found['rows'] * 5_000_000)} ms"
    if found["staged"]:
        raise RuntimeError(f"{found['staged']} unchanged records were staged again.")
    return Row("unchanged page: CPU ms of ours per 5,000", f"{number(own)} ({more})", "≤ 50", "", own <= 50)


def job(plan: Plan) -> Iterator[Row]:
    """From IFS to BILL; then the same over a long line, against what the line alone allows."""
    found = _carried(plan.job, 0.0)
    told = "" if found["balanced"] else "the run's own counts do NOT balance"
    speed, cost = found["created"] / found["wall"], (found["ours"] + found["postgres"]) / found["created"] * 1000
    parts = f"{number(found['ours'] / plan.job * 1000)} + PostgreSQL {number(found['postgres'] / plan.job * 1000)}"
    yield Row(f"whole job, {number(plan.job)} invoices: invoices/s", number(speed), "≥ 400", told, speed >= 400)
    yield Row("whole job: CPU s per 1,000", f"{number(cost)} ({parts})", "≤ 1.5", "", cost <= 1.5)
    yield Row("whole job: MB above idle", number(found["peak"] - found["idle"]))
    far = _carried(plan.late_job, LATENCY)
    line = far["requests"]["ifs"] * LATENCY + far["requests"]["bill"] * LATENCY / LANES
    near = plan.late_job / speed
    words = f"{number(far['wall'] / line)} times the best the line allows ({number(line)} s; "
    words += f"without latency as above {number(near)} s)"
    met = far["wall"] <= 1.15 * line
    yield Row(
        f"whole job, {number(plan.late_job)} invoices at 200 ms: s", number(far["wall"]), "≤ 1.15 times", words, met
    )


def _carried(invoices: int, latency: float) -> Found:
    """What it cost, and the requests each stand-in had. RuntimeError: something did not arrive exactly once."""
    settle()
    with stand("ifs", invoices=invoices) as erp, stand("bill") as ap:
        found: Found = measured("bench.job:run", erp=erp, ap=ap, latency=latency)
    if found["created"] != invoices or found["written_again"]:
        raise RuntimeError(f"Not every invoice arrived exactly once: {found}")
    return found


def limiter(plan: Plan) -> Iterator[Row]:
    """Workers ask Redis; the judge counts for itself."""
    judge = Judge(plan.limit, plan.window)
    with judge:
        threading.Thread(target=judge.serve_forever, daemon=True).start()
        given = {"judge": judge.port, "allowed": plan.limit, "window": plan.window, "seconds": plan.limiter}
        workers = [start("bench.limiter:work", **given, key=str(os.getpid())) for _ in range(plan.workers)]
        sent = sum(result(worker)["sent"] for worker in workers)
        judge.shutdown()
    used = judge.used()
    rate = f"{plan.limit} in {number(plan.window)} s, {plan.workers} workers, {number(plan.limiter)} s"
    yield Row(f"limiter ({rate}): share used", f"{used:.1%}", "≥ 97 %", f"{number(sent)} requests", used >= 0.97)
    yield Row("limiter: refused by the judge", str(judge.refused), "0", "", judge.refused == 0)


def dispatcher(plan: Plan) -> Iterator[Row]:
    """Claims by four dispatchers at once."""
    found = measured("bench.dispatcher:claim_all", flows=plan.due, tenants=plan.tenants, dispatchers=4)
    once = found["claimed"] == plan.due and not found["twice"]
    seconds = number(found["seconds"])
    words = "each exactly once" if once else f"{found['claimed']} claimed, {found['twice']} of them twice"
    yield Row(f"dispatcher: s for {number(plan.due)} due flows", seconds, "< 2", words, once and found["seconds"] < 2)
    settle()
    yield Row("dispatcher: ms to claim 4 slots of all those due", number(measured("bench.dispatcher:few")))
    measured("bench.dispatcher:rest")
    settle()
    idle = measured("bench.dispatcher:idle")
    yield Row(f"dispatcher: ms of an idle tick, {number(plan.due)} flows at rest", number(idle), "< 1", "", idle < 1)
    measured("bench.dispatcher:clear")


def audit(plan: Plan) -> Iterator[Row]:
    """Entries as a settle writes them, verified from the database."""
    found = measured("bench.chain:verify", entries=plan.entries)
    scaled = found["wall"] / found["entries"] * MILLION
    figure = f"{number(scaled)} (measured {number(found['entries'])} in {number(found['wall'])} s)"
    yield Row("audit: s to verify 1,000,000 entries", figure, "≤ 60", "", scaled <= 60)
    yield Row("audit: entries written/s", number(found["entries"] / found["written"]))


def search(plan: Plan) -> Iterator[Row]:
    """The slowest and the usual question over many terms."""
    found = measured("bench.search:run", terms=plan.terms)
    slowest = max(found, key=lambda name: found[name])
    told = ", ".join(f"{name} {number(found[name])}" for name in found)
    worst = found[slowest]
    yield Row(
        f"search: ms of the slowest question, {number(plan.terms)} terms", number(worst), "≤ 300", told, worst <= 300
    )


def reconciled(plan: Plan) -> Iterator[Row]:
    """A day's snapshot of many records, and looks at the page that shows it."""
    found = measured("bench.reconciled:run", records=plan.reconciled)
    added, records = found["peak"] - found["idle"], number(plan.reconciled)
    parts = f"CPU s: {number(found['ours'])} + PostgreSQL {number(found['postgres'])}; {_busy()}"
    yield Row(
        f"reconciliation, {records} records: s of a snapshot", number(found["wall"]), "≤ 60", parts, found["wall"] <= 60
    )
    yield Row(f"reconciliation, {records} records: MB above idle", number(added), "≤ 150", "", added <= 150)
    times = sorted(took for took, _ in found["looks"])
    slow, most = _percentile(times, 95), max(queries for _, queries in found["looks"])
    told = f"median {number(_percentile(times, 50))} ms, {most} queries"
    met = slow <= 500 and most <= 10
    yield Row(
        f"reconciliation, {records} records: ms of its page, 95 of 100", number(slow), "≤ 500, 10 queries", told, met
    )


def hooks(plan: Plan) -> Iterator[Row]:
    """So many events a second for a while, then a burst; every one of them answered 200 and kept."""
    sent = measured("bench.hooks:address")
    settle()
    with served() as (place, web):
        measured(
            "bench.sender:send", place=place, path=sent["path"], rate=plan.events, seconds=1.0
        )  # opens all it needs
        before = tree_cpu(web), tree_cpu(postmaster())
        steady = measured("bench.sender:send", place=place, path=sent["path"], rate=plan.events, seconds=plan.hooked)
        ours, theirs = tree_cpu(web) - before[0], tree_cpu(postmaster()) - before[1]
        burst = measured("bench.sender:send", place=place, path=sent["path"], rate=plan.burst, seconds=1.0)
    kept = measured("bench.hooks:stored", tenant=sent["tenant"])
    wanted = int(plan.events * (1 + plan.hooked)) + plan.burst
    answers = f"answers {steady['answers']} and {burst['answers']}; {number(kept)} of {number(wanted)} kept"
    slowest = _percentile(steady["times"], 99)
    told = f"median {number(_percentile(steady['times'], 50))} ms"
    what = f"webhooks, {number(plan.events)}/s for {number(plan.hooked)} s: ms, 99 of 100"
    yield Row(what, number(slowest), "≤ 100", told, slowest <= 100)
    share = 1000 / (plan.events * plan.hooked)
    parts = f"web server {number(ours * share)} + PostgreSQL {number(theirs * share)}"
    cost = (ours + theirs) * share
    yield Row("webhooks: CPU ms an event", number(cost), "≤ 2", f"{parts}; {_busy()}", cost <= 2)
    everyone = steady["answers"].keys() | burst["answers"].keys() == {"200"} and kept == wanted
    last = number(max(burst["times"]) / 1000)
    yield Row(f"webhooks, {plan.burst} in one second: s until the last", last, "all accepted", answers, everyone)


def _busy() -> str:
    return f"{os.getloadavg()[0]:.0f} processes wanted the {os.cpu_count()} cores"


def _percentile(times: list[float], share: int) -> float:
    """Of sorted times."""
    return times[min(len(times) - 1, len(times) * share // 100)]


def real_ledger(plan: Plan) -> Iterator[Row]:
    """`manage.py rehearse` with the real ledger, when it is there."""
    if not plan.ledger:
        return
    if not ledger.FILE.exists():
        yield Row("real ledger", f"NOT MEASURED: there is no {ledger.FILE.name} beside the project")
        return
    found = ledger.rehearse(ledger.FILE)
    push = found["flows"]["invoice"]["push"]
    words = ", ".join(f"{count:,} {name}" for name, count in sorted(push.items()))
    yield Row("real ledger, one command: s", number(found["seconds"]), "", f"invoices: {words}")
    yield Row("real ledger: peak MB of the command", number(found["peak"]))


SECTIONS = {
    "pull": pull,
    "job": job,
    "limiter": limiter,
    "dispatcher": dispatcher,
    "audit": audit,
    "search": search,
    "reconciled": reconciled,
    "hooks": hooks,
    "ledger": real_ledger,
}
