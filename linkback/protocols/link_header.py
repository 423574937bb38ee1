"""Reads Link headers (RFC 8288 section 3)."""

import re
from collections.abc import Iterable, Iterator

from linkback.urls import Url, UrlError

_VALUE = re.compile(r'<([^>]*)>((?:[^",<]|"(?:[^"\\]|\\.)*")*)')
_PARAMETER = re.compile(r';\s*([^\s=;,"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?')


def linked(headers: Iterable[str], relation: str, page: Url) -> Iterator[Url]:
    """
    Find what a page has a relation with by its Link headers, in their order.

    Args:
        headers: the values of the headers, each of which may hold several links.
        relation: the relation, in lower case.
        page: where the answer with these headers came from; addresses are relative to it.

    """
    for header in headers:
        for address in _addresses(header, relation, page):
            url = _resolve(page, address)
            if url is not None:
                yield url


def _addresses(header: str, relation: str, page: Url) -> Iterator[str]:
    for link in _VALUE.finditer(header):
        parameters: dict[str, str] = {}
        for name, quoted, plain in _PARAMETER.findall(link[2]):
            parameters.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or plain)
        rels = parameters.get("rel", "").lower().split()
        if relation in rels and _is_whole_page(parameters.get("anchor", ""), page):
            yield link[1]


def _is_whole_page(anchor: str, page: Url) -> bool:
    """Whether a link starts at the page, and not at a part of it or at another (RFC 8288 section 3.2)."""
    context = _resolve(page, anchor)
    return context is not None and context.text == page.text and context.fragment is None


def _resolve(page: Url, reference: str) -> Url | None:
    try:
        return page.join(reference)
    except UrlError:
        return None
