"""What another blog's software does to tell a post that it has linked to it: discovery, a pingback, a trackback."""

import asyncio
import xmlrpc.client
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode

import aiohttp
from lxml import html

from commands.demo.steps import LONGEST_STEP_S, Step, StepFailed
from linkback.safe_xml import XmlError, parse_xml

_DESCRIPTION = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"
_IDENTIFIER = "{http://purl.org/dc/elements/1.1/}identifier"
_PING = "{http://madskills.com/public/xml/rss/module/trackback/}ping"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a page says that it takes pings, in each of the three ways; empty where it does not say so."""

    pingback_header: str
    pingback_link: str
    trackback: str


async def discover(session: aiohttp.ClientSession, target: str) -> Endpoints:
    """Read a page as senders of pingbacks (Pingback 1.0 section 2) and of trackbacks do."""
    async with session.get(target, raise_for_status=True) as answer:
        page = html.document_fromstring(await answer.text())
        header = answer.headers.get("X-Pingback", "")
    links = page.xpath("//link[@rel='pingback']/@href")
    return Endpoints(header, str(links[0]) if links else "", _trackback_endpoint(page, target))


async def send_pingback(endpoint: str, source: str, target: str) -> str:
    """
    Send a pingback with the standard library's client.

    Raises:
        StepFailed: if the answer is a fault.
    """
    try:
        return await asyncio.to_thread(_call, endpoint, source, target)
    except xmlrpc.client.Fault as fault:
        raise StepFailed(Step.PINGBACK, f"the answer is fault {fault.faultCode}, {fault.faultString}") from fault


async def send_trackback(session: aiohttp.ClientSession, endpoint: str, form: dict[str, str]) -> str:
    """
    Send a trackback: a form in UTF-8.

    Raises:
        StepFailed: if the answer is an error, or none of TrackBack's.
    """
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    async with session.post(endpoint, data=urlencode(form), headers=headers, raise_for_status=True) as answer:
        body = await answer.read()
    try:
        response = parse_xml(body)
    except XmlError as error:
        raise StepFailed(Step.TRACKBACK, f"the answer cannot be read: {error}") from error
    message = response.findtext("message", "")
    if response.findtext("error") != "0":
        raise StepFailed(Step.TRACKBACK, f"the answer is an error, {message}")
    return message


class _BoundedTransport(xmlrpc.client.Transport):
    """A transport whose every wait is bounded; that of the standard library waits for ever."""

    def make_connection(self, host: tuple[str, dict[str, str]] | str) -> HTTPConnection:
        connection = super().make_connection(host)
        connection.timeout = LONGEST_STEP_S
        return connection


def _call(endpoint: str, source: str, target: str) -> str:
    with xmlrpc.client.ServerProxy(endpoint, transport=_BoundedTransport()) as blog:
        return str(blog.pingback.ping(source, target))


def _trackback_endpoint(page: html.HtmlElement, target: str) -> str:
    """The trackback:ping of the RDF that is about the target; it stands in a comment, so that validators pass it."""
    for comment in page.xpath("//comment()[contains(., 'trackback:ping')]"):
        try:
            rdf = parse_xml(str(comment.text).encode())
        except XmlError:
            continue
        for description in rdf.iter(_DESCRIPTION):
            if description.get(_IDENTIFIER) == target:
                return description.get(_PING, "")
    return ""
