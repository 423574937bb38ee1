"""Reads web pages: whether a stranger's page links to a post of ours, and what a page says about itself."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace
from html import unescape
from typing import NamedTuple

from linkback.authorship import Author, read_author
from linkback.cutting import has_microformats
from linkback.documents import JSON_TYPES, TEXT_TYPE, json_names, text_names
from linkback.markup import Link, Page, decode, parse
from linkback.mentions import Kind
from linkback.microformats import Entry, read_entry, read_moment
from linkback.plain_text import clean, crop
from linkback.sites import Post, Site, Sites
from linkback.urls import Url, UrlError
from linkback.verdicts import PageReading

MAX_TITLE = 250
MAX_NAME = 100
MAX_LINK_WORDS = 100
MAX_WORDS_BESIDE = 120

_TOMBSTONE = re.compile(r"<meta[^<>]+http-equiv=[\"']?status\b", re.IGNORECASE)
"""How static sites, which cannot answer with HTTP 410, say that a page is gone (indieweb.org/deleted)."""

_MEDIA_TYPES = frozenset({"", "text/html", "application/xhtml+xml"})
_LANGUAGE = re.compile(r"[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8}){0,4}")
_UNICODE_HOST = re.compile(r"//[^/?#\"'<> \x80-\U0010ffff]*+[\x80-\U0010ffff]")
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")


def read_page(  # noqa: PLR0913 - the answer's four parts and the question's two, named at every call
    body: bytes, *, url: Url, media_type: str, charset: str, post: Post, sites: Sites
) -> PageReading:
    """
    Say whether a source really links to a post and, if it does, what it says.

    A link is an element that leads to the post or shows something of it (Webmention section 3.2.2), resolved and
    compared as URLs are; that the post's URL merely occurs in the page counts for nothing.

    Args:
        body: the page as it came, undecoded; it may be broken off anywhere.
        url: where it came from, after redirects.
        media_type: as the server said, without parameters; "" if it said nothing.
        charset: as the server said; "" if it said nothing.
        post: what must be linked to.
        sites: tells which post a link leads to.

    """
    if JSON_TYPES.fullmatch(media_type):
        return PageReading(links_to_target=json_names(body, post, sites))
    if media_type == TEXT_TYPE:
        return PageReading(links_to_target=text_names(body, charset, post, sites))
    if not _is_page(media_type):
        return PageReading(links_to_target=False)
    return _read_html(decode(body, charset), url, post, sites)


def _read_html(text: str, url: Url, post: Post, sites: Sites) -> PageReading:
    if not (_may_link(text, url, _hosts(post.site)) or _TOMBSTONE.search(text)):
        return PageReading(links_to_target=False)
    page = parse(text)
    if page.meta.get("status", "").startswith("410"):
        return PageReading(links_to_target=False, is_gone=True)
    links = _links_to(post, page, _base(page, url), sites)
    if not links:
        return PageReading(links_to_target=False)
    reading = replace(_facts(page, url), links_to_target=True, excerpt=_excerpt(page, links))
    entry = read_entry(text, url=url, post=post, sites=sites) if has_microformats(text) else None
    return _with_entry(reading, entry) if entry else reading


def read_target(body: bytes, *, url: Url, media_type: str, charset: str) -> PageReading:
    """Say what the page of one of our posts says about itself; no link is looked for, so `links_to_target` is False."""
    if not _is_page(media_type):
        return PageReading(links_to_target=False)
    return _facts(parse(decode(body, charset)), url)


def read_author_page(body: bytes, *, url: Url, media_type: str, charset: str, author_page: Url) -> Author | None:
    """Say who it is that a source named by this page, found at `url` in the end; None if the page does not tell."""
    return read_author(decode(body, charset), url=url, author_page=author_page) if _is_page(media_type) else None


def _is_page(media_type: str) -> bool:
    return media_type.strip().lower() in _MEDIA_TYPES


def _hosts(site: Site) -> frozenset[str]:
    """What any absolute link to the site contains; of an IPv6 address, which has many spellings, that is "["."""
    names = (prefix.host.removeprefix("www.") for prefix in (site.home, *site.aliases))
    return frozenset("[" if ":" in name else name for name in names)


def _is_among(hosts: frozenset[str], url: Url) -> bool:
    return ("[" if ":" in url.host else url.host.removeprefix("www.")) in hosts


def _may_link(text: str, url: Url, hosts: frozenset[str]) -> bool:
    """
    Say whether parsing is worth its while: False only if no link in this text can lead to these hosts.

    A page elsewhere must write the host. It need not do so plainly: a URL may contain character references, tabs and
    line ends, which it loses, and letters of other scripts that UTS 46 maps to those of the host.
    """
    if _is_among(hosts, url) or _contains_any(hosts, text):
        return True
    try:
        plain = unescape(text)
    except ValueError:  # a character reference of thousands of digits
        return True
    plain = plain.replace("\t", "").replace("\n", "").replace("\r", "")
    return _contains_any(hosts, plain) or _UNICODE_HOST.search(plain) is not None


def _contains_any(hosts: frozenset[str], text: str) -> bool:
    lowered = text.lower()
    return any(host in lowered for host in hosts)


def _base(page: Page, url: Url) -> Url:
    """What the page's links are relative to (HTML section 2.4.3)."""
    try:
        return url.join(page.base)
    except UrlError:
        return url


