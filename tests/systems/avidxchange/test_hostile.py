"""Answers that no honest server gives: each costs its own record at most, in bounded time, and says so."""

import json
import time
from typing import Any

import httpx
import pytest

from integrations.engine.drafts import Receipt
from integrations.engine.errors import ConnectionBroken, OutcomeUnknown, Rejected, Retryable
from integrations.engine.ports import Scope
from integrations.engine.records import Entity, Invoice, Unreadable
from integrations.systems.avidxchange.cards import masked
from tests.contract.wiring import handed
from tests.systems.avidxchange.world import CLOSED, PARTNER, World, account, invoice, items, payment, vendor

SMALL = {"profile": '{"paging": {"size": 3}}'}
LINKS = {"profile": '{"paging": {"size": 3, "style": "links"}}'}
LATELY = '{"done":"2026-11-21"}'  # one window


def read(*rows: Any, text: str = "", entity: Entity = Entity.INVOICE) -> list[Any]:
    world = World()
    body = text or json.dumps({"Items": rows})
    world.answered_by(lambda request: httpx.Response(200, text=body))
    return world.read(entity, cursor=LATELY)


def paged(world: World, *pages: httpx.Response) -> list[str]:
    """Numbers of the invoices of these pages, asked for by number; beyond them there is nothing."""
    world.answered_by(lambda request: dict(enumerate(pages, 1)).get(int(request.url.params["pageNumber"]), items()))
    return [record.number for record in world.read(Entity.INVOICE, cursor=LATELY)]


def some(*ids: int) -> list[dict[str, Any]]:
    return [invoice(Id=each, Number=f"I-{each}") for each in ids]


# Lists


def test_a_list_is_read_on_until_as_many_rows_have_come_as_it_announced() -> None:
    short = {"TotalItems": 5}  # pages are cut below the size that was asked for
    pages = (items(*some(1, 2), Paging=short), items(*some(3, 4), Paging=short), items(*some(5), Paging=short))
    assert paged(World(SMALL), *pages) == ["I-1", "I-2", "I-3", "I-4", "I-5"]


def test_a_count_of_pages_that_is_too_small_ends_no_list_that_lacks_rows() -> None:
    lying = {"PageCount": 1, "TotalItems": 5}
    pages = (items(*some(1, 2, 3), Paging=lying), items(*some(4, 5), Paging=lying))
    assert paged(World(SMALL), *pages) == ["I-1", "I-2", "I-3", "I-4", "I-5"]


def test_an_empty_page_is_not_the_last_while_more_are_announced() -> None:
    three = {"PageCount": 3}
    assert paged(World(SMALL), items(*some(1), Paging=three), items(Paging=three), items(*some(2), Paging=three)) == [
        "I-1",
        "I-2",
    ]


def test_an_empty_page_with_a_link_goes_on() -> None:
    world = World(LINKS)
    first = items(Paging={"Links": {"Rel": "next", "Href": "/v1/more"}})
    world.answered_by(lambda request: items(*some(1)) if "more" in request.url.path else first)
    assert [record.number for record in world.read(Entity.INVOICE, cursor=LATELY)] == ["I-1"]


def test_a_link_that_leads_to_its_own_empty_page_is_a_loop() -> None:
    world = World(LINKS)
    world.answered_by(lambda request: items(Paging={"Links": {"Rel": "next", "Href": "/v1/more"}}))
    with pytest.raises(Retryable) as caught:
        world.read(Entity.INVOICE, cursor=LATELY)
    assert caught.value.code == "page_loop"
    assert len(world.wire.sent) <= 3


def test_pages_that_come_round_in_turn_are_a_loop() -> None:
    world = World(SMALL)
    turns = [items(*some(1, 2, 3)), items(*some(4, 5, 6))]
    world.answered_by(lambda request: turns[int(request.url.params["pageNumber"]) % 2])
    with pytest.raises(Retryable) as caught:
        world.read(Entity.INVOICE, cursor=LATELY)
    assert caught.value.code == "page_loop"
    assert len(world.wire.sent) < 20


@pytest.mark.parametrize("count", ["1e99999", "-1", '"many"', "1e400", "[]", "true"])
def test_a_count_that_is_none_is_none(count: str) -> None:
    text = f'{{"Items":[{json.dumps(invoice())}],"Paging":{{"PageCount":{count},"TotalItems":{count}}}}}'
    assert [record.key for record in read(text=text)] == ["880231"]


