"""What the only outgoing client fetches, what it refuses, and where it stops; against real servers on loopback."""

import asyncio
import gzip
import socket
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from conftest import Blog

from linkback.fetching import Fetched, Fetcher, FetchLimits
from linkback.urls import UrlError, parse_url
from linkback.verdicts import FailureKind, FetchFailed

LOOPBACK = (ip_network("127.0.0.1/32"),)
LIMITS = FetchLimits(user_agent="Test", allow_networks=LOOPBACK, timeout_s=5, max_bytes=100_000)

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], "asyncio.Future[None]"]


async def fetch(url: str, limits: FetchLimits = LIMITS) -> Fetched | FetchFailed:
    async with Fetcher(limits) as fetcher:
        return await fetcher.fetch(parse_url(url))


async def failure(url: str, limits: FetchLimits = LIMITS) -> FetchFailed:
    result = await fetch(url, limits)
    assert isinstance(result, FetchFailed)
    return result


async def page(url: str, limits: FetchLimits = LIMITS) -> Fetched:
    result = await fetch(url, limits)
    assert isinstance(result, Fetched), result
    return result


def answers_with(blog: Blog, path: str, **response: object) -> str:
    """Put an answer up at a path of the blog, given as web.Response takes it."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(**response)  # type: ignore[arg-type]  # passed on as the test wrote it

    blog.answers[path] = answer
    return blog.url + path


@asynccontextmanager
async def raw_server(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object],
) -> AsyncIterator[str]:
    """A server that need not speak HTTP."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            result = talk(reader, writer)
            if asyncio.iscoroutine(result):
                await result
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


async def test_a_page_comes_with_its_address_type_and_charset(theirs: Blog) -> None:
    url = answers_with(theirs, "/a", body=b"caf\xe9", headers={"Content-Type": 'Text/HTML; charset="ISO-8859-1"'})
    fetched = await page(url)
    assert (fetched.url.text, fetched.media_type, fetched.charset) == (url, "text/html", "iso-8859-1")
    assert (fetched.body, fetched.is_truncated) == (b"caf\xe9", False)


async def test_the_server_is_told_who_asks(theirs: Blog) -> None:
    await fetch(theirs.page("/a", "x"))
    assert theirs.requests[0].headers["User-Agent"] == "Test"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed_to_where_the_page_is(theirs: Blog, status: int) -> None:
    theirs.page("/there", "words")
    url = answers_with(theirs, "/here/page", status=status, headers={"Location": "../there?x=1"})
    assert (await page(url)).url.text == f"{theirs.url}/there?x=1"


async def test_a_redirect_to_an_inner_network_is_refused(theirs: Blog) -> None:
    for target in (
        "http://127.0.0.2/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://10.0.0.1/",
    ):
        url = answers_with(theirs, "/a", status=302, headers={"Location": target})
        assert (await failure(url)).kind is FailureKind.ADDRESS_REFUSED


@pytest.mark.parametrize(
    "location", ["ftp://127.0.0.1/", "javascript:alert(1)", "http://u:p@127.0.0.1/", "http://", "//"]
)
async def test_a_redirect_to_what_is_no_web_page_is_a_failure(theirs: Blog, location: str) -> None:
    url = answers_with(theirs, "/a", status=302, headers={"Location": location})
    assert (await failure(url)).kind is FailureKind.BAD_REDIRECT


async def test_a_redirect_without_location_is_a_failure(theirs: Blog) -> None:
    assert (await failure(answers_with(theirs, "/a", status=302))).kind is FailureKind.BAD_REDIRECT


async def test_redirects_in_a_circle_end(theirs: Blog) -> None:
    url = answers_with(theirs, "/a", status=302, headers={"Location": "/a"})
    assert (await failure(url)).kind is FailureKind.BAD_REDIRECT
    assert len(theirs.requests) == LIMITS.max_redirects + 1


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "localhost", "localhost.", "[::1]", "0"),
        *("[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "0.0.0.0", "169.254.169.254", "\uff11\uff12\uff17.0.0.1"),
    ],
)
async def test_an_inner_address_is_refused_in_every_spelling(theirs: Blog, host: str) -> None:
    port = theirs.url.rsplit(":", 1)[1]
    try:
        url = parse_url(f"http://{host}:{port}/")
    except UrlError:
        return
    async with Fetcher(replace(LIMITS, allow_networks=())) as fetcher:
        result = await fetcher.fetch(url)
    assert isinstance(result, FetchFailed)
    assert result.kind is FailureKind.ADDRESS_REFUSED
    assert theirs.requests == []


