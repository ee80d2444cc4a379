"""Rules as a file: what it would change is shown first; good rows go in, bad ones say why; all of it can be undone."""

import io
import re
import time
import tracemalloc
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from integrations.models import Connection, GLMapping, MappingSet, MappingUpload, MirrorRecord
from integrations.runner.mapping_csv import COLUMNS, guarded, unguarded
from integrations.runner.mappings import Kind
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.integrations.factories import Desk

Browsers = Callable[[Role], Client]
HEAD = ",".join(COLUMNS[Kind.GL])


@pytest.fixture
def integrator(browser_of: Browsers) -> Client:
    return browser_of(Role.INTEGRATOR)


def send(client: Client, desk: Desk, data: str | bytes, name: str = "rules.csv") -> str:
    """The page that follows an upload."""
    file = SimpleUploadedFile(name, data.encode() if isinstance(data, str) else data)
    body = {"integration": str(desk.integration.uuid), "file": file}
    return client.post("/mappings/files/", body, follow=True).content.decode()


def answer_of(page: str) -> str:
    return re.search(r'class="answer">(.*?)</p>', page)[1]  # type: ignore[index]


def propose(client: Client, desk: Desk, page: str, **given: str) -> str:
    with tenant_scope(desk.tenant_id):
        made = MappingUpload.objects.latest("id")
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]  # type: ignore[index]
    body = {"do": "propose", "seen": seen, **given}
    return client.post(f"/mappings/files/{made.uuid}/", body, follow=True).content.decode()


def exported(client: Client, desk: Desk) -> bytes:
    return b"".join(client.get(f"/mappings/{desk.integration.uuid}.csv").streaming_content)  # type: ignore[attr-defined]


def rules(desk: Desk) -> dict[str, str]:
    with tenant_scope(desk.tenant_id):
        return dict(GLMapping.objects.filter(active=True).values_list("source", "target"))


def add(desk: Desk, **given: str) -> None:
    with tenant_scope(desk.tenant_id):
        GLMapping.objects.create(integration=desk.integration, **given)


def test_the_difference_is_shown_and_nothing_is_changed_by_looking(integrator: Client, desk: Desk) -> None:
    for source in ("1", "2", "3"):
        add(desk, source=source, target="10")
    page = send(integrator, desk, f"{HEAD}\naccount,,,1,,10,,\naccount,,,2,,20,,\naccount,,,4,,40,,\n")
    assert answer_of(page) == "1 new, 1 changed, 1 unchanged; 1 in force are not in the file."
    assert rules(desk) == {"1": "10", "2": "10", "3": "10"}
    propose(integrator, desk, page)
    assert rules(desk) == {"1": "10", "2": "20", "3": "10", "4": "40"}


def test_what_no_database_keeps_is_taken_out_of_a_reason(integrator: Client, desk: Desk) -> None:
    page = send(integrator, desk, "table,source,target\naccount,4,40\n")
    propose(integrator, desk, page, reason="a\0b")
    with tenant_scope(desk.tenant_id):
        assert MappingSet.objects.get().reason == "ab"


def test_what_is_gone_from_the_file_is_taken_out_only_when_asked(integrator: Client, desk: Desk) -> None:
    add(desk, source="1", target="10")
    page = send(integrator, desk, "table,source,target\naccount,4,40\n")
    propose(integrator, desk, page, remove="yes")
    assert rules(desk) == {"4": "40"}


