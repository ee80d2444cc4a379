"""Bean validation as BILL words it: every problem of a body at once, as `path: message`, without a code."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from integrations.systems.bill.simulator.wire import Json

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LARGEST = Decimal(10) ** 12


class Checks:
    """Collects the validation messages of one body."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def add(self, path: str, message: str) -> None:
        """Note one problem of the field at `path`."""
        self.messages.append(f"{path}: {message}")

    def text(self, body: Json, name: str, path: str, *, required: bool = False, longest: int = 4000) -> str:
        """The text of a field, "" when it is missing or wrong."""
        value = body.get(name)
        if value is None:
            if required:
                self.add(path + name, "must not be blank")
            return ""
        if not isinstance(value, str):
            self.add(path + name, "Cannot deserialize value of type `java.lang.String`")
            return ""
        if required and not value.strip():
            self.add(path + name, "must not be blank")
        if len(value) > longest:
            self.add(path + name, f"size must be between 0 and {longest}")
        return value

    def pattern(self, body: Json, name: str, path: str, expression: str, *, required: bool = False) -> str:
        """The text of a field that must match the whole expression."""
        value = self.text(body, name, path, required=required)
        if value and not re.fullmatch(expression, value):
            self.add(path + name, f'must match "{expression}"')
        return value

    def choice(self, body: Json, name: str, path: str, known: frozenset[str], *, required: bool = False) -> str:
        """The text of an enum field."""
        value = self.text(body, name, path, required=required)
        if value and value not in known:
            self.add(
                path + name,
                f'Cannot deserialize value from String "{value[:40]}": not one of the values accepted',
            )
        return value

    def day(self, body: Json, name: str, path: str, *, required: bool = False) -> str:
        """A calendar date as text."""
        value = body.get(name)
        if value is None:
            if required:
                self.add(path + name, "must not be null")
            return ""
        if not isinstance(value, str) or not _DAY.fullmatch(value) or not _is_date(value):
            self.add(path + name, "Cannot deserialize value of type `java.time.LocalDate`")
            return ""
        return value

    def money(self, body: Json, name: str, path: str, *, required: bool = False) -> Decimal | None:
        """A JSON number as Decimal; text is refused, as are numbers of more than twelve digits."""
        value = body.get(name)
        if value is None:
            if required:
                self.add(path + name, "must not be null")
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.add(path + name, "Cannot deserialize value of type `java.math.BigDecimal`")
            return None
        number = Decimal(value)
        if abs(number) >= LARGEST:
            self.add(path + name, "numeric value out of bounds (<12 digits>.<4 digits> expected)")
            return None
        return number

    def flag(self, body: Json, name: str, path: str, *, required: bool = False) -> bool:
        """A JSON boolean; False when missing."""
        value = body.get(name)
        if value is None and required:
            self.add(path + name, "must not be null")
        elif value is not None and not isinstance(value, bool):
            self.add(path + name, "Cannot deserialize value of type `java.lang.Boolean`")
        return value is True

    def object(self, body: Json, name: str, path: str, *, required: bool = False) -> Json | None:
        """A nested object, None when missing or something else."""
        value = body.get(name)
        if value is None:
            if required:
                self.add(path + name, "must not be null")
            return None
        if not isinstance(value, dict):
            self.add(path + name, "Cannot construct instance")
            return None
        return value

    def objects(self, body: Json, name: str, path: str, *, required: bool = False, most: int = 1000) -> list[Json]:
        """A list of objects; [] when missing or something else."""
        value = body.get(name)
        if value is None and not required:
            return []
        if value is None or value == []:
            if required:
                self.add(path + name, "must not be empty")
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.add(path + name, "Cannot construct instance")
            return []
        if len(value) > most:
            self.add(path + name, f"size must be between 1 and {most}")
        return value


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def merged(old: Any, new: Any) -> Any:
    """A PATCH: what is sent replaces, null and what is left out stays; objects are merged field by field."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    result = dict(old)
    for key, value in new.items():
        if value is not None:
            result[key] = merged(result.get(key), value)
    return result
