"""Images beside bills: uploaded once, found again, read back, and what BILL does not take."""

from hashlib import sha256

import pytest

from integrations.engine.drafts import ImageDraft, Receipt
from integrations.engine.errors import OutcomeUnknown, Rejected, Underway
from integrations.engine.ports import Document, Write
from tests.systems.bill.world import World, vendor_draft

PDF = b"%PDF-1.7 one page"
UPLOAD = "/v3/documents/bills/"


@pytest.fixture
def bill(world: World) -> str:
    return world.post(world.invoice(world.post(vendor_draft())[0].target_id))[0].target_id


@pytest.fixture
def world() -> World:
    return World()


def image(world: World, bill: str, content: bytes = PDF, name: str = "scan.pdf") -> Write:
    draft = ImageDraft(bill_id=bill, document="10|1|D1", name=name, content_type="application/pdf", size=len(content))
    fetched = Document(content, "application/octet-stream", "D1", sha256(content).hexdigest())
    return world.write(draft, bill, content=lambda: fetched)


def upload(world: World, write: Write) -> str:
    """The job that BILL took it as."""
    with pytest.raises(Underway) as taken:
        world.client.write([write])
    return taken.value.job


def receipt(world: World, job: str, write: Write) -> Receipt:
    (found,) = world.client.result(job, [write]) or ()
    assert isinstance(found, Receipt)
    return found


def stored(world: World) -> list[tuple[str, bytes]]:
    return list(world.sim.world.rows.sql.execute("SELECT name, content FROM document ORDER BY seq"))


def test_it_arrives_byte_for_byte_and_is_read_back(world: World, bill: str) -> None:
    write = image(world, bill)
    job = upload(world, write)
    assert len(job) <= 120
    found = receipt(world, job, write)
    assert stored(world) == [("scan.pdf", PDF)]
    echo = found.echo
    assert (found.target_id, echo["sha256"], echo["size"], echo["read_back"]) == (
        bill,
        sha256(PDF).hexdigest(),
        "17",
        "equal",
    )
    (call,) = world.calls("POST", UPLOAD)
    assert call.headers["content-type"] == "application/pdf"


def test_what_is_there_already_is_not_sent_again_whatever_its_name(world: World, bill: str) -> None:
    upload(world, image(world, bill))
    (found,) = world.client.write([image(world, bill, name="another.pdf")])
    assert isinstance(found, Receipt)
    assert len(world.calls("POST", UPLOAD)) == 1


def test_another_image_goes_beside_the_first(world: World, bill: str) -> None:
    upload(world, image(world, bill))
    upload(world, image(world, bill, b"%PDF second page"))
    assert [content for _, content in stored(world)] == [PDF, b"%PDF second page"]


@pytest.mark.parametrize("processed", [True, False])
def test_after_a_lost_answer_it_is_looked_for_first(world: World, bill: str, processed: bool) -> None:
    world.fault("status", UPLOAD, method="POST", status=500, processed=processed)
    with pytest.raises(OutcomeUnknown):
        world.client.write([image(world, bill)])
    if processed:
        world.client.write([image(world, bill)])
    else:
        upload(world, image(world, bill))
    assert stored(world) == [("scan.pdf", PDF)]


def test_while_bill_processes_it_nothing_is_concluded() -> None:
    world = World({"document_seconds": 600.0})
    bill = world.post(world.invoice(world.post(vendor_draft())[0].target_id))[0].target_id
    write = image(world, bill)
    job = upload(world, write)
    assert world.client.result(job, [write]) is None
    world.clock.now = world.clock.now.replace(hour=world.clock.now.hour + 1)
    assert receipt(world, job, write).echo["read_back"] == "equal"


def test_an_upload_that_bill_does_not_know_is_looked_for_again(world: World, bill: str) -> None:
    (found,) = world.client.result(f"0duNOBODY {'0' * 64} 17", [image(world, bill)]) or ()
    assert isinstance(found, OutcomeUnknown)


def test_other_bytes_than_were_sent_are_a_persons(world: World, bill: str) -> None:
    write = image(world, bill)
    job = upload(world, write)
    world.sim.world.rows.sql.execute("UPDATE document SET content = ?", (b"something else",))
    (found,) = world.client.result(job, [write]) or ()
    assert isinstance(found, Rejected)
    assert found.code == "image_differs"


def test_where_the_download_leads_elsewhere_nothing_goes_there_and_it_counts_as_sent(world: World, bill: str) -> None:
    write = image(world, bill)
    job = upload(world, write)
    world.fault("replace", "/v3/documents/00h", find='"/connect/', text='"https://files.example/', times=None)
    assert receipt(world, job, write).echo["read_back"] == "not possible"
    assert {each.url.host for each in world.sent} == {"gateway.bill.test"}


@pytest.mark.parametrize(
    ("content", "target", "code"),
    [(b"\0" * (6 * 1024 * 1024 + 1), "", "document_too_large"), (PDF, "00nNOBODY", "not_found")],
)
def test_what_cannot_be_kept_is_refused_before_it_is_sent(
    world: World, bill: str, content: bytes, target: str, code: str
) -> None:
    with pytest.raises(Rejected) as refused:
        world.client.write([image(world, target or bill, content)])
    assert (refused.value.code, world.calls("POST", UPLOAD)) == (code, [])


def test_a_login_that_may_not_is_one_question_for_all_images_and_no_broken_connection(world: World, bill: str) -> None:
    world.fault("status", UPLOAD, status=403)
    with pytest.raises(Rejected) as refused:
        world.client.write([image(world, bill)])
    assert refused.value.problems[0].once


def test_six_mebibytes_go(world: World, bill: str) -> None:
    content = b"\1" * (6 * 1024 * 1024)
    write = image(world, bill, content)
    assert receipt(world, upload(world, write), write).echo["size"] == str(len(content))


def test_a_name_that_is_too_long_keeps_its_ending(world: World, bill: str) -> None:
    upload(world, image(world, bill, name=f"{'long ' * 100}.pdf"))
    ((name, _),) = stored(world)
    assert (len(name), name[-4:]) == (255, ".pdf")