def test_a_list_in_two_spellings_is_not_read_as_an_empty_one() -> None:
    with pytest.raises(Retryable) as caught:
        read(text=json.dumps({"Items": [invoice()], "items": []}))
    assert caught.value.code == "unreadable"


# Rows


def test_two_amounts_in_two_spellings_are_no_amount() -> None:
    bad, good = read(invoice(grossAmount=9999), invoice(Id=2, grossAmount=1250.0))
    assert isinstance(bad, Unreadable)
    assert "two spellings" in bad.message
    assert isinstance(good, Invoice)


@pytest.mark.parametrize("number", ["1e999999999", "1e99999", "-1e-99999", "0e99999"])
@pytest.mark.parametrize("name", ["Number", "GrossAmount", "Id"])
def test_a_number_that_fills_the_memory_when_written_out_is_unreadable(name: str, number: str) -> None:
    text = json.dumps({"Items": [invoice(**{name: "HERE"}), invoice(Id=2)]}).replace('"HERE"', number)
    bad, good = read(text=text)
    assert isinstance(bad, Unreadable)
    assert len(bad.key) <= 64
    assert good.key == "2"


def test_no_date_of_their_platform_is_no_date() -> None:
    (found,) = read(invoice(ApprovedDate="0001-01-01T00:00:00", LastChangedDate="0001-01-01T00:00:00+05:00"))
    assert (found.approved_on, found.modified) == (None, None)


@pytest.mark.parametrize("own", ["9" * 121, "x" * 5000, "\u2028" * 60])
def test_an_id_that_no_row_can_hold_costs_its_own_record_only(own: str) -> None:
    bad, good = read(invoice(Id=own), invoice(Id=2))
    assert isinstance(bad, Unreadable)
    assert len(bad.key) <= 64
    assert good.key == "2"


@pytest.mark.parametrize("text", ["4111 1111 1111 1111 " * 3000, "1 " * 30_000, "4" * 200_000], ids=str)
def test_masking_takes_no_time_however_many_digits_there_are(text: str) -> None:
    began = time.monotonic()
    assert "4111 1111 1111 1111" not in masked(text)
    assert time.monotonic() - began < 3


# One record


def fetched(answer: httpx.Response, entity: Entity = Entity.INVOICE) -> Any:
    world = World()
    world.answered_by(lambda request: answer)
    return world.client.fetch(entity, "880231", Scope())


@pytest.mark.parametrize(
    "body", [json.dumps(invoice(Id=5)), "{}", '{"Id": 880231, "GrossAmount": NaN}', '{"Id": 5, "Number": "\\ud800"}']
)
def test_whatever_answers_for_one_record_is_about_that_record(body: str) -> None:
    found = fetched(httpx.Response(200, text=body))
    assert isinstance(found, Unreadable)
    assert found.key == "880231"


def test_a_web_page_says_nothing_of_a_record() -> None:
    with pytest.raises(Retryable):
        fetched(httpx.Response(200, html="<html>Sign in</html>"))


def test_other_payments_are_no_proof_that_one_is_gone() -> None:
    found = fetched(items(payment(PaymentId=9)), Entity.PAYMENT)
    assert (found.key, found.code) == ("880231", "other_record")
    assert fetched(items(), Entity.PAYMENT) is None


def test_a_batch_of_which_a_sum_is_unreadable_still_leads_to_its_invoices() -> None:
    world = World(CLOSED)
    granted = httpx.Response(200, json={"access_token": "t-1", "expires_in": 3600})
    row = (
        '{"BatchGUID":"b-1","DateClosed":"2026-11-20","BatchTotal":NaN,"Links":[{"Rel":"full-details","Href":"/v1/b"}]}'
    )
    batches = httpx.Response(200, text=f'{{"Items":[{row}]}}')

    def answer(request: httpx.Request) -> httpx.Response:
        return granted if request.method == "POST" else items(*some(1)) if request.url.path == "/v1/b" else batches

    world.answered_by(answer)
    assert [record.number for record in world.read(Entity.INVOICE, cursor=LATELY)] == ["I-1"]


# Images


