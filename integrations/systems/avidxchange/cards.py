"""Card numbers go no further than this folder: of whatever looks like one, only the last four digits are kept."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from integrations.engine.errors import SyncError

_GAP = "[ \u00a0\u2010-\u2015-]{0,3}"
_RUN = re.compile(rf"[0-9](?:{_GAP}[0-9]){{12,}}")
_GROUP = re.compile("[0-9]+")
# The networks' first digits and the lengths they issue: one number in ten would pass the check digit alone, and traces
# and invoice numbers are long. https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)
_NETWORKS = (
    (r"4", {13, 16, 19}),
    (r"5[0-8]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", {16}),
    (r"3[47]", {15}),
    (r"30[0-5]|3[689]", {14, 16, 19}),
    (r"35(?:2[89]|[3-8])", {16, 17, 18, 19}),
    (r"6", {13, 16, 17, 18, 19}),
)
_LONGEST = max(longest for _, lengths in _NETWORKS for longest in lengths)
_ISSUED = tuple((re.compile(first), lengths) for first, lengths in _NETWORKS)


def masked(text: str, keep: str = "") -> str:
    """`text` with every card number in it cut down to its last four; `keep` is a record's own key, no card."""
    return _RUN.sub(lambda run: run[0] if run[0] == keep else _without_cards(run[0]), text)


@contextmanager
def kept_out_of_errors() -> Iterator[None]:
    """Masks them in the details of what is raised inside: they quote what the other side said."""
    try:
        yield
    except SyncError as error:
        error.detail = masked(error.detail)
        raise


def _without_cards(run: str) -> str:
    """Digits with gaps: every stretch of whole groups that is a card number, the longest first."""
    groups = list(_GROUP.finditer(run))
    parts, done, first = list[str](), 0, 0
    while first < len(groups):
        last, digits = _card(groups, first)
        if digits:
            masked_digits = "*" * (len(digits) - 4) + digits[-4:]
            parts += [run[done : groups[first].start()], masked_digits]
            done = groups[last - 1].end()
        first = last
    return "".join([*parts, run[done:]])


def _card(groups: Sequence[re.Match[str]], first: int) -> tuple[int, str]:
    """(the group to go on with, the digits of the longest card number that begins with the group `first`, or "")."""
    found, digits = (first + 1, ""), ""
    for place in range(first, len(groups)):
        digits += groups[place][0]
        if len(digits) > _LONGEST:
            break
        if _is_card(digits):
            found = (place + 1, digits)
    return found


def _is_card(digits: str) -> bool:
    issued = any(len(digits) in lengths and first.match(digits) for first, lengths in _ISSUED)
    return issued and _luhn(digits)


def _luhn(digits: str) -> bool:
    """https://www.iso.org/standard/70484.html, annex B."""
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
