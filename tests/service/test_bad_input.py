"""
Whatever strangers send, they get an answer of the protocol, never a 5xx; and what is refused leaves nothing behind.

Requests are made of bytes and sent over a socket; answers are read by parsers that are not ours; the store is compared
as a whole.
"""

import asyncio
import itertools
import json
import xmlrpc.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import feedparser
import pytest
import redis
from conftest import Blog
from garbage import CHARSETS, ODD_BYTES, WORDS, Header, calls, edited, forms, labels, posts, queries, urls
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from lxml import etree, html
from wire import FORM, Answered, exchange, request_of

from linkback.protocols.trackback_listing import post_id

SOURCE = "https://theirs.example/a"

many = settings(max_examples=150, deadline=None, print_blob=True)


@dataclass(frozen=True)
class Stranger:
    """Somebody who sends bytes to the receiver; and a view of the store, as it was before and is after."""

    receiver: str
    store: redis.Redis

    def send(self, request: bytes) -> Answered:
        answered = exchange(self.receiver, request)
        assert answered.status < 500
        return answered

    def stored(self) -> dict[bytes, Any]:
        """Every key, with all that is under it."""
        keys = sorted(self.store.scan_iter(count=1000))
        with self.store.pipeline(transaction=False) as pipeline:
            for key in keys:
                pipeline.dump(key)
            return dict(zip(keys, pipeline.execute(), strict=True))

    def look(self, request: bytes) -> Answered:
        """Send a request that must change nothing."""
        before = self.stored()
        answered = self.send(request)
        assert self.stored() == before
        return answered

    def ping(self, request: bytes, pings_taken: Callable[[Answered], int]) -> None:
        """Send a request that may be a ping, or several; only those that were taken may have left something."""
        before = self.stored()
        answered = self.send(request)
        after, taken = self.stored(), pings_taken(answered)
        assert taken or after == before
        assert len([key for key in after.keys() - before.keys() if b":mention:" in key]) <= taken


@pytest.fixture
def answer_within() -> float:
    return 0.0


@pytest.fixture
def stranger(receiver: str, valkey_url: str) -> Iterator[Stranger]:
    with redis.Redis.from_url(valkey_url) as client:
        yield Stranger(receiver, client)


def taken_by_xmlrpc(answered: Answered) -> int:
    assert (answered.status, answered.media_type) == (200, "text/xml")
    try:
        (value,), _ = xmlrpc.client.loads(answered.body, use_builtin_types=True)
    except xmlrpc.client.Fault:
        return 0
    results = value if isinstance(value, list) else [[value]]
    return sum(isinstance(result, list) and str(result[0]).startswith("Thank you") for result in results)


def taken_by_trackback(answered: Answered) -> int:
    assert (answered.status, answered.media_type) == (200, "text/xml")
    response = etree.fromstring(answered.body)
    [error] = response.iter("error")
    assert (response.tag, error.getparent()) == ("response", response)
    if error.text == "0":
        return 1
    assert error.text == "1"
    assert response.findtext("message")
    return 0


def taken_by_webmention(answered: Answered) -> int:
    assert answered.text.strip()
    if answered.status == 202:
        assert answered.headers["location"].startswith("https://linkback.example/mentions/")
        return 1
    assert (answered.status, answered.media_type) == (400, "text/plain")
    return 0


@pytest.mark.parametrize("path", ["/pingback", "/xmlrpc"])
async def test_an_xml_rpc_endpoint_answers_with_a_value_or_a_fault(stranger: Stranger, ours: Blog, path: str) -> None:
    @many
    @given(posts(path.encode(), calls(SOURCE, f"{ours.url}/post")))
    def promise(request: bytes) -> None:
        stranger.ping(request, taken_by_xmlrpc)

    await asyncio.to_thread(promise)


async def test_a_trackback_is_answered_with_one_error_that_is_0_or_1(stranger: Stranger, ours: Blog) -> None:
    target = quote(f"{ours.url}/post", safe="").encode()

    @many
    @given(posts(b"/trackback?target=" + target, forms(url=SOURCE)))
    def promise(request: bytes) -> None:
        stranger.ping(request, taken_by_trackback)

    await asyncio.to_thread(promise)


async def test_a_ping_url_that_names_no_post_of_ours_is_answered_so(stranger: Stranger, ours: Blog) -> None:
    target = f"{ours.url}/post"

    @many
    @given(trackback_addresses(target).flatmap(lambda path: posts(path, forms(url=SOURCE))))
    def promise(request: bytes) -> None:
        stranger.ping(request, taken_by_trackback)

    await asyncio.to_thread(promise)


def trackback_addresses(target: str) -> SearchStrategy[bytes]:
    """Paths of ping URLs with the post in their path or in their query."""
    known = urls(target).map(lambda url: post_id(url.encode("utf-8", "replace").decode()).encode())
    # The router of aiohttp takes no braces in a part of a path, and answers 404.
    ids = (known | edited(post_id(target).encode()) | ODD_BYTES).map(lambda raw: raw.translate(None, b"{}") or b"x")
    in_query = queries(target).map(lambda query: b"/trackback?" + query)
    return in_query | ids.map(lambda raw: b"/trackback/" + quote(raw, safe="").encode())


