"""Webmentions beyond the clauses of the Recommendation: with other protocols, and for people."""

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
