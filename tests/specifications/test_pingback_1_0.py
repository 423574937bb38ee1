"""Pingback 1.0, by section: how a page tells of its server, how our client finds it, what the server answers."""

import re
import xmlrpc.client
from collections.abc import Mapping

import pytest
from conftest import Blog
from wire import OUR_PAGE, ask, serve, tell

from commands.snippet import snippet
from config.settings import Settings
from linkback.mentions import Protocol
from linkback.protocols.xmlrpc import Fault, encode_fault, encode_response
from linkback.sites import Linkbacks
from linkback.store.connection import Store

LINK = '<link rel="pingback" href="{blog}/ping">'
HEADER = ("X-Pingback", "{blog}/ping")

DISCOVERY = [
    pytest.param([HEADER], "", "/ping", id="2.1 the X-Pingback header names the server"),
    pytest.param([("x-PINGBACK", "{blog}/ping")], "", "/ping", id="2.1 the header may be written in any case"),
    pytest.param([], LINK, "/ping", id="2.2 the link element in HTML"),
    pytest.param([], '<link rel="pingback" href="{blog}/ping" />', "/ping", id="2.2 the link element in XHTML"),
    pytest.param([], '<link rel="pingback" href="{blog}/ping"/>', "/ping", id="2.2 the space may be left out"),
    pytest.param(
        *([], '<link rel="pingback" href="{blog}/ping?a=1&amp;b=2">', "/ping?a=1&b=2"), id="2.2 &amp; is an ampersand"
    ),
    pytest.param(
        *([], '<link rel="pingback" href="{blog}/ping?&lt;&gt;&quot;">', "/ping?%3C%3E%22"),
        id="2.2 so are &lt; &gt; and &quot; what they stand for",
    ),
    pytest.param(
        *([], '<link rel="pingback" href="{blog}/ping?&eacute;&#65;">', "/ping?&eacute;&"),
        id="2.2 no other entity is expanded",
    ),
    pytest.param(
        *([HEADER], '<link rel="pingback" href="{blog}/wrong">', "/ping"), id="2.3 the header goes before the element"
    ),
    pytest.param(
        *([HEADER, ("X-Pingback", "{blog}/wrong")], "", "/ping"), id="2.3 of several headers the first counts"
    ),
    pytest.param(
        *([], LINK + '<link rel="pingback" href="{blog}/wrong">', "/ping"),
        id="2.3 of several elements the first counts",
    ),
    pytest.param([], f"<!-- {LINK} -->", "/ping", id="2.3 the first match counts wherever it stands"),
    pytest.param(
        *([], "<link href='{blog}/ping' rel='PingBack nofollow'>", "/ping"),
        id="2.3 beyond the specification: what a browser takes for the element will do",
    ),
    pytest.param(
        *([], f"<link rel='pingback' href='/wrong'>{LINK}", "/ping"), id="2.3 but the exact form goes before it"
    ),
]


@pytest.mark.parametrize(("headers", "html", "server"), DISCOVERY)
async def test_client_finds_the_server_and_calls_it(
    theirs: Blog, headers: list[tuple[str, str]], html: str, server: str
) -> None:
    serve(theirs, "/ping", body=encode_response("Thanks."), content_type="text/xml")
    told = [(name, value.format(blog=theirs.url)) for name, value in headers]
    target = serve(theirs, "/target", text=html.format(blog=theirs.url), content_type="text/html", headers=told)
    result = await tell(target)
    assert (result.outcome, result.protocol, result.endpoint) == ("sent", Protocol.PINGBACK, theirs.url + server)
    assert [request.method for request in theirs.requests] == ["GET", "POST"]


async def test_2_1_the_header_may_stand_at_what_is_no_page(theirs: Blog) -> None:
    serve(theirs, "/ping", body=encode_response("Thanks."), content_type="text/xml")
    picture = serve(theirs, "/a.png", body=b"\x89PNG", content_type="image/png", headers={"X-Pingback": "/ping"})
    assert (await tell(picture)).outcome == "sent"


@pytest.mark.parametrize(
    ("headers", "html"),
    [
        pytest.param({}, "<p>Nothing.</p>", id="2 a page with neither is not pingback-enabled"),
        pytest.param({"Link": "</ping>; rel=pingback"}, "", id="2.1 the Link header must not be used"),
        pytest.param({}, '<link rel="pingback" href="">', id="2.2 an empty address is no match"),
        pytest.param({}, '<a rel="pingback" href="/ping">x</a>', id="2.2 no other element counts"),
    ],
)
async def test_a_resource_that_is_not_pingback_enabled_is_not_called(
    theirs: Blog, headers: Mapping[str, str], html: str
) -> None:
    target = serve(theirs, "/target", text=html, content_type="text/html", headers=headers)
    assert (await tell(target)).outcome == "no_endpoint"
    assert [request.method for request in theirs.requests] == ["GET"]


