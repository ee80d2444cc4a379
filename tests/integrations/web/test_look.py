"""What the eye would check: contrast, states without colour alone, no inline script or style, no vendor's name."""

import re
from pathlib import Path

import pytest
from django.test import Client

from integrations.web.icons import ICONS
from integrations.web.states import LOOKS
from tests.integrations.factories import Desk

ROOT = Path(__file__).parents[3]
TOKENS = (ROOT / "static" / "tokens.css").read_text()
TONES = ("good", "wait", "bad", "look", "info", "rest")
PATHS = (
    *("/", "/connections/", "/connections/add/", "/integrations/", "/integrations/add/", "/runs/", "/records/"),
    *(
        "/review/",
        "/mappings/",
        "/audit/",
        "/audit/exports/",
        "/audit/exports/payees/",
        "/settings/",
        "/settings/members/",
        "/second-factor/",
        "/email/",
    ),
)


def colours(name: str) -> tuple[str, str]:
    found = re.search(rf"--{name}: light-dark\((#[0-9a-f]{{6}}), (#[0-9a-f]{{6}})\)", TOKENS)
    assert found, name
    return found[1], found[2]


def luminance(colour: str) -> float:
    """Relative luminance (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [(ink, ground) for ink in ("ink", "muted", "accent", "bad") for ground in ("canvas", "surface", "raised")]
    + [(tone, f"{tone}-soft") for tone in TONES]
    + [("ink", f"{tone}-soft") for tone in TONES]
    + [("on-accent", "accent"), ("on-accent", "accent-strong"), ("accent", "accent-soft"), ("muted", "sunken")],
)
def test_every_text_can_be_read(ink: str, ground: str, theme: int) -> None:
    assert contrast(colours(ink)[theme], colours(ground)[theme]) >= 4.5


def test_every_state_has_icon_word_and_tone() -> None:
    for kind in LOOKS.values():
        for look in kind.values():
            assert look.icon in ICONS
            assert look.word
            assert look.tone in TONES


def test_states_of_one_kind_can_be_told_apart_without_colour() -> None:
    for kind in LOOKS.values():
        assert len({look.word for look in kind.values()}) == len(kind)


def test_the_style_sheet_takes_its_colours_from_the_tokens() -> None:
    css = (ROOT / "static" / "components.css").read_text()
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", css)) <= {"#ffffff"}  # the ground of a QR code


@pytest.mark.parametrize("path", PATHS)
def test_no_page_has_inline_script_or_style(owner: Client, desk: Desk, path: str) -> None:
    desk.record("held", code="no_due_date")
    page = owner.get(path).content.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", page))
    assert not re.search(r"(src|href)=\"https?://", page)


@pytest.mark.parametrize("path", PATHS)
def test_every_page_names_itself_and_labels_its_fields(owner: Client, desk: Desk, path: str) -> None:
    page = owner.get(path).content.decode()
    assert re.search(r"<title>\s*\S.* \u2013 ml-connector</title>", page, re.S)
    assert page.count("<h1") == 1
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
    fields = re.findall(r'<(?:input|select|textarea)(?=[^>]* id="([^"]+)")[^>]*>', page)
    assert {name for name in fields if f'id="{name}"' in page and name} <= labelled | hidden(page)


def hidden(page: str) -> set[str]:
    return set(re.findall(r'<input[^>]*type="hidden"[^>]* id="([^"]+)"', page))


def test_no_vendor_is_named_in_pages_api_or_templates() -> None:
    folders = [ROOT / "integrations" / "web", ROOT / "integrations" / "api", ROOT / "templates", ROOT / "static"]
    files = [path for folder in folders for path in folder.rglob("*.*") if "__pycache__" not in path.parts]
    named = [p.name for p in files if re.search(r"(?i)\b(ifs|bill\.com|bill|avid\w*)\b", p.read_text())]
    assert named == []