async def test_a_webmention_is_queued_or_400(stranger: Stranger, ours: Blog) -> None:
    @many
    @given(posts(b"/webmention", forms(source=SOURCE, target=f"{ours.url}/post")))
    def promise(request: bytes) -> None:
        stranger.ping(request, taken_by_webmention)

    await asyncio.to_thread(promise)


async def test_the_form_is_a_page_whatever_its_query(stranger: Stranger, ours: Blog) -> None:
    @many
    @given(queries(f"{ours.url}/post"), labels())
    def promise(query: bytes, told: list[Header]) -> None:
        answered = stranger.look(request_of("GET", b"/webmention?" + query, told))
        assert (answered.status, answered.media_type) == (200, "text/html")
        assert is_harmless(answered)

    await asyncio.to_thread(promise)


async def test_a_list_of_trackbacks_is_their_xml(stranger: Stranger, ours: Blog) -> None:
    @many
    @given(trackback_addresses(f"{ours.url}/post"))
    def promise(path: bytes) -> None:
        sign = b"&" if b"?" in path else b"?"
        answered = stranger.look(request_of("GET", path + sign + b"__mode=rss"))
        assert taken_by_trackback(answered) == bool(etree.fromstring(answered.body).findall("rss/channel"))

    await asyncio.to_thread(promise)


async def test_where_a_mention_stands_is_told_of_those_that_are_there(stranger: Stranger) -> None:
    @many
    @given(st.uuids().map(lambda uuid: str(uuid).encode()) | ODD_BYTES, labels())
    def promise(mention_id: bytes, told: list[Header]) -> None:
        answered = stranger.look(request_of("GET", b"/mentions/" + quote(mention_id, safe="{}").encode(), told))
        assert (answered.status, answered.media_type) == (404, "text/plain")
        assert answered.text

    await asyncio.to_thread(promise)


@pytest.mark.parametrize("kind", ["rss", "atom"])
async def test_a_feed_is_well_formed_or_the_address_is_wrong(stranger: Stranger, ours: Blog, kind: str) -> None:
    @many
    @given(queries(f"{ours.url}/post"), conditions())
    def promise(query: bytes, told: list[Header]) -> None:
        answered = stranger.look(request_of("GET", f"/comments.{kind}?".encode() + query, told))
        if is_served(answered, f"application/{kind}+xml"):
            assert not feedparser.parse(answered.body).bozo

    await asyncio.to_thread(promise)


async def test_what_clients_of_webmention_io_ask_is_answered_with_json_or_in_words(
    stranger: Stranger, ours: Blog
) -> None:
    words = WORDS.map(lambda word: quote(word, safe="").encode())
    names = st.sampled_from([b"domain", b"page", b"per-page", b"since", b"since_id", b"sort-by", b"sort-dir", b"token"])
    more = st.lists(st.builds(b"&%b=%b".__mod__, st.tuples(names | st.just(b"wm-property[]"), words)), max_size=3)

    @many
    @given(st.sampled_from([b"mentions.jf2", b"count"]), queries(f"{ours.url}/post"), more, conditions())
    def promise(path: bytes, query: bytes, parameters: list[bytes], told: list[Header]) -> None:
        request = request_of("GET", b"/api/%b?%b%b" % (path, query, b"".join(parameters)), told)
        answered = stranger.look(request)
        if is_served(answered, "application/json"):
            json.loads(answered.body)

    await asyncio.to_thread(promise)


async def test_a_comment_is_taken_or_what_is_wrong_is_said(stranger: Stranger, ours: Blog) -> None:
    target = quote(f"{ours.url}/post", safe="").encode()
    item = b"<item><author>a@example.org (A)</author><description>Words</description></item>"
    body = forms(name="Alice", email="a@example.org", text="Words", website="a.example") | edited(item)
    document = edited(json.dumps({"name": "A", "text": "b", "in_reply_to": "c"}).encode())

    @many
    @given(posts(b"/comments?target=" + target, body | document))
    def promise(request: bytes) -> None:
        before = stranger.stored()
        answered = stranger.send(request)
        new = [key for key in stranger.stored().keys() - before.keys() if b":comment:" in key]
        assert len(new) <= (answered.status in {201, 202, 303})
        assert answered.status in {200, 201, 202, 303, 400}  # 200: a form without a stamp is shown once more
        assert b"a@example.org" not in answered.body or answered.media_type == "text/html"
        if answered.media_type == "text/html":
            assert is_harmless(answered)

    await asyncio.to_thread(promise)


async def test_only_its_writer_can_change_a_comment(stranger: Stranger) -> None:
    known = {"token": "of nobody", "action": "delete", "text": "Words"}
    fields = forms(**known)

    @many
    @given(st.uuids().map(lambda uuid: str(uuid).encode()) | ODD_BYTES, fields, labels())
    def promise(comment: bytes, body: bytes, told: list[Header]) -> None:
        path = b"/comments/" + quote(comment, safe="").encode()
        for request in (request_of("GET", path, told), request_of("POST", path, told, body)):
            assert stranger.look(request).status == 404

    await asyncio.to_thread(promise)


