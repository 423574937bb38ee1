"""Receiving webmentions, clause by clause of the Recommendation (section 3.2)."""

import asyncio
import xmlrpc.client
from urllib.parse import urlencode

import aiohttp
import pytest
from conftest import Blog
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from linkback.mentions import Ping
from linkback.protocols.webmention import WebmentionError, decode
from linkback.store.connection import Store
from workers.loop import Loop

FORM = "application/x-www-form-urlencoded"


class Answer:
    """What came back."""

    def __init__(self, status: int, location: str, text: str) -> None:
        self.status = status
        self.location = location
        self.text = text


async def send(receiver: str, body: bytes, accept: str = "*/*") -> Answer:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{receiver}/webmention", data=body, headers={"Content-Type": FORM, "Accept": accept}) as response,
    ):
        return Answer(response.status, response.headers.get("Location", ""), await response.text())


def form(source: str, target: str) -> bytes:
    return urlencode({"source": source, "target": target}).encode()


async def standing(receiver: str, location: str, accept: str = "application/json") -> tuple[int, str]:
    path = location.removeprefix("https://linkback.example")
    async with (
        aiohttp.ClientSession() as session,
        session.get(receiver + path, headers={"Accept": accept}) as response,
    ):
        return response.status, await response.text()


async def test_3_2_a_webmention_is_queued_with_202_and_the_address_of_its_standing(
    receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    answer = await send(receiver, form(theirs.linking("/a", f"{ours.url}/post"), f"{ours.url}/post#part"))
    assert answer.status == 202
    assert answer.location.startswith("https://linkback.example/mentions/")
    assert '"state": "queued"' in (await standing(receiver, answer.location))[1]
    await loop_of_worker.run_until_idle()
    assert '"state": "approved"' in (await standing(receiver, answer.location))[1]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "lacks its source"),
        (b"source=https://theirs.example/", "lacks its target"),
        (b"target=https://ours.example/", "lacks its source"),
        (b"source=&target=https://ours.example/", "lacks its source"),
        (b"source=a&source=b&target=c", "more than one source"),
        (b"source=%ff&target=c", "not in UTF-8"),
        (b"x=1&" * 60, "more than 50 fields"),
    ],
)
async def test_3_2_1_a_request_without_source_and_target_is_400(receiver: str, body: bytes, words: str) -> None:
    answer = await send(receiver, body)
    assert answer.status == 400
    assert words in answer.text


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("ftp://theirs.example/", "{ours}/post", "not an http or https URL"),
        ("https://theirs.example/", "mailto:a@b.example", "not an http or https URL"),
        ("https://theirs.example/", "https://elsewhere.example/", "belongs to no site"),
        ("{ours}/post#a", "{ours}/post", "is the post itself"),
    ],
)
async def test_3_2_1_what_can_be_known_at_once_is_400_and_nothing_is_stored(
    receiver: str, ours: Blog, store: Store, source: str, target: str, words: str
) -> None:
    answer = await send(receiver, form(source.format(ours=ours.url), target.format(ours=ours.url)))
    assert answer.status == 400
    assert words in answer.text
    assert await store.client.keys("lb:*mention*") == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", '{{"a": [1, {{"b": "{target}"}}]}}'),
        ("application/activity+json", '["{target}"]'),
        ("text/plain", "I read {target}. It was good."),
        ("text/html", '<a href="{target}">x</a>'),
    ],
)
async def test_3_2_2_the_link_is_looked_for_by_media_type(
    receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop, content_type: str, body: str
) -> None:
    target = f"{ours.url}/post"
    source = theirs.page("/a", body.format(target=target), content_type=content_type)
    answer = await send(receiver, form(source, target))
    await loop_of_worker.run_until_idle()
    assert '"state": "approved"' in (await standing(receiver, answer.location))[1]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", '{{"a": "see {target}"}}'),
        ("application/json", "not JSON {target}"),
        ("text/plain", "{target}-and-more"),
        ("image/png", '<a href="{target}">x</a>'),
    ],
)
async def test_3_2_2_what_only_looks_like_the_link_does_not_count(
    receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop, content_type: str, body: str
) -> None:
    target = f"{ours.url}/post"
    source = theirs.page("/a", body.format(target=target), content_type=content_type)
    answer = await send(receiver, form(source, target))
    await loop_of_worker.run_until_idle()
    assert '"reason": "no_link"' in (await standing(receiver, answer.location))[1]


async def test_3_2_4_a_webmention_that_is_sent_again_updates_what_is_shown(
    receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    target = f"{ours.url}/post"
    first = await send(receiver, form(theirs.linking("/a", target, "Before"), target))
    await loop_of_worker.run_until_idle()
    again = await send(receiver, form(theirs.linking("/a", target, "After"), target))
    await loop_of_worker.run_until_idle()
    assert (again.status, again.location) == (202, first.location)
    async with aiohttp.ClientSession() as session, session.get(f"{receiver}/embed?target={target}") as response:
        page = await response.text()
    assert "After" in page
    assert "Before" not in page


@pytest.mark.parametrize("status", [410, 200])
async def test_3_2_4_a_source_that_is_gone_or_links_no_more_is_withdrawn(
    receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop, status: int
) -> None:
    target = f"{ours.url}/post"
    await send(receiver, form(theirs.linking("/a", target), target))
    await loop_of_worker.run_until_idle()
    answer = await send(receiver, form(theirs.page("/a", "Nothing here.", status=status), target))
    await loop_of_worker.run_until_idle()
    assert '"state": "deleted"' in (await standing(receiver, answer.location))[1]


async def test_a_webmention_and_a_pingback_of_the_same_pair_are_one_mention(
    receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    target = f"{ours.url}/post"
    source = theirs.linking("/a", target)
    answers = await asyncio.gather(*(send(receiver, form(source, target)) for _ in range(5)))
    with xmlrpc.client.ServerProxy(f"{receiver}/pingback") as proxy, pytest.raises(xmlrpc.client.Fault) as raised:
        await asyncio.to_thread(proxy.pingback.ping, source, target)
    assert raised.value.faultCode == 48
    assert len({answer.location for answer in answers}) == 1
    await loop_of_worker.run_until_idle()
    assert len(theirs.requests) == 1


async def test_a_person_gets_pages_and_no_secret_is_on_them(
    receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    target = f"{ours.url}/post"
    source = f"{theirs.url}/missing?<script>"
    answer = await send(receiver, form(source.replace("<script>", "%3Cscript%3E"), target), accept="text/html")
    assert "<h1>Thank you." in answer.text
    await loop_of_worker.run_until_idle()
    status, page = await standing(receiver, answer.location, accept="text/html")
    assert status == 200
    assert "The source cannot be read." in page
    assert "404" not in page


async def test_get_shows_a_form_that_can_be_sent(receiver: str, ours: Blog) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{receiver}/webmention?target={ours.url}/post") as response,
    ):
        document = html.document_fromstring(await response.text())
    [page_form] = document.forms
    assert (page_form.method, set(page_form.fields)) == ("POST", {"source", "target"})
    assert page_form.fields["target"] == f"{ours.url}/post"


@pytest.mark.parametrize("mention_id", ["x", "00000000-0000-8000-8000-000000000000", "%00"])
async def test_a_mention_that_is_not_there_is_404(receiver: str, mention_id: str) -> None:
    assert (await standing(receiver, f"/mentions/{mention_id}"))[0] == 404


@given(st.binary(max_size=300))
def test_any_bytes_are_a_ping_or_an_error(body: bytes) -> None:
    assert isinstance(decode(body), Ping | WebmentionError)
