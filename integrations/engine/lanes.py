"""Several requests at once: a small pool of threads does HTTP and nothing else; all is stored by the calling thread."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from integrations.engine.drafts import Receipt
from integrations.engine.errors import Aside, ConnectionBroken, OutcomeUnknown, Rejected, Retryable, Stale, Underway
from integrations.engine.ports import Store, Target, Write, Written

Group = Sequence[Write]
Answer = Future[Sequence[Written]]


def carry(groups: Sequence[Group], target: Target, store: Store, lanes: int = 1) -> None:
    """Write every group, up to `lanes` at once, and store what came of each as it comes.

    Retryable and ConnectionBroken hand out nothing more: what is in flight ends and is stored, the unsent is postponed,
    then the first of them is raised.
    """
    waiting, broken = deque(groups), list[BaseException]()
    with ThreadPoolExecutor(lanes) as pool:
        flying: dict[Answer, Group] = {}
        while waiting or flying:
            while waiting and len(flying) < lanes and not broken:
                group = waiting.popleft()
                flying[pool.submit(target.write, group) if lanes > 1 else _here(target, group)] = group
            if not flying:
                break
            for group, answer in _ended(flying):
                again, error = _store(group, answer, store)
                waiting.extendleft(reversed(again))
                broken += [error] if error else []
    if broken:
        store.postpone([write for group in waiting for write in group], _after(broken[0]))
        raise broken[0]


def _here(target: Target, group: Group) -> Answer:
    """One request in the calling thread: with a single lane there is nothing to overlap."""
    answer: Answer = Future()
    try:
        answer.set_result(target.write(group))
    except Exception as error:  # noqa: BLE001  raised again where the answer is read
        answer.set_exception(error)
    return answer


def _ended(flying: dict[Answer, Group]) -> Iterator[tuple[Group, Answer]]:
    """Waits until one request has ended; those that have, no longer flying."""
    done, _ = wait(flying, return_when=FIRST_COMPLETED)
    return ((flying.pop(each), each) for each in done)


def _store(group: Group, answer: Answer, store: Store) -> tuple[list[Group], BaseException | None]:
    """Store what came of one request: (groups to write again in smaller pieces, the error that ends the run)."""
    try:
        written = answer.result()
    except Underway as error:
        store.mark_uncertain(group, error.job, error.after)
    except OutcomeUnknown:
        store.mark_uncertain(group)  # the resolver looks it up when due; nobody else touches it
    except Rejected as error:
        if len(group) > 1:  # halved until the bad record stands alone, so that its neighbours go through
            half = len(group) // 2
            return [group[:half], group[half:]], None
        store.refuse(group[0], error)
    except Stale:
        store.stale(group)  # that record alone is read and decided again
    except Aside as error:
        for write in group:
            store.set_aside(write, error)
    except (Retryable, ConnectionBroken) as error:
        store.postpone(group, _after(error))  # provably not processed
        return [], error
    except Exception as error:  # noqa: BLE001  a bug of ours: nobody knows what was sent, the open intent is looked up
        return [], error
    else:
        store_each(group, written, store)
    return [], None


def store_each(group: Group, written: Sequence[Written], store: Store) -> None:
    """What came of each record of a group that was answered one by one: done in one commit, refused, or lost."""
    each = list(zip(group, written, strict=True))
    if done := [(write, what) for write, what in each if isinstance(what, Receipt)]:
        store.settle([write for write, _ in done], [receipt for _, receipt in done])  # links, audit, states
    for write, what in each:
        if isinstance(what, Rejected):
            store.refuse(write, what)
    if lost := [write for write, what in each if isinstance(what, OutcomeUnknown)]:
        store.mark_uncertain(lost)


def _after(error: BaseException) -> float | None:
    return error.after if isinstance(error, Retryable) else None