async def test_an_embed_is_harmless_or_the_address_is_wrong(stranger: Stranger, ours: Blog) -> None:
    @many
    @given(queries(f"{ours.url}/post"), conditions())
    def promise(query: bytes, told: list[Header]) -> None:
        answered = stranger.look(request_of("GET", b"/embed?" + query, told))
        if is_served(answered, "text/html"):
            assert is_harmless(answered)

    await asyncio.to_thread(promise)


def conditions() -> SearchStrategy[list[Header]]:
    """What a client says that it has; or something else in that place."""
    tags = st.sampled_from([b"*", b'"x"', b'W/"x", "y"', b'"', b"x", b'"\xff"', b"", b'"x" "y"', b"**", b"W/" * 50])
    dates = st.sampled_from([b"Thu, 01 Jan 1970 00:00:00 GMT", b"Thu, 99 Foo 0000 99:99:99 GMT", b"0", b"", b"\xff"])
    names = st.sampled_from(["If-None-Match", "If-Modified-Since", "If-Match", "Range", "Accept-Encoding"])
    return st.lists(st.tuples(names, tags | dates), max_size=3)


def is_served(answered: Answered, media_type: str) -> bool:
    """Whether the thing itself came; if not, the answer must be that it is known, or say in words what is wrong."""
    if answered.status == 200:
        assert answered.media_type == media_type
        return True
    if answered.status == 304:
        assert not answered.body
        return False
    assert (answered.status in {400, 404}, answered.media_type) == (True, "text/plain")
    assert answered.text.strip()
    return False


def is_harmless(answered: Answered) -> bool:
    """Whether a page has no script in it that came with the request."""
    tree = html.document_fromstring(answered.text)
    handlers = [name for element in tree.iter(etree.Element) for name in element.attrib if name.startswith("on")]
    return not handlers and not tree.xpath("//script|//iframe|//object|//img")


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("answer_within", [5.0])
async def test_whatever_a_trackback_says_its_post_has_a_well_formed_feed_and_a_harmless_page(
    stranger: Stranger, ours: Blog, theirs: Blog
) -> None:
    targets = (f"{ours.url}/post?{number}" for number in itertools.count())

    @settings(many, max_examples=50)
    @given(st.dictionaries(st.sampled_from(["title", "excerpt", "blog_name"]), WORDS), CHARSETS)
    def promise(words: dict[str, bytes], charset: str) -> None:
        target = next(targets)
        source = theirs.linking("/a", target)
        label = [("Content-Type", f"{FORM}; charset={charset}".encode("latin-1"))]
        query = b"target=" + quote(target, safe="").encode()
        ping = request_of("POST", b"/trackback?" + query, label, urlencode({"url": source, **words}).encode())
        assert taken_by_trackback(stranger.send(ping))
        feed = feedparser.parse(stranger.send(request_of("GET", b"/comments.rss?" + query)).body)
        assert (feed.bozo, [entry.link for entry in feed.entries]) == (False, [source])
        assert taken_by_trackback(stranger.send(request_of("GET", b"/trackback?__mode=rss&" + query)))
        assert is_harmless(stranger.send(request_of("GET", b"/embed?" + query)))

    await asyncio.to_thread(promise)


@pytest.mark.parametrize("later", [b"5\r\nhello\r\n", b"5\r\nhello\r\nno chunk\r\n"], ids=["silence", "nonsense"])
@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/pingback", "<int>-32300</int>"),
        ("/trackback?target=https://ours.example/", "<error>1</error>"),
        ("/webmention", "did not come in as a whole"),
    ],
)
async def test_a_body_that_does_not_end_is_not_waited_for(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch, path: str, refused: str, later: bytes
) -> None:
    monkeypatch.setattr("service.bodies.READ_WITHIN_S", 0.1)
    begun = request_of("POST", path.encode(), [("Transfer-Encoding", b"chunked"), ("Expect", b"100-continue")])
    answered = await asyncio.to_thread(exchange, stranger.receiver, begun, later)
    assert refused in answered.text


METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "LOCK", "MKCOL", "SEARCH"}


@pytest.mark.parametrize(
    ("paths", "allowed"),
    [
        (("/pingback", "/xmlrpc"), {"POST"}),
        (("/trackback", "/trackback/x", "/webmention"), {"GET", "HEAD", "POST"}),
        (("/comments", "/comments/x"), {"GET", "HEAD", "POST"}),
        (("/mentions/x", "/comments.rss", "/embed", "/api/count", "/api/mentions.jf2"), {"GET", "HEAD"}),
    ],
)
async def test_a_method_that_is_not_for_the_endpoint_is_405_and_told_which_are(
    stranger: Stranger, paths: tuple[str, ...], allowed: set[str]
) -> None:
    for method, path in itertools.product(sorted(METHODS - allowed), paths):
        answered = await asyncio.to_thread(stranger.look, request_of(method, path.encode()))
        assert (answered.status, set(answered.headers["allow"].split(","))) == (405, allowed)