def test_bad_rows_say_why_while_good_ones_go_in(integrator: Client, desk: Desk) -> None:
    with tenant_scope(desk.tenant_id):
        for number, active in (("40", True), ("80", False)):
            MirrorRecord.objects.create(
                connection=desk.integration.ap, entity="gl_account", target_id=number, number=number, active=active,
                seen_at="2026-03-01T00:00:00Z",
            )  # fmt: skip
    rows = (
        "account,,,good,,40,,",
        "account,,,closed,,80,,",
        "account,,,unknown,,99,,",
        "account,20,,elsewhere,,40,,",
        "account,,,day,01/02/2026,40,,",
        "account,,,twice,,40,,",
        "account,,,twice,,40,,other",
        "nonsense,,,table,,40,,",
        "account,,,,,40,,",
        "account,,,short,,40",
        "account,,,long,,40,,,,",
        f"account,,,{'x' * 61},,40,,",
        "dimension,,,partless,,40,,",
        "account,,,a\x07b,,40,,",
    )
    page = send(integrator, desk, "\n".join((HEAD, *rows)))
    assert answer_of(page) == "1 new, 0 changed, 0 unchanged; 13 cannot go in."
    for words in (
        "80 (what it becomes) is closed", "99 (what it becomes) is not in the chart", "carries company 10, not 20",
        "Write days as 2026-01-31.", "Another row is the same rule", "&#x27;nonsense&#x27; is not a valid choice",
        "cannot be blank", "It has 6 cells, the first line 8.", "It has 10 cells", "at most 60 characters",
        "Name the code part", "a character that nobody sees",
    ):  # fmt: skip
        assert words in page
    assert ">elsewhere<" in page
    assert "None" not in page
    propose(integrator, desk, page)
    assert rules(desk) == {"good": "40"}


def test_a_rule_in_a_bad_row_is_never_taken_out_as_gone(integrator: Client, desk: Desk) -> None:
    add(desk, source="1", target="10")
    page = send(integrator, desk, "table,source,target,valid_from\naccount,1,20,yesterday\naccount,2,20,\n")
    assert "Mend the bad rows first" in propose(integrator, desk, page, remove="yes")
    assert rules(desk) == {"1": "10"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "does not name table, source, target"),
        ("table,source,target\n".encode("utf-16"), "This is UTF-16"),
        ("table,source,target\n".encode("utf-16-le"), "This is UTF-16"),
        (b"PK\x03\x04rest", "This is a workbook, not CSV"),
        (b"table,source,target\naccount,caf\xe9,1\n", "Line 2 is not UTF-8"),
        (b"table,source,target\n" + b"account,1,1\n" * 500 + b"account,a\0b,1\n", "no text at all"),
        (b"table,source\n", "does not name target"),
        (b"table,source,target,formula\n", "Unknown columns: formula"),
        (b"table,source,target,target\n", "Two columns have the same name"),
        (b'table,source,target\naccount,"4,1\n', "quotes of this CSV do not close"),
        (b"table,source,target\n" + b"account,1,1\n" * 20_001, "The file has 20,001 rows; at most 20,000"),
        (b"x" * 5_000_001, "The file has 5.0 MB; at most 5 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_words(
    integrator: Client, desk: Desk, data: bytes, says: str
) -> None:
    assert says in send(integrator, desk, data)
    with tenant_scope(desk.tenant_id):
        assert not MappingUpload.objects.exists()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_usual_way_of_writing_csv_is_read(
    integrator: Client, desk: Desk, separator: str, mark: str, end: str
) -> None:
    rows = (("table", "source", "target", "note"), ("account", "00123", "5000", "déjà, vu; \u202b שלום"))
    text = end.join(separator.join(f'"{cell}"' for cell in row) for row in rows) + end
    page = send(integrator, desk, mark + text.replace("\u202b ", ""))
    propose(integrator, desk, page)
    assert rules(desk) == {"00123": "5000"}


CELLS = ("=1+1", "+1", "-1", "@x", "'=1", "''=1", "'plain", "|x", "%0", "\uff1d1", '"quoted"', "a,b;c", "00123", "x'y")


