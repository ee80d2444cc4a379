"""What a person corrected of one record's coding: for this record alone, as long as its content stays the same.

A correction is an answer that nobody asked for: its subject names the place, its choice the number on the other side.
Amounts, payee, number and dates have no place here.
"""

from collections.abc import Iterable

from integrations.engine.asking import Answers

CORRECTED = "coding_corrected"  # the code of the answer
SET = "set:"
VENDOR = "vendor"


def account_of(key: str) -> str:
    """The place of a row's account."""
    return f"{key}|account"


def part_of(key: str, part: str) -> str:
    """The place of a row's value of a code part."""
    return f"{key}|part|{part}"


def tax_of(code: str) -> str:
    """The place of the account that takes the tax of a code."""
    return f"tax {code}|account"


class Corrections:
    """The corrections among the answers to one record; None: nothing was corrected there, "": it is left empty."""

    def __init__(self, answers: Answers) -> None:
        self._said = {
            subject: choice.removeprefix(SET)
            for (code, subject), choice in answers.items()
            if code == CORRECTED and choice.startswith(SET)
        }

    def at(self, place: str) -> str | None:
        """The number for a place."""
        return self._said.get(place)

    def parts(self, key: str, known: Iterable[str]) -> dict[str, str]:
        """The values for a row's code parts, of those that are `known`."""
        found = {part: self._said.get(part_of(key, part)) for part in known} if self._said else {}
        return {part: value for part, value in found.items() if value is not None}
