"""Several requests at once: a small pool of threads does HTTP and nothing else; all is stored by the calling thread."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Retryable, Stale
from integrations.engine.ports import Store, Target, Write
from integrations.engine.records import Receipt

Group = Sequence[Write]


def carry(groups: Sequence[Group], target: Target, store: Store, lanes: int = 1) -> None:
    """Write every group, up to `lanes` at once, and store what came of each as it comes.

    Retryable and ConnectionBroken hand out nothing more: what is in flight ends and is stored, the unsent is postponed,
    then the first of them is raised.
    """
    waiting, broken = deque(groups), list[BaseException]()
    with ThreadPoolExecutor(lanes) as pool:
        flying: dict[Future[list[Receipt]], Group] = {}
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


def _here(target: Target, group: Group) -> Future[list[Receipt]]:
    """One request in the calling thread: with a single lane there is nothing to overlap."""
    answer: Future[list[Receipt]] = Future()
    try:
        answer.set_result(target.write(group))
    except Exception as error:  # noqa: BLE001  raised again where the answer is read
        answer.set_exception(error)
    return answer


def _ended(flying: dict[Future[list[Receipt]], Group]) -> Iterator[tuple[Group, Future[list[Receipt]]]]:
    """Waits until one request has ended; those that have, no longer flying."""
    done, _ = wait(flying, return_when=FIRST_COMPLETED)
    return ((flying.pop(each), each) for each in done)


def _store(group: Group, answer: Future[list[Receipt]], store: Store) -> tuple[list[Group], BaseException | None]:
    """Store what came of one request: (groups to write again in smaller pieces, the error that ends the run)."""
    try:
        receipts = answer.result()
    except OutcomeUnknown:
        store.mark_uncertain(group)  # the resolver looks it up when due; nobody else touches it
    except Rejected as error:
        if len(group) > 1:  # halved until the bad record stands alone, so that its neighbours go through
            half = len(group) // 2
            return [group[:half], group[half:]], None
        store.refuse(group[0], error)
    except Stale:
        store.stale(group)  # that record alone is read and decided again
    except (Retryable, ConnectionBroken) as error:
        store.postpone(group, _after(error))  # provably not processed
        return [], error
    except Exception as error:  # noqa: BLE001  a bug of ours: nobody knows what was sent, the open intent is looked up
        return [], error
    else:
        store.settle(group, receipts)  # links, audit, states: one commit
    return [], None


def _after(error: BaseException) -> float | None:
    return error.after if isinstance(error, Retryable) else None