@pytest.mark.parametrize("cell", [*CELLS, "a\n=1\n'-2"])
def test_a_guarded_cell_comes_back_exactly_and_runs_nowhere(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    for line in guarded(cell).split("\n"):
        assert not line.startswith(("=", "+", "-", "@", "|", "%", "\uff1d"))


def test_an_export_comes_back_without_a_change(integrator: Client, desk: Desk) -> None:
    for number, cell in enumerate(CELLS):
        add(desk, source=cell, target=cell, note=cell, company="10" if number % 2 else "")
    data = exported(integrator, desk)
    assert data.startswith(b"\xef\xbb\xbf")
    assert answer_of(send(integrator, desk, data)) == f"0 new, 0 changed, {len(CELLS)} unchanged."


def test_rules_that_changed_since_the_look_are_looked_at_again(integrator: Client, desk: Desk) -> None:
    page = send(integrator, desk, "table,source,target\naccount,1,10\n")
    add(desk, source="1", target="5")
    assert "changed since you looked" in propose(integrator, desk, page)
    assert rules(desk) == {"1": "5"}


def test_the_exact_file_of_2000_rules_is_proposed_approved_and_undone(browser_of: Browsers, desk: Desk) -> None:
    with tenant_scope(desk.tenant_id):
        Connection.objects.update(environment="production")
    clerk, controller = browser_of(Role.CLERK), browser_of(Role.CONTROLLER)
    page = send(clerk, desk, "\n".join((HEAD, *(f"account,,,{n},,1,," for n in range(2000)))))
    assert "2,000 rules: proposed" in propose(clerk, desk, page, reason="New chart")
    assert rules(desk) == {}
    with tenant_scope(desk.tenant_id):
        made = MappingSet.objects.get()
    began = time.monotonic()
    controller.post(f"/mappings/sets/{made.uuid}/", {"do": "approve"})
    assert time.monotonic() - began < 10
    assert len(rules(desk)) == 2000
    clerk.post(f"/mappings/sets/{made.uuid}/", {"do": "undo"})
    with tenant_scope(desk.tenant_id):
        back = MappingSet.objects.get(undoes=made)
    controller.post(f"/mappings/sets/{back.uuid}/", {"do": "approve"})
    assert rules(desk) == {}


def test_an_auditor_downloads_and_uploads_nothing(browser_of: Browsers, desk: Desk) -> None:
    auditor = browser_of(Role.AUDITOR)
    assert exported(auditor, desk).startswith(b"\xef\xbb\xbf")
    assert auditor.post("/mappings/files/", {}).status_code == 403


class Endless(io.RawIOBase):
    """An upload that is made while it is read: `size` bytes of a file between the two ends of a form."""

    def __init__(self, head: bytes, size: int, tail: bytes) -> None:
        self._left, self._size, self._tail = head, size, tail

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        size = 65536 if size < 0 else size
        if not self._left and self._size:
            self._left = b"account,1,10\n" * 5000
            self._left, self._size = self._left[: self._size], self._size - min(self._size, len(self._left))
        elif not self._left:
            self._left, self._tail = self._tail, b""
        found, self._left = self._left[:size], self._left[size:]
        return found


def test_a_file_of_100_mb_is_refused_and_never_held_in_memory(integrator: Client, desk: Desk) -> None:
    part = 'Content-Disposition: form-data; name="{}"'
    head = f"--x\r\n{part.format('integration')}\r\n\r\n{desk.integration.uuid}\r\n--x\r\n"
    head += f'{part.format("file")}; filename="rules.csv"\r\nContent-Type: text/csv\r\n\r\n'
    size, tail = 100_000_000, b"\r\n--x--\r\n"
    stream = Endless(head.encode(), size, tail)
    about = {"CONTENT_TYPE": "multipart/form-data; boundary=x", "CONTENT_LENGTH": str(len(head) + size + len(tail))}
    tracemalloc.start()
    try:
        answer = integrator.request(
            PATH_INFO="/mappings/files/", REQUEST_METHOD="POST", **{"wsgi.input": stream}, **about
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (answer.status_code, peak < 20_000_000) == (400, True)
    assert "The file has 100.0 MB; at most 5 MB" in answer.content.decode()
    with tenant_scope(desk.tenant_id):
        assert not MappingUpload.objects.exists()


def test_where_a_second_person_decides_a_file_needs_a_reason(browser_of: Browsers, desk: Desk) -> None:
    with tenant_scope(desk.tenant_id):
        Connection.objects.update(environment="production")
    clerk, _ = browser_of(Role.CLERK), browser_of(Role.CONTROLLER)
    page = send(clerk, desk, "table,source,target\naccount,1,10\n")
    assert "Say why: somebody else decides on it" in propose(clerk, desk, page)
    assert "1 rules: proposed" in propose(clerk, desk, page, reason="New chart")


def test_a_discarded_file_is_gone(integrator: Client, desk: Desk) -> None:
    send(integrator, desk, "table,source,target\naccount,1,10\n")
    with tenant_scope(desk.tenant_id):
        made = MappingUpload.objects.get()
    integrator.post(f"/mappings/files/{made.uuid}/", {"do": "discard"})
    with tenant_scope(desk.tenant_id):
        assert not MappingUpload.objects.exists()