def test_2_2_the_element_that_we_give_to_templates_has_the_exact_form_and_stands_once() -> None:
    tags = snippet("https://ours.example/post?a=1&b=2", "https://linkback.example")
    assert re.findall('<link rel="pingback" href="([^"]+)" ?/?>', tags) == ["https://linkback.example/pingback"]
    assert tags.count('rel="pingback"') == 1


async def test_3_the_call_has_the_source_and_the_target_as_it_is_written(theirs: Blog) -> None:
    serve(theirs, "/ping", body=encode_response("Thanks."), content_type="text/xml")
    target = theirs.page("/target", LINK.format(blog=theirs.url)) + "?b=2&a=1#part"
    await tell(target)
    request = theirs.requests[-1]
    assert request.content_type == "text/xml"
    assert xmlrpc.client.loads(await request.read()) == ((OUR_PAGE.url, target), "pingback.ping")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(encode_response("Thanks."), "sent", id="3 a string is success"),
        pytest.param(encode_response(""), "sent", id="3 the string may say nothing"),
        *(
            pytest.param(encode_fault(Fault(code, "No.")), "refused", id=f"3 fault 0x{code:04x} is failure")
            for code in (0x0000, 0x0010, 0x0011, 0x0020, 0x0021, 0x0031, 0x0032)
        ),
        pytest.param(encode_fault(Fault(0x0030, "")), "already_known", id="3 fault 0x0030: it is registered already"),
        pytest.param(b"<html><body>Hello", "failed", id="3 what is no response is failure"),
    ],
)
async def test_client_reads_the_answer(theirs: Blog, answer: bytes, outcome: str) -> None:
    serve(theirs, "/ping", body=answer, content_type="text/xml")
    assert (await tell(theirs.page("/target", LINK.format(blog=theirs.url)))).outcome == outcome


async def ping(receiver: str, *params: str | int | list[str]) -> str:
    """
    What a call of pingback.ping is answered with.

    Raises:
        xmlrpc.client.Fault: if that is a fault.
    """
    answered = await ask("POST", f"{receiver}/pingback", xmlrpc.client.dumps(params, "pingback.ping"), "text/xml")
    assert (answered.status, answered.media_type) == (200, "text/xml")
    (value,), _ = xmlrpc.client.loads(answered.body)
    return str(value)


@pytest.mark.usefixtures("worker")
async def test_3_a_ping_that_is_true_is_answered_with_one_string(receiver: str, ours: Blog, theirs: Blog) -> None:
    target = f"{ours.url}/post"
    assert "registered" in await ping(receiver, theirs.linking("/a", target), f"{target}#part")


REFUSED = [
    pytest.param("{ours}/post", "{ours}/post", 0x0000, "the post itself", id="3 0x0000 source and target are one page"),
    pytest.param(
        *("{ours}/post/#part", "{ours}/post", 0x0000, "the post itself"),
        id="3 0x0000 source and target are one page in other spellings",
    ),
    pytest.param("ftp://a.example/", "{ours}/post", 0x0010, "not an http", id="3 0x0010 the source is no http URL"),
    pytest.param("javascript:x", "{ours}/post", 0x0010, "not an http", id="3 0x0010 the source is a script"),
    pytest.param("/relative", "{ours}/post", 0x0010, "not an http", id="3 0x0010 the source is not absolute"),
    pytest.param("", "{ours}/post", 0x0010, "not an http", id="3 0x0010 the source is empty"),
    pytest.param("http://", "{ours}/post", 0x0010, "no host", id="3 0x0010 the source has no host"),
    pytest.param("http://u:p@a.example/", "{ours}/post", 0x0010, "user name", id="3 0x0010 the source is not public"),
    pytest.param("{theirs}/a", "https://b.example/", 0x0021, "no site", id="3 0x0021 the target is not ours"),
    pytest.param("{theirs}/a", "nonsense", 0x0021, "not an http", id="3 0x0021 the target is no URL"),
    pytest.param("{theirs}/a", "", 0x0021, "not an http", id="3 0x0021 the target is empty"),
]


@pytest.mark.parametrize(("source", "target", "code", "words"), REFUSED)
async def test_a_ping_that_cannot_be_taken_is_a_fault_and_nothing_is_registered(
    receiver: str, ours: Blog, theirs: Blog, store: Store, source: str, target: str, code: int, words: str
) -> None:
    with pytest.raises(xmlrpc.client.Fault, match=words) as raised:
        await ping(receiver, *(url.format(ours=ours.url, theirs=theirs.url) for url in (source, target)))
    assert raised.value.faultCode == code
    assert await store.client.keys("lb:*mention*") == []


