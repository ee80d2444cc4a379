"""How a person is asked: problems with their choices, what exactly is asked about, and what was answered."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from types import MappingProxyType

from integrations.engine.decisions import Hold
from integrations.engine.errors import Choice, Problem

Answers = Mapping[tuple[str, str], str]
"""What people decided of this very content: (problem code, subject) -> key of the choice."""

NONE: Answers = MappingProxyType({})
LINK = "link:"
_LONGEST = 200  # of a subject that is kept as it is


def answered(answers: Answers, problem: Problem) -> str:
    """The choice that was made of `problem`; "" where nobody has decided, or something else was asked.

    Where linking is a choice at all, a person may name any record of the other side.
    """
    chosen = answers.get((problem.code, problem.subject), "")
    offered = {choice.key for choice in problem.choices}
    links = chosen.startswith(LINK) and any(key.startswith(LINK) for key in offered)
    return chosen if chosen in offered or links else ""


def subject(*parts: object) -> str:
    """Names what is asked about; equal for equal parts. Long ones are shortened to their hash."""
    text = "|".join(str(part) for part in parts)
    return text if len(text) <= _LONGEST else blake2b(text.encode(), digest_size=16).hexdigest()


def about(ids: Iterable[str]) -> str:
    """Names which records are suspect: with others it is asked again."""
    return subject(*sorted(ids))


def digest(parts: Iterable[object]) -> str:
    """A short hash of `parts`, for a subject."""
    return blake2b("\n".join(str(part) for part in parts).encode(), digest_size=8).hexdigest()


def hold(problem: Problem) -> Hold:
    """One reason alone."""
    return Hold(problems=(problem,))


def link_to(target_id: str, label: str) -> Choice:
    """It is this record of the other side."""
    return Choice(f"{LINK}{target_id}", f"Link it to {label}")


CREATE_ANYWAY = Choice("create", "It is not the same: create it", "override")
ARCHIVE = Choice("archive", "Archive it on the other side", "override")
RECORD_PAYMENT = Choice("record_payment", "Record the payment on the bill", "override")
KEEP = Choice("keep", "Leave the other side as it is", "override")
UPDATE = Choice("update", "Write today's values to the other side")
UPDATE_APPROVED = Choice("update", "Write today's values, although somebody has acted on it", "override")
ACCEPT = Choice("accept", "Accept what stands on the other side")
