"""The journey of what we send, to real servers on loopback and to our own receiver."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network
from urllib.parse import parse_qs

import aiohttp
import feedparser
import pytest
from aiohttp import web
from conftest import Blog

from linkback.announcements import Outcome, SendResult
from linkback.fetching import Fetcher, FetchLimits
from linkback.mentions import Protocol
from linkback.protocols import trackback, xmlrpc
from linkback.sending import FIRST_PART_BYTES, Source, find, read_source, send
from linkback.urls import parse_url
from linkback.verdicts import FailureKind, FetchFailed
from workers.loop import Loop

LIMITS = FetchLimits(user_agent="Test (Webmention)", allow_networks=(ip_network("127.0.0.0/8"),), timeout_s=5)
SOURCE = Source("https://ours.example/post", title="Our post", excerpt="Its first words.", site_name="Ours")


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    async with Fetcher(LIMITS) as opened:
        yield opened


def serve(blog: Blog, path: str, **response: object) -> str:
    """Put an answer up at a path of the blog, given as web.Response takes it."""

    async def answer(request: web.Request) -> web.StreamResponse:
        await request.read()
        return web.Response(**response)  # type: ignore[arg-type]  # passed on as the test wrote it

    blog.answers[path] = answer
    return blog.url + path


async def sent_form(blog: Blog) -> dict[str, list[str]]:
    """The fields of the form that was posted last."""
    request = blog.requests[-1]
    assert request.method == "POST"
    assert request.content_type == "application/x-www-form-urlencoded"
    return parse_qs((await request.read()).decode("ascii"))


def webmention_target(blog: Blog, **response: object) -> str:
    """A page whose webmention endpoint answers like that."""
    serve(blog, "/wm", **response)
    return blog.page("/target", '<link rel="webmention" href="/wm">')


def pingback_target(blog: Blog, **response: object) -> str:
    serve(blog, "/ping", **response)
    return blog.page("/target", f'<link rel="pingback" href="{blog.url}/ping">')


def trackback_target(blog: Blog, **response: object) -> str:
    serve(blog, "/tb", **response)
    return blog.page("/target", rdf(f"{blog.url}/target", "/tb"))


def rdf(post: str, ping: str) -> str:
    return f"""<!--
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
         xmlns:dc="http://purl.org/dc/elements/1.1/"
         xmlns:trackback="http://madskills.com/public/xml/rss/module/trackback/">
