"""One line of the answer: a figure beside its target and what it was compared with; on the terminal and in the docs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HEADERS = ("what", "figure", "target", "ratio in this run", "")


@dataclass(frozen=True, slots=True)
class Row:
    """`met` None: nothing was promised. `ratio` is this run's own comparison, in words."""

    what: str
    figure: str
    target: str = ""
    ratio: str = ""
    met: bool | None = None

    @property
    def verdict(self) -> str:
        """One word for the last column."""
        return "" if self.met is None else ("met" if self.met else "MISSED")

    def cells(self) -> tuple[str, ...]:
        """In the order of HEADERS."""
        return (self.what, self.figure, self.target, self.ratio, self.verdict)


def line(row: Row) -> str:
    """As the terminal shows it while the bench runs."""
    target = f"   (target {row.target})" if row.target else ""
    ratio = f"   {row.ratio}" if row.ratio else ""
    return f"  {row.verdict or '-':7} {row.what}: {row.figure}{ratio}{target}"


def table(rows: Iterable[Row]) -> str:
    """As Markdown."""
    lines: list[Sequence[str]] = [HEADERS, ["---"] * len(HEADERS), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def number(value: float) -> str:
    """Three significant digits, thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
