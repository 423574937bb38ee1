"""What a pingback's sender hears beyond the specification's clauses, by Python's own XML-RPC client."""

import asyncio
import io
import xmlrpc.client
from typing import Any

import aiohttp
import pytest
from conftest import Blog

from workers.loop import Loop

NO_LINK, TARGET_NOT_FOUND, ALREADY_REGISTERED = 17, 32, 48


async def ping(receiver: str, source: str, target: str) -> str:
    with xmlrpc.client.ServerProxy(f"{receiver}/pingback") as proxy:
        return str(await asyncio.to_thread(proxy.pingback.ping, source, target))


async def fault_of(receiver: str, source: str, target: str) -> xmlrpc.client.Fault:
    with pytest.raises(xmlrpc.client.Fault) as raised:
        await ping(receiver, source, target)
    return raised.value


@pytest.mark.usefixtures("worker")
async def test_a_target_that_does_not_exist_is_32_and_its_source_is_never_fetched(
    receiver: str, ours: Blog, theirs: Blog
) -> None:
    source = theirs.linking("/a", f"{ours.url}/missing")
    assert (await fault_of(receiver, source, f"{ours.url}/missing")).faultCode == TARGET_NOT_FOUND
    assert theirs.requests == []


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


async def test_a_body_over_the_limit_is_a_fault_and_the_service_answers_on(receiver: str) -> None:
    status, text = await post(f"{receiver}/pingback", io.BytesIO(b"<" * 10_000_000))
    with pytest.raises(xmlrpc.client.Fault, match="larger than 65536 bytes"):
        xmlrpc.client.loads(text)
    assert status == 200
    assert (await post(f"{receiver}/xmlrpc", b"<methodCall/>"))[0] == 200


@pytest.mark.usefixtures("worker")
async def test_senders_that_wait_for_the_same_source_all_hear(receiver: str, ours: Blog, theirs: Blog) -> None:
    pages = [theirs.linking(f"/{number}", f"{ours.url}/post") for number in range(20)]
    answers = await asyncio.gather(*(ping(receiver, page, f"{ours.url}/post") for page in pages))
    assert all("registered" in answer for answer in answers)


@pytest.mark.usefixtures("worker")
async def test_several_pings_in_one_call_have_each_their_verdict(receiver: str, ours: Blog, theirs: Blog) -> None:
    target = f"{ours.url}/post"
    sources = [theirs.linking("/a", target), theirs.page("/b", "no link")]
    calls = [{"methodName": "pingback.ping", "params": [source, target]} for source in sources]
    with xmlrpc.client.ServerProxy(f"{receiver}/xmlrpc") as proxy:
        results: Any = await asyncio.to_thread(proxy.system.multicall, calls)
    assert "registered" in results[0][0]
    assert results[1]["faultCode"] == NO_LINK
