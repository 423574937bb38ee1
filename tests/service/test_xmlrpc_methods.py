"""The methods beside pingback.ping, by Python's own client."""

import asyncio
import xmlrpc.client
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from conftest import Blog


async def ask(receiver: str, question: Callable[[xmlrpc.client.ServerProxy], Any]) -> Any:  # noqa: ANN401 - XML-RPC answers with values of any type
    with xmlrpc.client.ServerProxy(f"{receiver}/xmlrpc") as proxy:
        return await asyncio.to_thread(question, proxy)


def help_of(name: str, proxy: xmlrpc.client.ServerProxy) -> Any:  # noqa: ANN401 - as above
    return proxy.system.methodHelp(name)


def signatures_of(name: str, proxy: xmlrpc.client.ServerProxy) -> Any:  # noqa: ANN401 - as above
    return proxy.system.methodSignature(name)


async def test_the_methods_are_listed_with_their_help_and_signatures(receiver: str) -> None:
    names = await ask(receiver, lambda proxy: proxy.system.listMethods())
    assert set(names) >= {"pingback.ping", "pingback.extensions.getPingbacks", "system.multicall"}
    for name in names:
        assert await ask(receiver, partial(help_of, name))
        assert await ask(receiver, partial(signatures_of, name))
    assert await ask(receiver, partial(signatures_of, "pingback.ping")) == [["string", "string", "string"]]


@pytest.mark.parametrize("method", ["methodHelp", "methodSignature"])
async def test_a_method_that_is_not_there_has_neither_help_nor_signature(receiver: str, method: str) -> None:
    with pytest.raises(xmlrpc.client.Fault) as raised:
        await ask(receiver, lambda proxy: getattr(proxy.system, method)("no.such"))
    assert raised.value.faultCode == -32601


async def test_the_capabilities_name_specifications(receiver: str) -> None:
    capabilities = await ask(receiver, lambda proxy: proxy.system.getCapabilities())
    assert capabilities["faults_interop"]["specVersion"] == 20010516


@pytest.mark.usefixtures("worker")
async def test_the_pingbacks_of_a_post_are_listed_once_they_stand_there(
    receiver: str, ours: Blog, theirs: Blog
) -> None:
    target = f"{ours.url}/post"
    source = theirs.linking("/a", target)
    assert await ask(receiver, lambda proxy: proxy.pingback.extensions.getPingbacks(target)) == []
    await ask(receiver, lambda proxy: proxy.pingback.ping(source, target))
    assert await ask(receiver, lambda proxy: proxy.pingback.extensions.getPingbacks(target)) == [source]


async def test_the_pingbacks_of_a_foreign_page_are_33(receiver: str) -> None:
    with pytest.raises(xmlrpc.client.Fault) as raised:
        await ask(receiver, lambda proxy: proxy.pingback.extensions.getPingbacks("https://elsewhere.example/"))
    assert raised.value.faultCode == 33


@pytest.mark.usefixtures("worker")
async def test_several_calls_have_each_their_own_result(receiver: str, ours: Blog, theirs: Blog) -> None:
    target = f"{ours.url}/post"
    calls = [
        {"methodName": "pingback.ping", "params": [theirs.linking("/a", target), target]},
        {"methodName": "pingback.ping", "params": [theirs.page("/b", "no link"), target]},
        {"methodName": "system.multicall", "params": []},
        {"methodName": "no.such", "params": []},
        "nonsense",
    ]
    results = await ask(receiver, lambda proxy: proxy.system.multicall(calls))
    assert "registered" in results[0][0]
    assert [result["faultCode"] for result in results[1:]] == [17, -32600, -32601, -32600]


async def test_more_calls_than_allowed_are_none(receiver: str, ours: Blog, theirs: Blog) -> None:
    call = {"methodName": "pingback.ping", "params": [f"{theirs.url}/a", f"{ours.url}/post"]}
    with pytest.raises(xmlrpc.client.Fault, match="10 calls at the most, not 11"):
        await ask(receiver, lambda proxy: proxy.system.multicall([call] * 11))


async def test_a_method_with_the_wrong_parameters_says_what_it_takes(receiver: str) -> None:
    with pytest.raises(xmlrpc.client.Fault, match=r"system\.methodHelp takes string"):
        await ask(receiver, lambda proxy: proxy.system.methodHelp(1, 2))