@pytest.mark.parametrize("link", ["https://[x", "//[", "http://\u2100.test/", "/a\nb", "/v1/\ud800"])
def test_a_link_that_is_no_address_is_refused(link: str) -> None:
    with pytest.raises(Rejected):
        World().client.document(link)


@pytest.mark.parametrize(
    "page",
    [
        httpx.Response(200, html="<p>Please sign in</p>"),
        httpx.Response(
            200, content=b"\xef\xbb\xbf \n<!DOCTYPE html><html>", headers={"content-type": "application/pdf"}
        ),
        httpx.Response(200, json={"fault": {"code": 900902}}),
    ],
)
def test_a_page_of_text_is_no_image(page: httpx.Response) -> None:
    world = World()
    world.answered_by(lambda request: page)
    with pytest.raises(Rejected) as caught:
        world.client.document("/v1/invoices/1/image")
    assert caught.value.code == "no_document"


# Writes


@pytest.mark.parametrize("order", [(True, False), (False, True)], ids=str)
def test_of_two_results_of_one_record_the_refusal_counts(order: tuple[bool, bool]) -> None:
    world = World()
    told = [{"ExternalCode": "S1", "Successful": well} for well in order]
    world.answered_by(lambda request: httpx.Response(200, json={"Results": told}))
    (what,) = world.write(vendor())
    assert isinstance(what, Rejected)


def test_codes_of_one_value_in_two_groups_keep_their_own_results() -> None:
    world = World()
    told = [
        {"ExternalCode": "10", "Successful": True, "Item": {"GroupName": "Site", "CodeValue": "10"}},
        {"ExternalCode": "10", "Successful": False, "Item": {"GroupName": "Project", "CodeValue": "10"}},
    ]
    world.answered_by(lambda request: httpx.Response(200, json={"Results": told}))
    well, refused = world.write(account("10", group="Site"), account("10", group="Project"))
    assert isinstance(well, Receipt)
    assert isinstance(refused, Rejected)


@pytest.mark.parametrize("job", ["..", "../x", "J" * 65, "a\nb", {"Id": 1}, ""])
def test_a_job_whose_id_is_none_is_as_good_as_lost(job: Any) -> None:
    world = World()
    world.answered_by(lambda request: httpx.Response(202, json={"JobId": job, "Status": "Queued"}))
    with pytest.raises(OutcomeUnknown) as caught:
        world.write(vendor())
    assert caught.value.code == "no_result"


@pytest.mark.parametrize("status", [400, 404, 410, 422])
def test_a_job_that_vanished_is_lost_and_stops_nobody(status: int) -> None:
    world = World()
    world.answered_by(lambda request: httpx.Response(status, json={"detail": "no such job"}))
    written = world.client.result("J-1", [handed(vendor(), world.clock)])
    assert written is not None
    assert isinstance(written[0], OutcomeUnknown)


def test_a_job_that_the_profile_cannot_ask_for_is_lost() -> None:
    world = World({"profile": '{"operations": {"jobs.get": null}}'})
    written = world.client.result("J-1", [handed(vendor(), world.clock)])
    assert written is not None
    assert isinstance(written[0], OutcomeUnknown)


def test_an_answer_in_circles_to_a_sign_in_is_no_address() -> None:
    with pytest.raises(ConnectionBroken):
        fetched(httpx.Response(302, headers={"location": "https://elsewhere.example/"}))


@pytest.mark.parametrize("seconds", ["1e300", "1e30", "-5", "0"])
def test_a_token_that_lives_for_ever_or_never_signs_all_the_same(seconds: str) -> None:
    world = World(PARTNER)
    granted = f'{{"access_token": "t-1", "expires_in": {seconds}}}'
    world.answered_by(
        lambda request: httpx.Response(200, text=granted) if request.method == "POST" else items(*some(1))
    )
    assert [record.key for record in world.read(Entity.INVOICE, cursor=LATELY)] == ["1"]


def test_a_page_of_millions_of_nothings_is_not_unpacked() -> None:
    for rows in ("{}," * 3_000_000 + "{}", "1," * 3_000_000 + "1"):
        began = time.monotonic()
        with pytest.raises(Retryable) as caught:
            read(text=f'{{"Items":[{rows}]}}')
        assert caught.value.code == "unreadable"
        assert time.monotonic() - began < 3


def test_more_rows_than_anybody_asked_for_are_still_read() -> None:
    assert len(read(*some(*range(2_000)))) == 2_000