<rdf:Description rdf:about="{post}" dc:identifier="{post}" trackback:ping="{ping}"/>
</rdf:RDF> -->"""


class TestEndpoint:
    """Finding where a target takes linkbacks."""

    async def test_headers_are_found_in_any_case_on_what_is_no_page(self, fetcher: Fetcher, theirs: Blog) -> None:
        url = serve(
            theirs, "/a.png", body=b"\x89PNG", content_type="image/png", headers={"LinK": "</wm>; rel=webmention"}
        )
        found = await find(fetcher, parse_url(url))
        assert found == SendResult(url, Outcome.FOUND, Protocol.WEBMENTION, f"{theirs.url}/wm")

    async def test_several_headers_are_all_read(self, fetcher: Fetcher, theirs: Blog) -> None:
        links = [("Link", "</x>; rel=other"), ("Link", "</wm>; rel=webmention")]
        url = serve(theirs, "/a", text="", headers=links)
        assert (await find(fetcher, parse_url(url))).endpoint == f"{theirs.url}/wm"

    async def test_a_relative_endpoint_belongs_to_where_the_redirect_leads_and_each_page_is_asked_once(
        self, fetcher: Fetcher, theirs: Blog
    ) -> None:
        url = serve(theirs, "/old", status=302, headers={"Location": "/new/page"})
        theirs.page("/new/page", '<a rel="webmention" href="wm"></a>')
        found = await find(fetcher, parse_url(url))
        assert (found.target, found.endpoint) == (url, f"{theirs.url}/new/wm")
        assert [(request.method, request.path) for request in theirs.requests] == [
            ("GET", "/old"),
            ("GET", "/new/page"),
        ]

    async def test_who_asks_says_so(self, fetcher: Fetcher, theirs: Blog) -> None:
        await find(fetcher, parse_url(theirs.page("/a", "")))
        assert theirs.requests[0].headers["User-Agent"] == LIMITS.user_agent

    async def test_html_in_what_is_no_page_names_nothing(self, fetcher: Fetcher, theirs: Blog) -> None:
        url = theirs.page("/a.txt", '<link rel="webmention" href="/wm">', content_type="text/plain")
        assert (await find(fetcher, parse_url(url))).outcome is Outcome.NO_ENDPOINT

    async def test_the_endpoint_of_a_page_that_only_some_may_read_is_found(
        self, fetcher: Fetcher, theirs: Blog
    ) -> None:
        url = serve(theirs, "/secret", status=401, text="No.", headers={"Link": "</wm>; rel=webmention"})
        assert (await find(fetcher, parse_url(url))).endpoint == f"{theirs.url}/wm"

    @pytest.mark.parametrize("status", [404, 410])
    async def test_a_page_that_is_not_there_takes_nothing(self, fetcher: Fetcher, theirs: Blog, status: int) -> None:
        url = serve(theirs, "/gone", status=status, headers={"Link": "</wm>; rel=webmention"})
        found = await find(fetcher, parse_url(url))
        assert (found.outcome, found.status) == (Outcome.FAILED, status)

    @pytest.mark.parametrize("status", [403, 500, 503])
    async def test_a_failure_that_names_no_endpoint_is_not_taken_for_a_page_without(
        self, fetcher: Fetcher, theirs: Blog, status: int
    ) -> None:
        found = await find(fetcher, parse_url(serve(theirs, "/a", status=status)))
        assert (found.outcome, found.status) == (Outcome.FAILED, status)

    async def test_no_more_than_the_first_part_of_a_page_is_read(self, fetcher: Fetcher, theirs: Blog) -> None:
        link = '<link rel="webmention" href="/wm">'
        late = theirs.page("/late", "x" * FIRST_PART_BYTES + link)
        early = theirs.page("/early", "x" * (FIRST_PART_BYTES - len(link)) + link + "x" * FIRST_PART_BYTES)
        assert (await find(fetcher, parse_url(late))).outcome is Outcome.NO_ENDPOINT
        assert (await find(fetcher, parse_url(early))).outcome is Outcome.FOUND

    async def test_a_target_that_cannot_be_reached_is_a_failure(self, fetcher: Fetcher) -> None:
        found = await find(fetcher, parse_url("http://nobody.invalid/"))
        assert (found.outcome, found.status) == (Outcome.FAILED, None)
        assert "nobody.invalid" in found.answer

    async def test_finding_sends_nothing(self, fetcher: Fetcher, theirs: Blog) -> None:
        await find(fetcher, parse_url(webmention_target(theirs, status=202)))
        assert [request.method for request in theirs.requests] == ["GET"]


class TestWebmention:
    """Webmention section 3.1.3."""

    async def test_source_and_target_are_sent_as_they_are_written(self, fetcher: Fetcher, theirs: Blog) -> None:
        target = webmention_target(theirs, status=200) + "?x=1&y=é#part"
        source = replace(SOURCE, url="https://ours.example/ü?a=1&b=2")
        await send(fetcher, source, parse_url(target))
        assert await sent_form(theirs) == {"source": [source.url], "target": [target]}

    async def test_the_query_of_the_endpoint_stays_where_it_is(self, fetcher: Fetcher, theirs: Blog) -> None:
        serve(theirs, "/wm", status=200)
        await send(fetcher, SOURCE, parse_url(theirs.page("/target", '<link rel="webmention" href="/wm?a=1&amp;b=2">')))
        assert theirs.requests[-1].path_qs == "/wm?a=1&b=2"
        assert set(await sent_form(theirs)) == {"source", "target"}

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            *((200, Outcome.SENT), (201, Outcome.SENT), (202, Outcome.SENT), (204, Outcome.SENT)),
            *((400, Outcome.REFUSED), (403, Outcome.REFUSED), (405, Outcome.REFUSED), (410, Outcome.REFUSED)),
            *((404, Outcome.FAILED), (429, Outcome.FAILED), (500, Outcome.FAILED), (503, Outcome.FAILED)),
            *((301, Outcome.FAILED), (302, Outcome.FAILED), (303, Outcome.FAILED)),
        ],
    )
    async def test_the_status_tells_what_became_of_it(
        self, fetcher: Fetcher, theirs: Blog, status: int, outcome: Outcome
    ) -> None:
        target = webmention_target(theirs, status=status, headers={"Location": "/elsewhere"})
        result = await send(fetcher, SOURCE, parse_url(target))
        assert (result.outcome, result.status, result.endpoint) == (outcome, status, f"{theirs.url}/wm")
        assert theirs.requests[-1].path == "/wm"

    async def test_the_address_of_its_standing_is_kept(self, fetcher: Fetcher, theirs: Blog) -> None:
        target = webmention_target(theirs, status=201, headers={"Location": "/mentions/7"})
        assert (await send(fetcher, SOURCE, parse_url(target))).location == f"{theirs.url}/mentions/7"

    async def test_what_the_receiver_says_is_kept_in_plain_words(self, fetcher: Fetcher, theirs: Blog) -> None:
        target = webmention_target(theirs, status=400, text="No\x1b[31m link\n found. " + "x" * 1000)
        answer = (await send(fetcher, SOURCE, parse_url(target))).answer
        assert answer.startswith("No[31m link found.")
        assert len(answer) <= 250

    @pytest.mark.parametrize("status", [307, 308])
    async def test_a_redirect_that_keeps_the_request_is_followed_with_it(
        self, fetcher: Fetcher, theirs: Blog, status: int
    ) -> None:
        serve(theirs, "/moved", status=202)
        target = webmention_target(theirs, status=status, headers={"Location": "/moved"})
        assert (await send(fetcher, SOURCE, parse_url(target))).outcome is Outcome.SENT
        assert theirs.requests[-1].path == "/moved"
        assert await sent_form(theirs) == {"source": [SOURCE.url], "target": [target]}


class TestPingback:
    """Pingback 1.0 section 3."""

    async def test_the_call_names_source_and_target(self, fetcher: Fetcher, theirs: Blog) -> None:
        target = pingback_target(theirs, body=xmlrpc.encode_response("Registered."), content_type="text/xml")
        result = await send(fetcher, SOURCE, parse_url(target + "#part"))
        assert (result.outcome, result.protocol, result.status) == (Outcome.SENT, Protocol.PINGBACK, 200)
        assert result.answer == "Registered."
        call = xmlrpc.decode_call(await theirs.requests[-1].read())
        assert call == xmlrpc.MethodCall("pingback.ping", (SOURCE.url, target + "#part"))
        assert theirs.requests[-1].content_type == "text/xml"

    @pytest.mark.parametrize(
        ("fault", "outcome", "answer"),
        [
            (xmlrpc.Fault(48, "Registered."), Outcome.ALREADY_KNOWN, "Fault 48: Registered."),
            (xmlrpc.Fault(17, "No link."), Outcome.REFUSED, "Fault 17: No link."),
            (xmlrpc.Fault(0, ""), Outcome.REFUSED, "Fault 0."),
        ],
    )
    @pytest.mark.parametrize("status", [200, 500])
    async def test_a_fault_is_an_answer(
        self, fetcher: Fetcher, theirs: Blog, fault: xmlrpc.Fault, outcome: Outcome, answer: str, status: int
    ) -> None:
        target = pingback_target(theirs, body=xmlrpc.encode_fault(fault), content_type="text/xml", status=status)
        result = await send(fetcher, SOURCE, parse_url(target))
        assert (result.outcome, result.answer, result.status) == (outcome, answer, status)

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [(200, Outcome.FAILED), (403, Outcome.REFUSED), (404, Outcome.FAILED), (503, Outcome.FAILED)],
    )
    async def test_a_page_in_html_is_no_answer(
        self, fetcher: Fetcher, theirs: Blog, status: int, outcome: Outcome
    ) -> None:
        target = pingback_target(theirs, text="<!DOCTYPE html><p>Hello", content_type="text/html", status=status)
        result = await send(fetcher, SOURCE, parse_url(target))
        assert (result.outcome, result.status) == (outcome, status)
        assert result.answer

    async def test_a_receiver_that_fetches_first_is_waited_for(self, theirs: Blog) -> None:
        target = parse_url(pingback_target(theirs))
        given_up = asyncio.Event()

        async def slow(_request: web.Request) -> web.StreamResponse:
            async with Fetcher(replace(LIMITS, timeout_s=0.2)) as impatient:
                await impatient.fetch(parse_url(f"{theirs.url}/never"))
            return web.Response(body=xmlrpc.encode_response("Registered."), content_type="text/xml")

        async def never(_request: web.Request) -> web.StreamResponse:
            await given_up.wait()
            return web.Response()

        theirs.answers |= {"/ping": slow, "/never": never}
        async with Fetcher(replace(LIMITS, timeout_s=0.1)) as fetcher:
            result = await send(fetcher, SOURCE, target)
        given_up.set()
        assert result.outcome is Outcome.SENT


class TestTrackback:
    """TrackBack 1.2, section "Sending a TrackBack ping"."""

    async def test_the_form_tells_of_our_page(self, fetcher: Fetcher, theirs: Blog) -> None:
        target = trackback_target(theirs, body=trackback.encode_success("Thanks"), content_type="text/xml")
        result = await send(fetcher, SOURCE, parse_url(target))
        assert (result.outcome, result.protocol, result.answer) == (Outcome.SENT, Protocol.TRACKBACK, "Thanks")
        assert await sent_form(theirs) == {
            "url": [SOURCE.url],
            "title": [SOURCE.title],
            "excerpt": [SOURCE.excerpt],
            "blog_name": [SOURCE.site_name],
            "charset": ["utf-8"],
        }

    @pytest.mark.parametrize(
        ("status", "body", "outcome"),
        [
            (404, trackback.encode_success(), Outcome.SENT),
            (200, trackback.encode_error("Closed."), Outcome.REFUSED),
            (409, trackback.encode_error("Duplicate."), Outcome.REFUSED),
            (200, b"", Outcome.FAILED),
            (200, b"<html><p>Thank you!</p></html>", Outcome.FAILED),
            (302, b"", Outcome.FAILED),
            (403, b"Forbidden", Outcome.REFUSED),
        ],
    )
    async def test_the_error_counts_and_not_the_status(
        self, fetcher: Fetcher, theirs: Blog, status: int, body: bytes, outcome: Outcome
    ) -> None:
        target = trackback_target(theirs, status=status, body=body, content_type="text/xml")
        result = await send(fetcher, SOURCE, parse_url(target))
        assert (result.outcome, result.status) == (outcome, status)


class TestInnerNetworks:
    """Endpoints and redirects to where strangers must not lead us."""

    @pytest.fixture
    async def strict(self, theirs: Blog) -> AsyncIterator[Fetcher]:
        """A fetcher that may reach `theirs`, on 127.0.0.1, and nothing else on loopback."""
        assert theirs.url.startswith("http://127.0.0.1:")
        async with Fetcher(replace(LIMITS, allow_networks=(ip_network("127.0.0.1/32"),))) as opened:
            yield opened

    @pytest.mark.parametrize("endpoint", ["http://127.0.0.2/wm", "http://10.0.0.1/wm", "http://[::1]/wm"])
    async def test_an_endpoint_there_is_refused(self, strict: Fetcher, theirs: Blog, endpoint: str) -> None:
        target = theirs.page("/target", f'<link rel="webmention" href="{endpoint}">')
        result = await send(strict, SOURCE, parse_url(target))
        assert (result.outcome, result.endpoint, result.status) == (Outcome.REFUSED, endpoint, None)
        assert "fetch.allow_networks" in result.answer

    async def test_a_redirect_of_the_endpoint_to_there_is_refused(self, strict: Fetcher, theirs: Blog) -> None:
        target = webmention_target(theirs, status=307, headers={"Location": "http://127.0.0.2/wm"})
        result = await send(strict, SOURCE, parse_url(target))
        assert result.outcome is Outcome.REFUSED

    async def test_redirects_of_an_endpoint_in_a_circle_end(self, fetcher: Fetcher, theirs: Blog) -> None:
        target = webmention_target(theirs, status=308, headers={"Location": "/wm"})
        assert (await send(fetcher, SOURCE, parse_url(target))).outcome is Outcome.FAILED
        assert len(theirs.requests) == 1 + LIMITS.max_redirects + 1


class TestSource:
    """Reading the page of ours."""

    async def test_its_links_and_what_it_says_of_itself_are_read(self, fetcher: Fetcher, ours: Blog) -> None:
        url = ours.page(
            "/p",
            '<title>Our post</title><meta property="og:site_name" content="Ours">'
            '<article><p>Read <a href="https://b.example/#x">this</a> and <a href="/own">that</a>.</p></article>',
        )
        source = await read_source(fetcher, parse_url(url))
        assert source == Source(url, (parse_url("https://b.example/#x"),), "Our post", "Read this and that.", "Ours")
        assert [link.raw for link in source.links] == ["https://b.example/#x"]

    async def test_it_is_called_by_where_it_is_in_the_end(self, fetcher: Fetcher, ours: Blog) -> None:
        url = serve(ours, "/p", status=301, headers={"Location": "/p/"})
        ours.page("/p/", "")
        source = await read_source(fetcher, parse_url(url))
        assert isinstance(source, Source)
        assert source.url == f"{ours.url}/p/"

    async def test_one_that_is_no_page_has_no_links(self, fetcher: Fetcher, ours: Blog) -> None:
        url = ours.page("/a.txt", '<a href="https://b.example/">x</a>', content_type="text/plain")
        assert await read_source(fetcher, parse_url(url)) == Source(url)

    async def test_one_that_cannot_be_read_is_a_failure(self, fetcher: Fetcher, ours: Blog) -> None:
        failure = await read_source(fetcher, parse_url(f"{ours.url}/nothing"))
        assert isinstance(failure, FetchFailed)
        assert failure.kind is FailureKind.STATUS


@pytest.mark.parametrize("answer_within", [0.05])
@pytest.mark.parametrize("protocol", Protocol)
async def test_our_own_receiver_takes_what_we_send(
    fetcher: Fetcher, ours: Blog, theirs: Blog, receiver: str, loop_of_worker: Loop, protocol: Protocol
) -> None:
    post = f"{ours.url}/post"
    ours.page("/post", advertised(protocol, post, receiver))
    source = await read_source(fetcher, parse_url(theirs.linking("/a", f"{post}#hills", "What they wrote")))
    assert isinstance(source, Source)
    (target,) = source.links
    result = await send(fetcher, source, target)
    assert (result.target, result.outcome, result.protocol) == (f"{post}#hills", Outcome.SENT, protocol)
    await loop_of_worker.run_until_idle()
    async with aiohttp.ClientSession() as session, session.get(f"{receiver}/comments.rss?target={post}") as response:
        feed = feedparser.parse(await response.read())
    assert [entry.title for entry in feed.entries] == ["What they wrote"]


def advertised(protocol: Protocol, post: str, receiver: str) -> str:
    """The page of a post that takes linkbacks in one way only."""
    if protocol is Protocol.TRACKBACK:
        return rdf(post, f"{receiver}/trackback?target={post}")
    return f'<link rel="{protocol}" href="{receiver}/{protocol}">'
