"""Ids that look like BILL's: a prefix, "02", ten capitals, five small letters or digits; 20 characters.

They are unique over restarts and do not sort by age, so that nobody can lean on their order.
"""

import itertools
import string
import zlib

_CAPITALS = string.ascii_uppercase
_SMALL = string.digits + string.ascii_lowercase
_SPACE = 26**10
_STEP = 52_223_497_351_003  # odd and no multiple of 13, so stepping visits every value once


def _digits(number: int, alphabet: str, length: int) -> str:
    letters = []
    for _ in range(length):
        number, rest = divmod(number, len(alphabet))
        letters.append(alphabet[rest])
    return "".join(letters)


class Ids:
    """Endless ids; `generation` counts how often this database was opened."""

    def __init__(self, salt: str, generation: int) -> None:
        self._offset = zlib.crc32(salt.encode())
        self._numbers = itertools.count(generation * 10**10)

    def new(self, prefix: str) -> str:
        """A new id with BILL's three-letter prefix of the entity."""
        number = next(self._numbers)
        scattered = (number * _STEP + self._offset) % _SPACE
        return f"{prefix}02{_digits(scattered, _CAPITALS, 10)}{_digits(scattered * 31 + number, _SMALL, 5)}"
