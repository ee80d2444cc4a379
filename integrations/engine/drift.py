"""What differs: a record on the target from how it stood when we last wrote it, and a draft from the one before."""

from collections.abc import Iterable, Mapping

import msgspec

from integrations.engine.asking import digest
from integrations.engine.drafts import DraftLine, InvoiceDraft, VendorDraft

_OURS = {"inputs", "only"}  # kept with a draft, never sent


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One field with both values, as text for people."""

    field: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.field.replace('_', ' ')}: {self.before or '(empty)'} → {self.after or '(empty)'}"


def drift(link_echo: Mapping[str, str], target_echo: Mapping[str, str], leave: Iterable[str] = ()) -> list[Difference]:
    """Fields that somebody changed on the target; only what both reads show counts. `leave`: not ours to watch."""
    shared = sorted((link_echo.keys() & target_echo.keys()) - set(leave))
    return [
        Difference(field=name, before=link_echo[name], after=target_echo[name])
        for name in shared
        if link_echo[name] != target_echo[name]
    ]


def in_words(found: Iterable[Difference]) -> str:
    """All differences in one line."""
    return "; ".join(str(each) for each in found)


def named(found: Iterable[Difference]) -> str:
    """A short name of exactly these differences, for the subject of a question."""
    return digest(str(each) for each in found)


def between(before: InvoiceDraft | VendorDraft, after: InvoiceDraft | VendorDraft) -> list[Difference]:
    """Fields in which two drafts of one record differ; tax ids by their last digits only."""
    found = []
    for name in (each for each in before.__struct_fields__ if each not in _OURS):
        if name == "lines":
            found += _lines(getattr(before, name), getattr(after, name))
        elif getattr(before, name) != getattr(after, name):
            old, new = (shown(name, getattr(each, name)) for each in (before, after))
            if name != "address" or old != new:  # what an address is used for, and until when, is not sent
                found.append(Difference(field=name, before=old, after=new))
    return found


def _lines(before: tuple[DraftLine, ...], after: tuple[DraftLine, ...]) -> list[Difference]:
    """Coding (amount, account, dimensions) and text of the lines, whatever their order."""
    old, new = (sorted(_coding(line) for line in lines) for lines in (before, after))
    if old != new:
        gone, come = [line for line in old if line not in new], [line for line in new if line not in old]
        return [Difference(field="coding", before=_some(gone or old), after=_some(come or new))]
    words = [sorted(line.description for line in lines) for lines in (before, after)]
    return (
        [Difference(field="line_text", before=_some(words[0]), after=_some(words[1]))] if words[0] != words[1] else []
    )


def _coding(line: DraftLine) -> str:
    dimensions = " ".join(f"{kind}={value}" for kind, value in sorted(line.dimensions.items()))
    return f"{line.amount.normalize():f} on {line.account} {dimensions}".strip()


def _some(lines: list[str]) -> str:
    more = f" and {len(lines) - 3} more" if len(lines) > 3 else ""
    return ", ".join(lines[:3]) + more


def shown(name: str, value: object) -> str:
    """A field of a draft as text: of a tax id only its end, an address in one line."""
    if name == "tax_id":
        return f"…{str(value)[-4:]}" if value else ""
    if name == "address":
        parts = msgspec.to_builtins(value)
        wanted = ("name", "line1", "line2", "city", "state", "postal_code", "country")
        return ", ".join(parts[part] for part in wanted if parts.get(part))
    return str(value)