def _links_to(post: Post, page: Page, base: Url, sites: Sites) -> list[Link]:
    """The first link to the post in each block of the page."""
    hosts = _hosts(post.site)
    is_at_home = _is_among(hosts, base)
    found: dict[int, Link] = {}
    for link in page.links:
        block = bisect_right(page.breaks, link.start)
        if block in found or not (is_at_home or _may_name(hosts, link.address)):
            continue
        if _leads_to(post, link.address, base, sites):
            found[block] = link
    return list(found.values())


def _may_name(hosts: frozenset[str], address: str) -> bool:
    """A quick test, since resolving costs more than parsing does; see `_may_link`."""
    return _contains_any(hosts, address) or _NOT_PLAIN.search(address) is not None


def _leads_to(post: Post, address: str, base: Url, sites: Sites) -> bool:
    try:
        return sites.locate(base.join(address)) == post
    except UrlError:
        return False


class _Passage(NamedTuple):
    """A link's words within the block that it stands in."""

    before: str
    words: str
    after: str
    is_aside: bool

    @property
    def worth(self) -> tuple[bool, bool]:
        """What decides between passages: better the text than the margin, better a sentence than a link alone."""
        return not self.is_aside, bool(self.before.strip() or self.after.strip())


def _excerpt(page: Page, links: list[Link]) -> str:
    """The words around that link which stands in the best place, as TrackBack and Pingback readers know them."""
    passage = max((_passage(page, link) for link in links), key=lambda passage: passage.worth)
    before, words, after = clean(passage.before), clean(passage.words), clean(passage.after)
    parts = (
        _crop_start(before, MAX_WORDS_BESIDE),
        _gap(passage.before, passage.words),
        crop(words, MAX_LINK_WORDS),
        _gap(passage.words or passage.before, passage.after),
        crop(after, MAX_WORDS_BESIDE),
    )
    return clean("".join(parts))


def _passage(page: Page, link: Link) -> _Passage:
    """Cut out a link's block; a link around several blocks is taken to stand in the first of them that has words."""
    texts, breaks = page.texts, page.breaks
    block = bisect_right(breaks, link.start)
    while breaks[block] < link.end and _is_blank(texts[max(link.start, breaks[block - 1]) : breaks[block]]):
        block += 1
    first, last = breaks[block - 1], breaks[block]
    start, end = max(link.start, first), min(link.end, last)
    before, words, after = texts[first:start], texts[start:end], texts[end:last]
    return _Passage("".join(before), "".join(words), "".join(after), link.is_aside)


def _is_blank(texts: Iterable[str]) -> bool:
    return not any(text.strip() for text in texts)


def _gap(before: str, after: str) -> str:
    return " " if before[-1:].isspace() or after[:1].isspace() else ""


def _crop_start(text: str, length: int) -> str:
    """Shorten a cleaned text from its beginning, as `crop` does from its end."""
    if len(text) <= length:
        return text
    kept = text[-length + 1 :]
    space = kept.find(" ", 0, length // 2)
    return "…" + kept[space + 1 :]


def _with_entry(reading: PageReading, entry: Entry) -> PageReading:
    """What a page says in microformats goes before what else it says; what only mentions us shows where it does."""
    return replace(
        reading,
        kind=entry.kind,
        title=entry.title or reading.title,
        excerpt=reading.excerpt if entry.kind is Kind.MENTION else entry.summary,
        url=entry.url,
        author=entry.author.name or reading.author,
        author_url=entry.author.url,
        author_photo=entry.author.photo,
        author_page=entry.author_page,
        content=entry.content,
        rsvp=entry.rsvp,
        published_at=entry.published_at or reading.published_at,
    )


def _facts(page: Page, url: Url) -> PageReading:
    meta = page.meta
    return PageReading(
        links_to_target=False,
        title=_first((page.title, meta.get("og:title", ""), page.heading), MAX_TITLE),
        author=_first((meta.get("author", ""), _unless_url(meta.get("article:author", ""))), MAX_NAME),
        site_name=_first((meta.get("og:site_name", ""), meta.get("application-name", "")), MAX_NAME),
        language=_language(page.language),
        canonical=_canonical(page, url),
        published_at=read_moment(meta.get("article:published_time", "")) or read_moment(page.time),
    )


def _first(texts: Iterable[str], length: int) -> str:
    return crop(next(filter(None, map(clean, texts)), ""), length)


def _unless_url(text: str) -> str:
    """What Open Graph wants as an author is the address of a profile; many write the name instead."""
    return "" if "//" in text else text


def _language(text: str) -> str:
    """A language tag (BCP 47) in its outer form, or nothing; "fr_FR" is written by many."""
    tag = text.strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else ""


def _canonical(page: Page, url: Url) -> str:
    try:
        return _base(page, url).join(page.canonical).text if page.canonical.strip() else ""
    except UrlError:
        return ""
