"""AvidXchange as a Target: vendors, codes and orders, a chunk at a time; what is there by its key is changed.

There is no idempotency key, but every write is one by key: doing it again does no harm.
"""

import re
import uuid
from collections.abc import Sequence

import msgspec

from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Underway
from integrations.engine.ports import Write, Written
from integrations.systems.avidxchange import wire
from integrations.systems.avidxchange.drafts import OPERATIONS, Sent, made, problems, sent
from integrations.systems.avidxchange.errors import Answered, said
from integrations.systems.avidxchange.results import matched, receipt
from integrations.systems.avidxchange.service import NOT_OFFERED, READ_REFUSED, Service
from integrations.systems.avidxchange.settings import Options
from integrations.transport.answer import Answer

_ASK_AFTER = 5.0  # seconds until a job is asked for the first time
_ACCEPTED = 202
_JOB = re.compile(r"[A-Za-z0-9][\w.:-]{0,63}", re.ASCII)
_DONE, _FAILED = {"success", "partialsuccess"}, {"error"}
_encode = msgspec.json.Encoder(order="sorted", decimal_format="number").encode


class Writer:
    """Writes to one accounting system. Thread-safe."""

    def __init__(self, service: Service, options: Options) -> None:
        self._service, self._digest, self._secrets = service, options.digest, options.secrets
        self._spec = options.profile.writes
        self._account_group = options.profile.invoices.account_group

    def groups(self, writes: Sequence[Write]) -> list[list[Write]]:
        """See Target. By call, and never two of one key in a request: an answer could not tell them apart."""
        groups: dict[str, list[dict[tuple[str, str], Write]]] = {}
        for write in writes:
            record = self._sent(write)
            growing = groups.setdefault(OPERATIONS[write.entity], [])
            name = (record.group, record.key)
            fitting = (group for group in growing if len(group) < self._spec.chunk and name not in group)
            group = next(fitting, None)
            if group is None:
                group = {}
                growing.append(group)
            group[name] = write
        return [list(group.values()) for growing in groups.values() for group in growing]

    def write(self, writes: Sequence[Write]) -> list[Written]:
        """See Target. What cannot be sent is refused here, the others go without it."""
        refused = {write.intent: error for write in writes if (error := self._refusal(write)) is not None}
        going = [write for write in writes if write.intent not in refused]
        if not going:
            return [refused[write.intent] for write in writes]
        records = [self._sent(write) for write in going]
        name = OPERATIONS[going[0].entity]
        try:
            answer = self._send(name, records, going)
            tree = self._service.object(answer)
        except Answered as error:
            answer, tree = None, error.tree
        if answer is not None and answer.status == _ACCEPTED:
            raise _underway(tree, answer)
        written = dict(zip((write.intent for write in going), self._matched(tree, records), strict=True))
        return [refused.get(write.intent) or written[write.intent] for write in writes]

    def result(self, job: str, writes: Sequence[Write]) -> list[Written] | None:
        """See Target. A job that is not known any more, or cannot be asked for, says nothing of its records."""
        try:
            answer = self._service.get("jobs.get", job=job)
        except ConnectionBroken as error:
            if error.code not in (READ_REFUSED, NOT_OFFERED):
                raise
            return [_lost() for _ in writes]
        if answer.status == 404:
            return [_lost() for _ in writes]
        tree = self._service.object(answer)
        status = str(wire.first(tree, ("Status",)) or "").casefold()
        if status not in _DONE | _FAILED:
            return None
        records = [self._sent(write) for write in writes]
        told = wire.many(wire.first(tree, (self._spec.results,)))
        if status in _FAILED and not told:
            words = said(wire.first(tree, ("Errors.Message", "Message", "Detail")), self._secrets)
            raise Rejected(f"AvidXchange could not carry out the job. {words}".strip(), code="job_failed")
        whole = status == "success" and not told
        found: list[Written] = [receipt(record) for record in records] if whole else self._matched(tree, records)
        return [self._refusal(write) or each for write, each in zip(writes, found, strict=True)]

    def _send(self, name: str, records: Sequence[Sent], writes: Sequence[Write]) -> Answer:
        bodies = [record.body for record in records]
        batch = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._digest}\0{name}\0{wire.digest(_encode(bodies))}"))
        header = self._spec.idempotency_header
        send_by = min(write.send_by for write in writes)
        return self._service.send(name, {"BatchId": batch, "Items": bodies}, send_by, {header: batch} if header else {})

    def _matched(self, tree: wire.Tree, records: Sequence[Sent]) -> list[Written]:
        return matched(tree, self._spec, records, self._secrets)

    def _sent(self, write: Write) -> Sent:
        return sent(made(write.draft), write.target_id, self._account_group)

    def _refusal(self, write: Write) -> Rejected | None:
        """Why this record cannot be sent; None when it can."""
        if found := problems(made(write.draft), self._sent(write)):
            return Rejected(found[0].message, code=found[0].code, problems=found)
        return None


def _underway(tree: wire.Tree, answer: Answer) -> OutcomeUnknown:
    """Taken as a job; without an id that can be one it cannot be asked for, so it is as good as lost."""
    job = str(wire.first(tree, ("JobId",)) or answer.headers.get("location", "").rstrip("/").rpartition("/")[2])
    if not _JOB.fullmatch(job):
        return _lost()
    return Underway(
        "AvidXchange took it and works on it. The result is asked for by itself.", job=job, after=_ASK_AFTER
    )


def _lost() -> OutcomeUnknown:
    words = "AvidXchange does not say what became of this record. It is looked after by itself."
    return OutcomeUnknown(words, code="no_result")
