"""Which code of the other side an unmapped one may be: by equal numbers, numbers that begin alike, and alike names.

A suggestion says why. It is never applied by itself: a person proposes it, and the rules of approval hold.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from difflib import SequenceMatcher
from unicodedata import normalize

import msgspec

MOST = 3  # suggestions for one code
_LOOKED_AT = 24  # names compared letter by letter for one code
_COMMON = 400  # a word in more names than this says nothing
ALIKE = 60  # of 100: below it names are not alike
_STEM = 4  # letters by which words are found that end differently
_SIGN = re.compile(r"[^0-9a-z]+")


class Candidate(msgspec.Struct, frozen=True):
    """A code of the other side that may be used: `key` is what a rule names it by."""

    key: str
    number: str
    name: str = ""


class Suggestion(msgspec.Struct, frozen=True):
    """A candidate, why it may be the one, and how sure that is, of 100."""

    candidate: Candidate
    why: str
    score: int


class Catalogue:
    """The codes of one list, prepared once: a look-up costs the same however long the list is."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._all = candidates
        self._plain: dict[str, list[int]] = {}
        self._words: dict[str, list[int]] = {}
        for place, each in enumerate(candidates):
            self._plain.setdefault(_plain(each.number), []).append(place)
            for stem in {word[:_STEM] for word in _words(each.name)}:
                self._words.setdefault(stem, []).append(place)
        self._numbers = sorted((each.number, place) for place, each in enumerate(candidates) if each.number)

    def suggest(self, number: str, name: str = "") -> list[Suggestion]:
        """The best candidates for a code of this number and name, best first; none where nothing is alike."""
        places = dict.fromkeys((*self._plain.get(_plain(number), ())[:MOST], *self._alike(name), *self._beside(number)))
        found = [judged for place in places if (judged := _judge(self._all[place], number, name)) is not None]
        return sorted(found, key=lambda each: (-each.score, each.candidate.number, each.candidate.key))[:MOST]

    def _alike(self, name: str) -> list[int]:
        """Those that share most words with `name`, rare words counting more."""
        weights: dict[int, float] = {}
        for stem in {word[:_STEM] for word in _words(name)}:
            having = self._words.get(stem, ())
            for place in having if len(having) <= _COMMON else ():
                weights[place] = weights.get(place, 0.0) + 1 / len(having)
        return sorted(weights, key=lambda place: -weights[place])[:_LOOKED_AT]

    def _beside(self, number: str) -> list[int]:
        """Its neighbours in the order of numbers: what begins alike stands there."""
        here = bisect_left(self._numbers, (number, -1))
        return [place for _, place in self._numbers[max(0, here - MOST) : here + MOST]]


def _judge(candidate: Candidate, number: str, name: str) -> Suggestion | None:
    alike = _likeness(name, candidate.name)
    named = f"name {alike} % alike" if alike >= ALIKE else ""
    if number and candidate.number == number:
        return Suggestion(candidate, ", ".join(filter(None, ("same number", named))), 200 + alike)
    if number and _plain(candidate.number) == _plain(number):
        return Suggestion(candidate, ", ".join(filter(None, ("same number, written otherwise", named))), 150 + alike)
    begins = _common(number, candidate.number)
    starts = f"number also begins with {begins}" if len(begins) * 2 >= len(number) and len(begins) > 1 else ""
    if not named and not starts:
        return None
    score = (alike if named else 0) + (10 * len(begins) // max(len(number), 1) if starts else 0)
    return Suggestion(candidate, ", ".join(filter(None, (named, starts))), score)


def _likeness(one: str, other: str) -> int:
    """How alike two names are, of 100: letter by letter, whatever the order of their words."""
    first, second = " ".join(sorted(_words(one))), " ".join(sorted(_words(other)))
    return round(100 * SequenceMatcher(None, first, second, autojunk=False).ratio()) if first and second else 0


def _words(name: str) -> list[str]:
    """The words of a name without accents, capitals and signs."""
    plain = "".join(sign for sign in normalize("NFKD", name[:200]) if sign.isascii() or sign.isalpha()).casefold()
    return [word for word in re.split(r"[\W_]+", plain) if word]


def _plain(number: str) -> str:
    """A number without separators and leading zeros."""
    return _SIGN.sub("", number.casefold()).lstrip("0")


def _common(one: str, other: str) -> str:
    """The beginning that both share."""
    length = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length]
