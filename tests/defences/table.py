"""Who may do what, word for word as section 10 of the AP rules has it; the trials take their expectations here."""

from typing import NamedTuple

API_KEY = "API key"
_MAKES = ("yes", "M")
TEXT = """
| act | owner | integrator | controller | clerk | auditor | API key |
|---|---|---|---|---|---|---|
| read all, export, verify | yes | yes | yes | yes | yes | scoped |
| connections, secrets, profiles, schedules | M | M | C for host, company, profile | - | - | - |
| settings of this page; mappings | - | M | C | M (mappings) | - | M |
| retry, map (as proposal), link, comment, assign | - | yes | yes | yes | - | retry |
| ignore up to `ignore_limit` (D 1,000) | - | - | yes | yes | - | - |
| ignore above it, duplicate override, unlink, archive, undo, re-post | - | - | C | M | - | - |
| payee hold, reversal voucher, vendor into IFS | - | - | C | M | - | - |
| members, roles, API keys | M | - | C for controller role and keys | - | - | - |
| maker/checker off (printed on every statement) | M | - | C | - | - | - |
""".strip()


class Cell(NamedTuple):
    """What one column may do of one row: "yes", "M", "C", "scoped", "retry" or "-", and of what part of it."""

    right: str
    part: str = ""


def read() -> dict[str, dict[str, Cell]]:
    """Rows by act, cells by role; the API key is a column like any."""
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines()]
    columns = lines[0][1:]
    return {
        act: {column: Cell(*cell.partition(" ")[::2]) for column, cell in zip(columns, cells, strict=True)}
        for act, *cells in lines[2:]
    }


TABLE = read()
ROWS = list(TABLE)
READ, CONNECT, CONFIGURE, WORK, IGNORE, OVERRIDE, PAYEE, MEMBERS, UNCHECK = ROWS


def makes(row: str, part: str = "") -> frozenset[str]:
    """Who does it alone or proposes it: whose cell says yes or M, of the whole row or of this part of it."""
    cells = TABLE[row].items()
    return frozenset(w for w, cell in cells if cell.right in _MAKES and (not cell.part or (part and part in cell.part)))


def checks(row: str) -> frozenset[str]:
    """Who approves it."""
    return frozenset(who for who, cell in TABLE[row].items() if cell.right == "C")
