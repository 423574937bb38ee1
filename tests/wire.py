"""What goes over the wire in tests: ordinary requests, requests made of bytes, pages, and what our sender sends."""

import http.client
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from conftest import Blog

from linkback.announcements import SendResult
from linkback.fetching import Fetcher, FetchLimits
from linkback.sending import Source, send
from linkback.urls import parse_url

FORM = "application/x-www-form-urlencoded"
LIMITS = FetchLimits(user_agent="Linkback (Webmention)", allow_networks=(ip_network("127.0.0.0/8"),), timeout_s=5)
OUR_PAGE = Source("https://ours.example/post", title="Our post", excerpt="Its first words.", site_name="Ours")

PATIENCE_S = 10.0
PORTION = 4096


@dataclass(frozen=True)
class Answered:
    """What came back; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0]

    @property
    def text(self) -> str:
        return self.body.decode()


async def ask(method: str, url: str, body: bytes | str = b"", content_type: str = "", accept: str = "*/*") -> Answered:
    """One request by an ordinary client, which follows no redirect."""
    headers = {"Accept": accept, **({"Content-Type": content_type} if content_type else {})}
    async with (
        aiohttp.ClientSession(skip_auto_headers=("Content-Type",)) as session,
        session.request(method, url, data=body or None, headers=headers, allow_redirects=False) as response,
    ):
        received = {name.lower(): value for name, value in response.headers.items()}
        return Answered(response.status, received, await response.read())


def serve(blog: Blog, path: str, **response: object) -> str:
    """Put an answer up at a path of the blog, given as web.Response takes it; say where it is."""

    async def answer(request: web.Request) -> web.StreamResponse:
        await request.read()
        return web.Response(**response)  # type: ignore[arg-type]  # passed on as the test wrote it

    blog.answers[path] = answer
    return blog.url + path


async def tell(target: str, limits: FetchLimits = LIMITS) -> SendResult:
    """Let our sender tell a target of our page."""
    async with Fetcher(limits) as fetcher:
        return await send(fetcher, OUR_PAGE, parse_url(target))


def request_of(method: str, path: bytes, headers: Iterable[tuple[str, bytes]] = (), body: bytes | None = None) -> bytes:
    """The bytes of a request; its length is told unless the headers tell how long it is."""
    lines = [b"%s %s HTTP/1.1" % (method.encode(), path), b"Host: linkback.example"]
    told = [(name.encode(), value) for name, value in headers]
    if body is not None and not {b"content-length", b"transfer-encoding"} & {name.lower() for name, _ in told}:
        told.append((b"Content-Length", b"%d" % len(body)))
    lines += [b"%s: %s" % header for header in told]
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def exchange(address: str, request: bytes, later: bytes = b"") -> Answered:
    """
    Send these very bytes, and read one answer; some may be sent only when the receiver asks for them (Expect).

    Raises:
        TimeoutError: if no answer comes.
    """
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port or 80), PATIENCE_S) as connection:
        connection.sendall(request)
        if later:
            assert connection.recv(PORTION).startswith(b"HTTP/1.1 100 ")
            connection.sendall(later)
        response = http.client.HTTPResponse(connection, method=request.partition(b" ")[0].decode())
        response.begin()
        body = response.read()
    return Answered(response.status, {name.lower(): value for name, value in response.getheaders()}, body)
