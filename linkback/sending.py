"""The journey of a linkback that we send: our page, its links, the endpoint of each target, the answer."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from http import HTTPStatus

from linkback.announcements import Outcome, SendResult
from linkback.fetching import SUCCESS, Fetched, Fetcher
from linkback.links import read_content
from linkback.markup import decode
from linkback.mentions import Ping, Protocol
from linkback.page import read_target
from linkback.plain_text import clean, crop
from linkback.protocols import pingback, trackback_client, webmention, xmlrpc_client
from linkback.protocols.discovery import Advertisement, Endpoint, discover
from linkback.protocols.trackback import TrackbackError
from linkback.protocols.xmlrpc import Fault, MethodCall
from linkback.urls import Url, UrlError
from linkback.verdicts import MISSING_STATUSES, PASSING_STATUSES, FailureKind, FetchFailed

FIRST_PART_BYTES = 262_144
"""How much of a target is read to find its endpoint; TrackBack's RDF stands at the end of a post."""

PATIENCE_S = 30.0
"""How long a pingback may take: WordPress sleeps a second, then fetches our page for up to ten, before it answers."""

LONGEST_ANSWER = 250

_HTML = frozenset({"", "text/html", "application/xhtml+xml"})
_FORM = "application/x-www-form-urlencoded"
_WORDS = frozenset({"text/plain", "application/json"})


@dataclass(frozen=True, slots=True)
class Source:
    """A page of ours; `url` is the address that receivers are told, the texts are what trackbacks say of it."""

    url: str
    links: tuple[Url, ...] = ()
    title: str = ""
    excerpt: str = ""
    site_name: str = ""


async def read_source(fetcher: Fetcher, url: Url) -> Source | FetchFailed:
    """Read a page of ours. Where it redirects, its final address is the one to tell: WordPress follows no redirect."""
    page = await fetcher.fetch(url)
    if isinstance(page, FetchFailed):
        return page
    facts = read_target(page.body, url=page.url, media_type=page.media_type, charset=page.charset)
    address = url.raw if page.url.text == url.text else page.url.text
    if page.media_type not in _HTML:
        return Source(address)
    content = read_content(page.body, url=page.url, charset=page.charset)
    return Source(address, content.links, facts.title, content.excerpt, facts.site_name)


async def find(fetcher: Fetcher, target: Url) -> SendResult:
    """Say where a target takes linkbacks, and send none."""
    found = await _find_endpoint(fetcher, target)
    return found if isinstance(found, SendResult) else _result(target, found, Outcome.FOUND)


async def send(
    fetcher: Fetcher, source: Source, target: Url, protocols: Collection[Protocol] = tuple(Protocol)
) -> SendResult:
    """Tell a target that a page of ours links to it, in the way that it asks for first, if that is one of these."""
    endpoint = await _find_endpoint(fetcher, target)
    if isinstance(endpoint, SendResult):
        return endpoint
    if endpoint.protocol not in protocols:
        return SendResult(target.raw, Outcome.NO_ENDPOINT)
    ping = Ping(endpoint.protocol, source.url, target.raw, source.title, source.excerpt, source.site_name)
    answer = await _post(fetcher, endpoint, ping)
    result = _result(target, endpoint, Outcome.FAILED)
    if isinstance(answer, FetchFailed):
        return _unreachable(result, answer)
    return _READERS[endpoint.protocol](replace(result, status=answer.status), answer)


async def _find_endpoint(fetcher: Fetcher, target: Url) -> Endpoint | SendResult:
    """Find an endpoint, on pages too that only some may read: they have headers, and often say it in their text."""
    page = await fetcher.peek(target, FIRST_PART_BYTES)
    nothing = SendResult(target.raw, Outcome.NO_ENDPOINT)
    if isinstance(page, FetchFailed):
        return _unreachable(nothing, page)
    failed = replace(
        nothing, outcome=Outcome.FAILED, status=page.status, answer=f"The target answers with HTTP {page.status}."
    )
    if page.status in MISSING_STATUSES:
        return failed
    return discover(target, _advertisement(page)) or (nothing if _is_success(page) else failed)


def _advertisement(page: Fetched) -> Advertisement:
    return Advertisement(
        url=page.url,
        links=tuple(page.headers.getall("Link", ())),
        pingbacks=tuple(page.headers.getall("X-Pingback", ())),
        html=decode(page.body, page.charset) if page.media_type in _HTML else "",
    )


