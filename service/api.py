"""
GET /api/mentions.jf2, .atom, .html and /api/count: what webmention.io tells of a site's mentions, in its own words.

Its clients work here by changing the host. Everything told is visible to readers anyway, so no token is needed, and one
that is sent is not looked at.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

from aiohttp import web

from linkback.feeds import atom
from linkback.feeds.atom import write_atom
from linkback.feeds.entry import Feed, entry_of
from linkback.feeds.jf2 import MEDIA_TYPE, write_count, write_jf2
from linkback.listing import MOST_READ, PROPERTIES, Query, QueryError, matching, page_of, read_query
from linkback.mentions import Mention
from linkback.sites import Post, Site, Sites
from linkback.urls import Url, UrlError, parse_url
from service import pages
from service.conditional import answer
from service.keys import MENTIONS, PUBLIC_URL, SITES
from service.languages import format_day, spoken, translations
from service.templating import render

MOST_TARGETS = 100
ANYWHERE = {"Access-Control-Allow-Origin": "*"}

_CALLBACK = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.]{0,99}")
_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")
_SECRETS = frozenset({"token", "access_token"})


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request asks about: posts or, if it names none, whole sites; `language` is that of the first of them."""

    posts: tuple[Post, ...]
    sites: tuple[Site, ...]
    language: str


async def mentions_jf2(request: web.Request) -> web.StreamResponse:
    """Answer with the mentions as JF2."""
    return _answer_json(request, write_jf2(await _page(request, _subject(request))))


async def mentions_atom(request: web.Request) -> web.StreamResponse:
    """Answer with the mentions as an Atom feed, those of several posts in one."""
    subject = _subject(request)
    shown = await _page(request, subject)
    places = [(mention, request.app[SITES].locate(parse_url(mention.target))) for mention in shown]
    # Feeds are passed on: the token that one was asked for with must not be in it.
    parameters = [(name, value) for name, value in request.query.items() if name not in _SECRETS]
    self_url = f"{request.app[PUBLIC_URL]}{request.path}?{urlencode(parameters)}"
    feed = Feed(
        id=self_url,
        title=translations(subject.language).gettext("Mentions"),
        url=request.app[PUBLIC_URL],
        self_url=self_url,
        description="",
        language=subject.language,
        updated_at=max((mention.received_at for mention in shown), default=None),
        entries=tuple(entry_of(mention, post) for mention, post in places if post),
    )
    return _open_to_all(answer(request, pages.page_of(write_atom(feed), None), atom.MEDIA_TYPE))


async def count(request: web.Request) -> web.StreamResponse:
    """Answer with the number of mentions."""
    query = _query(request)
    return _answer_json(request, write_count(matching(await _read(request, _subject(request), MOST_READ), query)))


async def mentions_html(request: web.Request) -> web.StreamResponse:
    """Answer with the mentions as a page with microformats."""
    subject = _subject(request)
    shown = await _page(request, subject)
    language = subject.language
    page = render(
        "mentions.html",
        language,
        language=spoken(language),
        mentions=shown,
        day_of=partial(format_day, language=language),
        host_of=lambda address: parse_url(address).host,
        property_of=lambda mention: PROPERTIES[mention.kind],
    )
    return _open_to_all(answer(request, pages.page_of(page.encode(), None), "text/html"))


def _query(request: web.Request) -> Query:
    try:
        return read_query({name: request.query.getall(name) for name in request.query})
    except QueryError as error:
        raise web.HTTPBadRequest(text=f"{error}\n", headers=ANYWHERE) from error


def _subject(request: web.Request) -> Subject:
    """
    The posts that targets name or, without one, all sites on a domain.

    A target of no site of ours is no post: who writes a blog looks at it on his own machine first.
    """
    targets = [*request.query.getall("target", []), *request.query.getall("target[]", [])]
    domain = request.query.get("domain", "").strip().lower()
    if not any(targets) and not domain:
        message = "Say which post by target=, its address, or which site by domain=, its host.\n"
        raise web.HTTPBadRequest(text=message, headers=ANYWHERE)
    ours = request.app[SITES]
    posts = _posts(targets[:MOST_TARGETS], ours)
    sites = () if any(targets) else _sites(domain, ours)
    asked_about = (*(post.site for post in posts), *sites, *ours)
    return Subject(posts, sites, next((site.language for site in asked_about), "en"))


async def _page(request: web.Request, subject: Subject) -> list[Mention]:
    query = _query(request)
    return page_of(matching(await _read(request, subject, query.reach), query), query)


async def _read(request: web.Request, subject: Subject, most: int) -> list[Mention]:
    mentions = request.app[MENTIONS]
    if subject.posts:
        return await mentions.visible_of_posts(subject.posts, most)
    return await mentions.visible_of_sites(subject.sites, most)


def _posts(targets: Iterable[str], sites: Sites) -> tuple[Post, ...]:
    """Each post once, however it is spelled; scripts that run under http and https leave the scheme out."""
    found: dict[str, Post] = {}
    for target in targets:
        try:
            post = sites.locate(parse_url(_with_scheme(target)))
        except UrlError:
            continue
        if post is not None:
            found.setdefault(post.key, post)
    return tuple(found.values())


def _with_scheme(target: str) -> str:
    """The target with a scheme; http and https are one, so that either will do."""
    beginning = _SCHEME.match(target)
    if beginning is None:
        return f"https://{target}"
    return f"https:{target}" if beginning[0] == "//" else target


def _sites(domain: str, sites: Sites) -> tuple[Site, ...]:
    return tuple(site for site in sites if any(domain in _names(prefix) for prefix in (site.home, *site.aliases)))


def _names(prefix: Url) -> set[str]:
    """A host with and without its port, and with and without its www."""
    bare = {prefix.host.removeprefix("www."), prefix.authority.removeprefix("www.")}
    return bare | {f"www.{name}" for name in bare}


def _answer_json(request: web.Request, body: bytes) -> web.Response:
    """JSON or, for scripts of old browsers, a call of the function that jsonp= names."""
    callback = request.query.get("jsonp", "")
    if not callback:
        return _open_to_all(answer(request, pages.page_of(body, None), MEDIA_TYPE))
    if not _CALLBACK.fullmatch(callback):
        message = "jsonp is the name of a function: letters, digits, _, $ and dots.\n"
        raise web.HTTPBadRequest(text=message, headers=ANYWHERE)
    # The comment keeps the answer from being anything but a script; the separators are line ends in older ones.
    script = f"/**/{callback}({body.decode()});".replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return _open_to_all(answer(request, pages.page_of(script.encode(), None), "application/javascript"))


def _open_to_all(response: web.Response) -> web.Response:
    response.headers.update(ANYWHERE)
    return response