class Answers(AbstractResolver):
    """A name server under the control of whoever owns the name: another answer at each question."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)

    async def resolve(
        self, host: str, port: int = 0, _family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in addresses
        ]

    async def close(self) -> None:
        pass


async def test_a_name_with_one_inner_address_among_others_is_refused(theirs: Blog) -> None:
    port = theirs.url.rsplit(":", 1)[1]
    theirs.page("/", "x")
    async with Fetcher(LIMITS, Answers(["127.0.0.1", "10.0.0.1"])) as fetcher:
        result = await fetcher.fetch(parse_url(f"http://mixed.example:{port}/"))
    assert isinstance(result, FetchFailed)
    assert result.kind is FailureKind.ADDRESS_REFUSED
    assert theirs.requests == []


async def test_a_name_that_changes_its_address_is_checked_each_time(theirs: Blog) -> None:
    port = theirs.url.rsplit(":", 1)[1]
    answers_with(theirs, "/", status=302, headers={"Location": "/again", "Connection": "close"})
    async with Fetcher(LIMITS, Answers(["127.0.0.1"], ["127.0.0.2"])) as fetcher:
        result = await fetcher.fetch(parse_url(f"http://changing.example:{port}/"))
    assert isinstance(result, FetchFailed)
    assert result.kind is FailureKind.ADDRESS_REFUSED


async def test_the_owner_learns_which_address_was_refused() -> None:
    async with Fetcher(LIMITS, Answers(["10.0.0.1"])) as fetcher:
        result = await fetcher.fetch(parse_url("http://inner.example/"))
    assert isinstance(result, FetchFailed)
    assert "inner.example" in result.detail
    assert "10.0.0.1" in result.detail


async def test_a_host_that_does_not_exist_is_a_failure() -> None:
    assert (await failure("http://nobody.invalid/")).kind is FailureKind.NO_SUCH_HOST


async def test_a_port_on_which_nobody_listens_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert (await failure(f"http://127.0.0.1:{port}/")).kind is FailureKind.UNREACHABLE


@pytest.mark.parametrize(("status", "gone", "passing"), [(404, False, True), (410, True, False), (403, False, False)])
async def test_a_status_that_is_no_success_is_a_failure(
    theirs: Blog, status: int, *, gone: bool, passing: bool
) -> None:
    found = await failure(answers_with(theirs, "/a", status=status))
    assert (found.kind, found.status, found.is_gone, found.is_passing) == (FailureKind.STATUS, status, gone, passing)


async def test_a_server_that_says_when_to_come_back_is_heard(theirs: Blog) -> None:
    in_seconds = answers_with(theirs, "/a", status=503, headers={"Retry-After": "120"})
    assert (await failure(in_seconds)).retry_after == 120
    at = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    as_date = answers_with(theirs, "/b", status=429, headers={"Retry-After": at})
    assert 500 < ((await failure(as_date)).retry_after or 0) <= 600
    nonsense = answers_with(theirs, "/c", status=429, headers={"Retry-After": "soon"})
    assert (await failure(nonsense)).retry_after is None


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(b"some words", mtime=0)),
        ("deflate", zlib.compress(b"some words")),
        ("deflate", zlib.compress(b"some words", wbits=-15)),
        ("identity", b"some words"),
    ],
)
async def test_compressed_pages_are_unpacked(theirs: Blog, encoding: str, packed: bytes) -> None:
    url = answers_with(theirs, "/a", body=packed, headers={"Content-Encoding": encoding})
    assert (await page(url)).body == b"some words"


async def test_a_gzip_bomb_is_unpacked_no_further_than_the_bound(theirs: Blog) -> None:
    bomb = gzip.compress(bytes(200_000_000), compresslevel=1)
    url = answers_with(theirs, "/a", body=bomb, headers={"Content-Encoding": "gzip"})
    fetched = await page(url)
    assert (len(fetched.body), fetched.is_truncated) == (LIMITS.max_bytes, True)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "x"])
async def test_an_encoding_that_was_not_asked_for_is_a_failure(theirs: Blog, encoding: str) -> None:
    url = answers_with(theirs, "/a", body=b"x", headers={"Content-Encoding": encoding})
    assert (await failure(url)).kind is FailureKind.BAD_ENCODING


async def test_a_damaged_gzip_is_a_failure(theirs: Blog) -> None:
    url = answers_with(theirs, "/a", body=b"this is no gzip", headers={"Content-Encoding": "gzip"})
    assert (await failure(url)).kind is FailureKind.BAD_ENCODING


async def test_a_page_that_is_too_long_is_cut_and_says_so(theirs: Blog) -> None:
    fetched = await page(theirs.page("/a", b"x" * 300_000))
    assert (len(fetched.body), fetched.is_truncated) == (LIMITS.max_bytes, True)


async def test_a_page_that_never_ends_is_cut_and_its_connection_closed() -> None:
    ended = asyncio.Event()

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
        try:
            while True:
                writer.write(b"words and more words " * 1000)
                await writer.drain()
        except ConnectionError:
            ended.set()

    async with raw_server(talk) as url:
        fetched = await page(url)
        assert (len(fetched.body), fetched.is_truncated) == (LIMITS.max_bytes, True)
        async with asyncio.timeout(5):
            await ended.wait()


async def test_a_page_that_trickles_for_ever_ends_with_the_time() -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with raw_server(talk) as url:
        assert (await failure(url, replace(LIMITS, timeout_s=0.5))).kind is FailureKind.TIMED_OUT


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000]
)
async def test_a_server_that_does_not_speak_http_is_a_failure(answer: bytes) -> None:
    async with raw_server(lambda _reader, writer: writer.write(answer)) as url:
        assert (await failure(url)).kind is FailureKind.BAD_ANSWER


async def test_no_cookie_is_kept(theirs: Blog) -> None:
    url = answers_with(theirs, "/a", status=302, headers={"Location": "/b", "Set-Cookie": "a=b"})
    theirs.page("/b", "x")
    await fetch(url)
    assert "Cookie" not in theirs.requests[1].headers
