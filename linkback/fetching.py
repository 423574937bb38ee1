"""
The outgoing HTTP client, and the only one.

It asks what strangers name, so it trusts nothing: not the name (every address that it stands for is checked, and the
checked address is the one that is connected to), not a redirect (each is a new request), not the length of what comes,
packed or unpacked, nor the time that it takes to come.
"""

import asyncio
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
from types import MappingProxyType, TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDictProxy

from linkback.addresses import Network, is_public
from linkback.unpacking import BadEncodingError, Unpacker
from linkback.urls import Url, UrlError
from linkback.verdicts import FailureKind, FetchFailed

PORTION = 65_536
SUCCESS = 2
REDIRECTS = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
KEEPING_REDIRECTS = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})
"""The redirects after which a request must be made again as it was (RFC 9110 sections 15.4.8 and 15.4.9)."""

ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """
    The bounds of every fetch.

    `timeout_s` is for everything together, redirects included; `max_bytes` is counted after decompression, and what
    is longer is cut there; `allow_networks` may be fetched from though they are not public.
    """

    user_agent: str
    allow_networks: tuple[Network, ...] = ()
    timeout_s: float = 10.0
    max_bytes: int = 1_000_000
    max_redirects: int = 5
    max_connections: int = 1000
    max_per_host: int = 4


@dataclass(frozen=True, slots=True)
class Fetched:
    """
    A page that was fetched, or what a server answered; `url` is where it was in the end.

    `media_type` and `charset` are as the server said, in lower case, empty if it said nothing; `is_truncated` says
    that there was more than the bound.
    """

    url: Url
    status: int
    headers: CIMultiDictProxy[str]
    media_type: str
    charset: str
    body: bytes
    is_truncated: bool


@dataclass(frozen=True, slots=True)
class _Request:
    """
    What is asked of each server on the way.

    Of the answer no more than `most_bytes` are read, and nothing if it `is_for_pages` and the status is no success.
    """

    method: str
    headers: Mapping[str, str]
    most_bytes: int
    body: bytes | None = None
    redirects: frozenset[HTTPStatus] = REDIRECTS
    is_for_pages: bool = False


class AddressRefusedError(OSError):
    """An address that may not be fetched from."""


class _CheckingResolver(AbstractResolver):
    """Resolves names, and refuses a name if any of the addresses that it stands for may not be fetched from."""

    def __init__(self, resolver: AbstractResolver, allow_networks: tuple[Network, ...]) -> None:
        self._resolver = resolver
        self._allow_networks = allow_networks

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        results = await self._resolver.resolve(host, port, family)
        for result in results:
            _check(result["host"], self._allow_networks)
        return results

    async def close(self) -> None:
        await self._resolver.close()


