"""What a pingback's sender hears, by Python's own XML-RPC client against the running service."""

import asyncio
import io
import xmlrpc.client

import aiohttp
import pytest
from conftest import Blog

from linkback.store.connection import Store
from workers.loop import Loop

SOURCE_NOT_FOUND, NO_LINK, TARGET_NOT_FOUND, TARGET_UNUSABLE, ALREADY_REGISTERED = 16, 17, 32, 33, 48


async def ping(receiver: str, source: str, target: str) -> str:
    with xmlrpc.client.ServerProxy(f"{receiver}/pingback") as proxy:
        return str(await asyncio.to_thread(proxy.pingback.ping, source, target))


async def fault_of(receiver: str, source: str, target: str) -> xmlrpc.client.Fault:
    with pytest.raises(xmlrpc.client.Fault) as raised:
        await ping(receiver, source, target)
    return raised.value


async def keys_of_mentions(store: Store) -> list[bytes | str]:
    return await store.client.keys("lb:*mention*")


@pytest.mark.usefixtures("worker")
async def test_a_genuine_pingback_is_answered_with_success(receiver: str, ours: Blog, theirs: Blog) -> None:
    source = theirs.linking("/a", f"{ours.url}/post")
    assert "registered" in await ping(receiver, source, f"{ours.url}/post")


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("answer_within", [1.0])
async def test_a_source_that_cannot_be_read_is_16(receiver: str, ours: Blog, theirs: Blog) -> None:
    fault = await fault_of(receiver, f"{theirs.url}/missing", f"{ours.url}/post")
    assert (fault.faultCode, fault.faultString) == (SOURCE_NOT_FOUND, "The source cannot be read.")


@pytest.mark.usefixtures("worker")
async def test_a_source_without_the_link_is_17(receiver: str, ours: Blog, theirs: Blog) -> None:
    source = theirs.page("/a", f"<p>Not a link: {ours.url}/post</p>")
    assert (await fault_of(receiver, source, f"{ours.url}/post")).faultCode == NO_LINK


@pytest.mark.usefixtures("worker")
async def test_a_target_that_does_not_exist_is_32_and_its_source_is_never_fetched(
    receiver: str, ours: Blog, theirs: Blog
) -> None:
    source = theirs.linking("/a", f"{ours.url}/missing")
    assert (await fault_of(receiver, source, f"{ours.url}/missing")).faultCode == TARGET_NOT_FOUND
    assert theirs.requests == []


async def test_a_target_of_no_site_of_ours_is_33_and_nothing_is_stored(
    receiver: str, theirs: Blog, store: Store
) -> None:
    fault = await fault_of(receiver, f"{theirs.url}/a", "https://elsewhere.example/post")
    assert fault.faultCode == TARGET_UNUSABLE
    assert "https://elsewhere.example/post" in fault.faultString
    assert await keys_of_mentions(store) == []


@pytest.mark.usefixtures("worker")
async def test_a_pingback_that_is_registered_already_is_48(receiver: str, ours: Blog, theirs: Blog) -> None:
    source = theirs.linking("/a", f"{ours.url}/post")
    await ping(receiver, source, f"{ours.url}/post")
    assert (await fault_of(receiver, source, f"{ours.url}/post")).faultCode == ALREADY_REGISTERED


async def test_a_source_that_is_the_target_is_refused_and_nothing_is_stored(
    receiver: str, ours: Blog, store: Store
) -> None:
    fault = await fault_of(receiver, f"{ours.url}/post/#part", f"{ours.url}/post")
    assert fault.faultCode == 0
    assert "is the post itself" in fault.faultString
    assert await keys_of_mentions(store) == []


@pytest.mark.parametrize(
    "source",
    ["ftp://theirs.example/a", "javascript:alert(1)", "/relative", "", "http://", "http://u:p@theirs.example/"],
)
async def test_a_source_that_is_no_web_page_is_16_and_nothing_is_stored(
    receiver: str, ours: Blog, store: Store, source: str
) -> None:
    assert (await fault_of(receiver, source, f"{ours.url}/post")).faultCode == SOURCE_NOT_FOUND
    assert await keys_of_mentions(store) == []


@pytest.mark.parametrize("answer_within", [0.1])
async def test_a_verdict_that_is_not_in_by_then_is_answered_with_queued(
    receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    source = theirs.linking("/a", f"{ours.url}/post")
    assert "queued" in await ping(receiver, source, f"{ours.url}/post")
    await loop_of_worker.run_until_idle()
    assert (await fault_of(receiver, source, f"{ours.url}/post")).faultCode == ALREADY_REGISTERED


async def post(url: str, body: bytes | io.BytesIO, content_type: str = "text/xml") -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers={"Content-Type": content_type}) as response,
    ):
        return response.status, await response.text()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"<methodCall><methodName>pingback.ping</methodName>", -32700),
        (b"not XML at all", -32700),
        (b"<!DOCTYPE methodCall><methodCall><methodName>pingback.ping</methodName></methodCall>", -32700),
        (b'<?xml version="1.0" encoding="x-nonsense"?><methodCall/>', -32701),
        (b"<methodResponse/>", -32600),
        (b"<methodCall><methodName>pingback.pong</methodName></methodCall>", -32601),
        (b"<methodCall><methodName>pingback.ping</methodName></methodCall>", -32602),
    ],
)
async def test_what_is_no_call_of_ours_is_a_fault_at_http_200(receiver: str, body: bytes, code: int) -> None:
    status, text = await post(f"{receiver}/pingback", body)
    with pytest.raises(xmlrpc.client.Fault) as raised:
        xmlrpc.client.loads(text)
    assert (status, raised.value.faultCode) == (200, code)
    assert raised.value.faultString


async def test_a_body_over_the_limit_is_a_fault_and_the_service_answers_on(receiver: str) -> None:
    status, text = await post(f"{receiver}/pingback", io.BytesIO(b"<" * 10_000_000))
    with pytest.raises(xmlrpc.client.Fault, match="larger than 65536 bytes"):
        xmlrpc.client.loads(text)
    assert status == 200
    assert (await post(f"{receiver}/xmlrpc", b"<methodCall/>"))[0] == 200


async def test_get_is_told_to_post(receiver: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{receiver}/pingback") as response:
        assert (response.status, response.headers["Allow"]) == (405, "POST")


@pytest.mark.usefixtures("worker")
async def test_senders_that_wait_for_the_same_source_all_hear(receiver: str, ours: Blog, theirs: Blog) -> None:
    pages = [theirs.linking(f"/{number}", f"{ours.url}/post") for number in range(20)]
    answers = await asyncio.gather(*(ping(receiver, page, f"{ours.url}/post") for page in pages))
    assert all("registered" in answer for answer in answers)
