"""JSON bodies and the headers about them, read so that nothing hostile gets further than here."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import APIException, NotAcceptable, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

LARGEST = 1_000_000  # bytes
DEEPEST = 50
LONGEST_NUMBER = 40  # digits


class TooLarge(APIException):
    """The body is larger than LARGEST."""

    status_code = 413
    default_detail = f"The body may have {LARGEST:,} bytes at most."
    default_code = "too_large"


class StrictJSONParser(BaseParser):
    """UTF-8 JSON without NaN, NUL, lone surrogates, a name given twice, giant numbers or deep nesting.

    Anything else is a 400 or 413.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = stream.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise TooLarge
        if _depth(raw) > DEEPEST:
            raise ParseError(f"The JSON is nested deeper than {DEEPEST} levels.")
        try:
            text = raw.decode("utf-8")
            value = _loaded(text) if text else {}
        except UnicodeDecodeError:
            raise ParseError("The body is not UTF-8.") from None
        except ValueError as error:
            raise ParseError(f"The body is not usable JSON: {error}") from None
        _check(value)
        return value


class Negotiation(DefaultContentNegotiation):
    """An Accept that cannot be read, such as "application/json; x*=no''y", is a 406, no fault of ours."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except ValueError:
            raise NotAcceptable from None


def _depth(raw: bytes) -> int:
    """How deep brackets nest, those inside texts counted too: never less than the real depth."""
    depth = deepest = 0
    for byte in raw:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _loaded(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse, parse_int=_whole, parse_float=_fraction, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):  # which of them counts is for nobody to guess
        raise ValueError("a name stands twice in one object")
    return found


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _whole(digits: str) -> int:
    return int(_short(digits))


def _fraction(digits: str) -> str:
    return _short(digits)  # the exact text: serializers make Decimals of it, no float ever


def _short(digits: str) -> str:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError("a number has too many digits")
    return digits


def _check(value: Any) -> None:
    match value:
        case str():
            if "\0" in value or (not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value)):
                raise ParseError("A text holds NUL or half a character, which cannot be stored.")
        case list():
            for inner in value:
                _check(inner)
        case dict():
            for key, inner in value.items():
                _check(key)
                _check(inner)