class Fetcher:
    """Fetches pages, within the limits; to be used as an asynchronous context manager."""

    def __init__(self, limits: FetchLimits, resolver: AbstractResolver | None = None) -> None:
        self._limits = limits
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        limits = self._limits
        connector = aiohttp.TCPConnector(
            resolver=_CheckingResolver(self._resolver or aiohttp.ThreadedResolver(), limits.allow_networks),
            socket_factory=self._checked_socket,
            use_dns_cache=False,
            limit=limits.max_connections,
            limit_per_host=limits.max_per_host,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            headers={"User-Agent": limits.user_agent, "Accept-Encoding": "gzip, deflate"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(
        self, url: Url, accept: str = ACCEPT, validators: Mapping[str, str] = MappingProxyType({})
    ) -> Fetched | FetchFailed:
        """
        Fetch a page. Whatever the web does, a value comes back; only a success (2xx) is a page.

        `validators` are the headers of a conditional request (RFC 9110 section 13.1); that the page is as it was before
        is a failure with the status 304.
        """
        request = _Request("GET", {"Accept": accept, **validators}, self._limits.max_bytes, is_for_pages=True)
        return await self._ask(url, request, self._limits.timeout_s)

    async def peek(self, url: Url, most_bytes: int, accept: str = ACCEPT) -> Fetched | FetchFailed:
        """Fetch the first part of what a server answers, whatever its status is; redirects are followed."""
        request = _Request("GET", {"Accept": accept}, min(most_bytes, self._limits.max_bytes))
        return await self._ask(url, request, self._limits.timeout_s)

    async def post(
        self, url: Url, body: bytes, content_type: str, accept: str = "*/*", *, timeout_s: float = 0
    ) -> Fetched | FetchFailed:
        """
        Send something, and read what a server answers, whatever its status is.

        Only those redirects are followed after which a request stays what it is; others are answers. `timeout_s` is
        for a server that may take longer than fetching may: the longer time of the two is waited.
        """
        headers = {"Content-Type": content_type, "Accept": accept}
        request = _Request("POST", headers, self._limits.max_bytes, body, KEEPING_REDIRECTS)
        return await self._ask(url, request, max(timeout_s, self._limits.timeout_s))

    async def _ask(self, url: Url, request: _Request, timeout_s: float) -> Fetched | FetchFailed:
        try:
            async with asyncio.timeout(timeout_s):
                return await self._follow(url, request)
        except TimeoutError:
            return FetchFailed(FailureKind.TIMED_OUT, f"{url.text} took longer than {timeout_s:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _failure(url, error)

    async def _follow(self, url: Url, request: _Request) -> Fetched | FetchFailed:
        here = url
        for _ in range(self._limits.max_redirects + 1):
            answer = await self._ask_once(here, request)
            if not isinstance(answer, Url):
                return answer
            here = answer
        return FetchFailed(
            FailureKind.BAD_REDIRECT, f"{url.text} redirects more than {self._limits.max_redirects} times"
        )

    async def _ask_once(self, url: Url, request: _Request) -> Fetched | FetchFailed | Url:
        """One request: an answer, a failure, or where else to ask."""
        assert self._session is not None, "a Fetcher is used as a context manager"  # noqa: S101 - a mistake of ours
        async with self._session.request(
            request.method, url.text, headers=request.headers, data=request.body, allow_redirects=False
        ) as response:
            if response.status in request.redirects:
                return _redirect(url, response)
            if request.is_for_pages and response.status // 100 != SUCCESS:
                return _refused_by_server(url, response)
            return await _read(url, response, request.most_bytes)

    def _checked_socket(
        self, info: tuple[int | socket.AddressFamily, int, int, str, tuple[object, ...]]
    ) -> socket.socket:
        """Make the socket of a connection: the last place in which its address can be refused, and the surest."""
        family, kind, protocol, _, address = info
        _check(str(address[0]), self._limits.allow_networks)
        return socket.socket(family, kind, protocol)


async def _read(url: Url, response: aiohttp.ClientResponse, most: int) -> Fetched:
    unpacker = Unpacker(response.headers.get("Content-Encoding", ""))
    body, taken = bytearray(), 0
    async for portion in response.content.iter_chunked(PORTION):
        taken += len(portion)
        body += unpacker.unpack(portion, most + 1 - len(body))
        if max(len(body), taken) > most:
            response.close()
            break
    return Fetched(
        url=url,
        status=response.status,
        headers=response.headers,
        media_type=response.headers.get("Content-Type", "").split(";")[0].strip().lower(),
        charset=(response.charset or "").strip("'\" ").lower(),
        body=bytes(body[:most]),
        is_truncated=max(len(body), taken) > most,
    )


def _check(address: str, allow_networks: tuple[Network, ...]) -> None:
    if not is_public(ip_address(address.partition("%")[0]), allow_networks):
        message = f"{address} is in a network that is not fetched from; fetch.allow_networks could allow it"
        raise AddressRefusedError(message)


def _redirect(url: Url, response: aiohttp.ClientResponse) -> Url | FetchFailed:
    location = response.headers.get("Location")
    if not location:
        return FetchFailed(FailureKind.BAD_REDIRECT, f"{url.text} redirects without saying where")
    try:
        return url.join(location)
    except UrlError as error:
        return FetchFailed(FailureKind.BAD_REDIRECT, f"{url.text} redirects to {error}")


def _refused_by_server(url: Url, response: aiohttp.ClientResponse) -> FetchFailed:
    detail = f"HTTP {response.status} from {url.text}"
    return FetchFailed(FailureKind.STATUS, detail, response.status, _retry_after(response))


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """Seconds, from the number or the date of the header (RFC 9110 section 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _failure(url: Url, error: Exception) -> FetchFailed:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, AddressRefusedError):
            return FetchFailed(FailureKind.ADDRESS_REFUSED, f"{url.host}: {cause}")
    kind = next((kind for types, kind in _KINDS if any(isinstance(cause, types) for cause in causes)), None)
    return FetchFailed(kind or FailureKind.BAD_ANSWER, f"{url.text}: {str(causes[0]) or type(causes[0]).__name__}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, and everything that it was made of."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        cause = waiting.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, cause.__context__, getattr(cause, "os_error", None)]
        waiting += getattr(cause, "exceptions", ())


_KINDS: tuple[tuple[type[BaseException], FailureKind], ...] = (
    (BadEncodingError, FailureKind.BAD_ENCODING),
    (aiohttp.ClientConnectorDNSError, FailureKind.NO_SUCH_HOST),
    (aiohttp.ClientConnectorError, FailureKind.UNREACHABLE),
)