UNTRUE = [
    pytest.param("/missing", "/post", 0x0010, "cannot be read", id="3 0x0010 the source does not exist"),
    pytest.param("/gone", "/post", 0x0010, "cannot be read", id="3 0x0010 the source is gone"),
    pytest.param("/private", "/post", 0x0010, "cannot be read", id="3 0x0010 the source may not be read"),
    pytest.param("/text", "/post", 0x0011, "does not contain a link", id="3 0x0011 the source does not link"),
    pytest.param("/other", "/post", 0x0011, "does not contain a link", id="3 0x0011 the source links to another page"),
    pytest.param("/picture", "/post", 0x0011, "does not contain a link", id="3 0x0011 the source is no text"),
    pytest.param("/long", "/post", 0x0011, "does not contain", id="erratum of 2007: a source is read up to a size"),
    pytest.param("/true", "/missing", 0x0020, "target does not exist", id="3 0x0020 the target does not exist"),
]


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("answer_within", [1.0])
@pytest.mark.parametrize(("source", "target", "code", "words"), UNTRUE)
async def test_a_ping_that_is_not_true_is_a_fault(
    receiver: str, ours: Blog, theirs: Blog, source: str, target: str, code: int, words: str
) -> None:
    link = f'<a href="{ours.url}{target}">x</a>'
    theirs.page("/true", link)
    theirs.page("/gone", link, status=410)
    theirs.page("/private", link, status=403)
    theirs.page("/text", f"<p>{ours.url}{target}</p>")
    theirs.page("/other", f'<a href="{ours.url}{target}/other">x</a>')
    theirs.page("/picture", link, content_type="image/png")
    theirs.page("/long", "x" * 1_000_001 + link)
    with pytest.raises(xmlrpc.client.Fault, match=words) as raised:
        await ping(receiver, theirs.url + source, ours.url + target)
    assert raised.value.faultCode == code


@pytest.mark.usefixtures("worker")
async def test_3_0x0030_the_ping_has_been_registered_before(receiver: str, ours: Blog, theirs: Blog) -> None:
    source, target = theirs.linking("/a", f"{ours.url}/post"), f"{ours.url}/post"
    await ping(receiver, source, target)
    with pytest.raises(xmlrpc.client.Fault, match="registered before") as raised:
        await ping(receiver, source, target)
    assert raised.value.faultCode == 0x0030


class TestClosed:
    """A site that takes no linkbacks."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        sites = tuple(site.model_copy(update={"linkbacks": Linkbacks.CLOSED}) for site in settings.sites)
        return settings.model_copy(update={"sites": sites})

    async def test_3_0x0021_the_target_is_not_pingback_enabled(self, receiver: str, ours: Blog, theirs: Blog) -> None:
        with pytest.raises(xmlrpc.client.Fault, match="takes no linkbacks") as raised:
            await ping(receiver, f"{theirs.url}/a", f"{ours.url}/post")
        assert raised.value.faultCode == 0x0021


class TestBlocked:
    """A site that takes nothing from some hosts."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        sites = tuple(site.model_copy(update={"blocked": ("spam.example",)}) for site in settings.sites)
        return settings.model_copy(update={"sites": sites})

    async def test_3_0x0031_access_denied(self, receiver: str, ours: Blog) -> None:
        with pytest.raises(xmlrpc.client.Fault, match="not taken here") as raised:
            await ping(receiver, "https://www.spam.example/a", f"{ours.url}/post")
        assert raised.value.faultCode == 0x0031


@pytest.mark.parametrize(
    "params",
    [
        pytest.param((), id="3 pingback.ping takes not nothing"),
        pytest.param(("https://a.example/",), id="3 pingback.ping takes not one string"),
        pytest.param(("https://a.example/", "https://b.example/", "x"), id="3 pingback.ping takes not three strings"),
        pytest.param((1, 2), id="3 pingback.ping takes not numbers"),
        pytest.param((["https://a.example/"], "https://b.example/"), id="3 pingback.ping takes not an array"),
    ],
)
async def test_a_call_that_does_not_fit_the_signature_is_invalid(
    receiver: str, params: tuple[str | int | list[str], ...]
) -> None:
    with pytest.raises(xmlrpc.client.Fault, match="takes two strings") as raised:
        await ping(receiver, *params)
    assert raised.value.faultCode == -32602
