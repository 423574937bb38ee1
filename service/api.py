"""
GET /api/mentions.jf2, .html and /api/count: what webmention.io tells of a site's mentions, in its own words.

Its clients work here by changing the host. Everything told is visible to readers anyway, so no token is needed, and one
that is sent is not looked at.
"""

import re
from collections.abc import Iterable
from functools import partial

from aiohttp import web

from linkback.feeds.jf2 import MEDIA_TYPE, write_count, write_jf2
from linkback.listing import MOST_PER_PAGE, PROPERTIES, Query, QueryError, matching, page_of, read_query
from linkback.mentions import Mention
from linkback.sites import Post, Site, Sites
from linkback.urls import Url, UrlError, parse_url
from service import pages
from service.conditional import answer
from service.keys import MENTIONS, SITES
from service.languages import format_day, spoken
from service.templating import render

MOST_TARGETS = 100
ANYWHERE = {"Access-Control-Allow-Origin": "*"}

_CALLBACK = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.]{0,99}")


async def mentions_jf2(request: web.Request) -> web.StreamResponse:
    """Answer with the mentions as JF2."""
    query = _query(request)
    return _answer_json(request, write_jf2(page_of(matching(await _asked_for(request), query), query)))


async def count(request: web.Request) -> web.StreamResponse:
    """Answer with the number of mentions."""
    return _answer_json(request, write_count(matching(await _asked_for(request), _query(request))))


async def mentions_html(request: web.Request) -> web.StreamResponse:
    """Answer with the mentions as a page with microformats."""
    query = _query(request)
    shown = page_of(matching(await _asked_for(request), query), query)
    language = next((site.language for site in request.app[SITES]), "en")
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


async def _asked_for(request: web.Request) -> list[Mention]:
    """
    The visible mentions of all targets or, without one, of all sites on a domain.

    A target of no site of ours has none: who writes a blog looks at it on his own machine first.
    """
    targets = [*request.query.getall("target", []), *request.query.getall("target[]", [])]
    domain = request.query.get("domain", "").strip().lower()
    mentions = request.app[MENTIONS]
    if any(targets):
        posts = _posts(targets[:MOST_TARGETS], request.app[SITES])
        return await mentions.visible_of_posts(posts, MOST_PER_PAGE // max(1, len(posts)))
    if domain:
        return await mentions.visible_of_sites(_sites(domain, request.app[SITES]), MOST_PER_PAGE)
    message = "Say which post by target=, its address, or which site by domain=, its host.\n"
    raise web.HTTPBadRequest(text=message, headers=ANYWHERE)


def _posts(targets: Iterable[str], sites: Sites) -> list[Post]:
    """Each post once, however it is spelled."""
    found: dict[str, Post] = {}
    for target in targets:
        try:
            post = sites.locate(parse_url(target))
        except UrlError:
            continue
        if post is not None:
            found.setdefault(post.key, post)
    return list(found.values())


def _sites(domain: str, sites: Sites) -> list[Site]:
    return [site for site in sites if any(domain in _names(prefix) for prefix in (site.home, *site.aliases))]


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