async def _post(fetcher: Fetcher, endpoint: Endpoint, ping: Ping) -> Fetched | FetchFailed:
    match endpoint.protocol:
        case Protocol.WEBMENTION:
            return await fetcher.post(endpoint.url, webmention.encode(ping), _FORM)
        case Protocol.PINGBACK:
            call = xmlrpc_client.encode_call(MethodCall(pingback.PING, (ping.source, ping.target)))
            return await fetcher.post(endpoint.url, call, xmlrpc_client.CONTENT_TYPE, timeout_s=PATIENCE_S)
        case Protocol.TRACKBACK:
            form = trackback_client.encode_ping(ping)
            return await fetcher.post(endpoint.url, form, trackback_client.CONTENT_TYPE)


def _read_webmention(result: SendResult, answer: Fetched) -> SendResult:
    """Any success counts; the header of a 201 says where to look later (section 3.1.3)."""
    words = clean(decode(answer.body, answer.charset)) if answer.media_type in _WORDS else ""
    result = replace(result, outcome=_outcome(answer), answer=crop(words, LONGEST_ANSWER))
    return replace(result, location=_location(answer)) if _is_success(answer) else result


def _read_pingback(result: SendResult, answer: Fetched) -> SendResult:
    """A fault is an answer whatever the status; that the ping is registered already is as good as success."""
    try:
        value = xmlrpc_client.decode_response(answer.body, answer.charset)
    except xmlrpc_client.NoResponseError as error:
        return _unread(result, answer, error)
    if isinstance(value, Fault):
        is_known = value.code == pingback.PingbackFault.ALREADY_REGISTERED
        words = crop(f"Fault {value.code}: {value.text}" if value.text else f"Fault {value.code}.", LONGEST_ANSWER)
        return replace(result, outcome=Outcome.ALREADY_KNOWN if is_known else Outcome.REFUSED, answer=words)
    words = crop(clean(value), LONGEST_ANSWER) if isinstance(value, str) else ""
    return replace(result, outcome=_outcome(answer), answer=words)


def _read_trackback(result: SendResult, answer: Fetched) -> SendResult:
    """Only the <error> counts: WordPress sends successes with the status 404, and refusals with 200."""
    try:
        said = trackback_client.decode_response(answer.body)
    except trackback_client.NoAnswerError as error:
        return _unread(result, answer, error)
    if isinstance(said, TrackbackError):
        return replace(result, outcome=Outcome.REFUSED, answer=crop(said.message, LONGEST_ANSWER))
    return replace(result, outcome=Outcome.SENT, answer=crop(said, LONGEST_ANSWER))


_READERS = {
    Protocol.WEBMENTION: _read_webmention,
    Protocol.PINGBACK: _read_pingback,
    Protocol.TRACKBACK: _read_trackback,
}


def _result(target: Url, endpoint: Endpoint, outcome: Outcome) -> SendResult:
    return SendResult(target.raw, outcome, endpoint.protocol, endpoint.url.text)


def _unreachable(result: SendResult, failure: FetchFailed) -> SendResult:
    is_refused = failure.kind is FailureKind.ADDRESS_REFUSED
    outcome = Outcome.REFUSED if is_refused else Outcome.FAILED
    return replace(result, outcome=outcome, status=failure.status, answer=crop(clean(failure.detail), LONGEST_ANSWER))


def _unread(result: SendResult, answer: Fetched, error: ValueError) -> SendResult:
    """An answer that is not the protocol's own: the status says more than what was wrong with its words."""
    if _is_success(answer):
        return replace(result, outcome=Outcome.FAILED, answer=crop(clean(str(error)), LONGEST_ANSWER))
    return replace(result, outcome=_outcome(answer), answer=f"The endpoint answers with HTTP {answer.status}.")


def _outcome(answer: Fetched) -> Outcome:
    if _is_success(answer):
        return Outcome.SENT
    is_passing = answer.status in PASSING_STATUSES
    is_refusal = HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and not is_passing
    return Outcome.REFUSED if is_refusal else Outcome.FAILED


def _is_success(answer: Fetched) -> bool:
    return answer.status // 100 == SUCCESS


def _location(answer: Fetched) -> str:
    location = answer.headers.get("Location", "")
    try:
        return answer.url.join(location).text if location else ""
    except UrlError:
        return ""
