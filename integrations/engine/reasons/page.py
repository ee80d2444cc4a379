"""The catalogue as a page of the documentation."""

from integrations.engine.reasons import GROUPS

_HEAD = """\
# Reasons

Every code that a record, a run or a connection can carry, what it means, whose work it is and what to do. Written from
the catalogue in `integrations/engine/reasons` by `manage.py reasons`; the same stands at `/review/reasons/` and at
`/api/v1/reasons/`. Codes are stable. A code that is not here is the other side's own: its words are on the page of the
record.
"""


def written() -> str:
    """The whole page."""
    parts = [_HEAD]
    for title, reasons in GROUPS.items():
        parts.append(f"\n## {title}\n\n| code | means | owner | what to do |\n|---|---|---|---|\n")
        parts += [
            f"| `{code}` | **{found.title}.** {found.meaning} | {found.owner} | {found.do} |\n"
            for code, found in sorted(reasons.items())
        ]
    return "".join(parts)
