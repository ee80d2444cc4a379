"""A statement as PDF: on its first page what it leaves out and which controls are off, then its sums."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.fonts import addMapping
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

from integrations.engine.agreement import PARTS, WORDS, Part, State

_MOST = 200  # ignored items that are printed; the signed file has all of them
_FONTS = {"Vera": "Vera.ttf", "VeraBd": "VeraBd.ttf"}  # they come with the library
_TEXT = ParagraphStyle("text", fontName="Vera", fontSize=8, leading=11)
_SMALL = ParagraphStyle("small", parent=_TEXT, fontSize=6.5, leading=9)
_HEAD = ParagraphStyle("head", parent=_TEXT, fontName="VeraBd", fontSize=10, leading=14, spaceBefore=10, spaceAfter=3)
_TITLE = ParagraphStyle("title", parent=_HEAD, fontSize=16, leading=20, spaceBefore=0)
_GRID = [
    ("FONT", (0, 0), (-1, -1), "Vera", 7),
    ("FONT", (0, 0), (-1, 0), "VeraBd", 7),
    ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]


def pdf(document: Mapping[str, Any]) -> bytes:
    """The pages of a signed document; whoever needs proof verifies the file itself."""
    _fonts()
    whole, target = document["statement"], BytesIO()
    title = f"Reconciliation statement {whole['number']}"
    pages = SimpleDocTemplate(
        target, pagesize=A4, title=title, author=whole["tenant"], leftMargin=18 * mm, rightMargin=18 * mm
    )
    pages.build([*_first(document, title), PageBreak(), *_sums(whole)])
    return target.getvalue()


@cache
def _fonts() -> None:
    for name, file in _FONTS.items():
        pdfmetrics.registerFont(TTFont(name, file))
        addMapping(name, 0, 0, name)


def _first(document: Mapping[str, Any], title: str) -> Iterable[Any]:
    _fonts()
    whole = document["statement"]
    yield Paragraph(title, _TITLE)
    company = " ".join(filter(None, (whole["company"], whole["company_name"])))
    yield _words(f"{whole['tenant']}, {whole['integration']}, company {company}. As of {whole['as_of']}.")
    yield Spacer(0, 6)
    yield _words(whole["answer"])
    yield Paragraph("Controls that are off", _HEAD)
    off = [f"{each['label']}: {each['words']}" + _since(each) for each in whole["controls_off"]]
    yield from map(_words, off or ["None."])
    yield Paragraph("Left out of scope", _HEAD)
    out = [[e["words"], str(e["records"]), e["amount"], e["currency"]] for e in whole["exclusions"]]
    yield _table(("Reason", "Records", "Amount", "Currency"), out) if out else _words("Nothing.")
    yield Paragraph("Ignored by people", _HEAD)
    ignored = [
        [e["number"], e["supplier"], e["amount"] or "", e["currency"], e["reason"], e["who"], (e["until"] or "")[:10]]
        for e in whole["ignored"][:_MOST]
    ]
    heads = ("Number", "Supplier", "Amount", "Currency", "Reason", "Who", "Until")
    yield _table(heads, ignored) if ignored else _words("Nothing.")
    if len(whole["ignored"]) > _MOST:
        yield _words(f"{len(whole['ignored']) - _MOST:,} more are in the signed file.")
    yield Paragraph("Proof", _HEAD)
    yield _words(f"1099 forms are filed by: {whole['files_1099'].replace('_', ' ')}.")
    yield _words(f"{len(whole['rows']):,} records. Hash {document['hash']}", _SMALL)
    yield _words(f"Follows {whole['previous'] or 'nothing: it is the first'}", _SMALL)
    yield _words(f"Public key {document['public_key']}; signature {document['signature']}", _SMALL)
    yield _words("Verify the signed file, without a database: manage.py verify_statement FILE", _SMALL)


def _sums(whole: Mapping[str, Any]) -> Iterable[Any]:
    for part in PARTS:
        mine = [line for line in whole["sums"] if line["part"] == part]
        if mine:
            yield Paragraph(PARTS[Part(part)], _HEAD)
            heads = ("Period", "Currency", "State", "Records", "Source", "Target", "Open, source", "Open, target")
            yield _table(heads, [_line(line) for line in mine])


def _line(line: Mapping[str, Any]) -> list[str]:
    sides = [line[name] for name in ("here", "there", "open_here", "open_there")]
    return [line["period"], line["currency"], WORDS[State(line["state"])], str(line["records"]), *sides]


def _since(control: Mapping[str, Any]) -> str:
    by = f" by {control['by']}" if control["by"] else ""
    since = f", since {control['since'][:10]}{by}" if control["since"] else ""
    return since + (f": {control['reason']}" if control["reason"] else ".")


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    cells = [[_words(str(cell), _SMALL) for cell in row] for row in rows]
    return Table([list(heads), *cells], repeatRows=1, style=_GRID, hAlign="LEFT")


def _words(text: str, style: ParagraphStyle = _TEXT) -> Paragraph:
    return Paragraph(escape(text), style)
