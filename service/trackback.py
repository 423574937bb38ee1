"""
POST /trackback?target=URL and /trackback/POST-ID: TrackBack 1.2.

Whatever is wrong with a ping, the answer is TrackBack's XML at HTTP 200. A GET is never a ping: with `__mode=rss` it
lists the post's trackbacks, and without it leads to the post.
"""

from aiohttp import web

from linkback.feeds.entry import entry_of
from linkback.mentions import Protocol, Reason, Refusal
from linkback.protocols.trackback import TrackbackError, decode, encode_error, encode_success
from linkback.protocols.trackback_listing import Listed, encode_list, target_of
from linkback.sites import Post
from linkback.store.posts import PostView
from linkback.urls import UrlError, parse_url
from service.bodies import BodyRefused, read_body
from service.keys import MAX_BODY_BYTES, POSTS, RECEPTION, SITES
from service.posts import title_of
from service.refusals import PINGBACK_FAULTS, WORDS, explain

XML = {"Content-Type": "text/xml; charset=utf-8"}
MOST_LISTED = 100


async def ping(request: web.Request) -> web.Response:
    """Answer one ping."""
    return web.Response(body=await _answer(request), headers=XML)


async def show(request: web.Request) -> web.Response:
    """List the post's trackbacks, or lead to the post."""
    target = _target(request)
    post = _post(request, target)
    if post is None:
        return web.Response(body=encode_error(f"{target[:200]!r} belongs to no site that is served here."), headers=XML)
    if request.query.get("__mode") != "rss":
        raise web.HTTPSeeOther(post.url)
    view = await request.app[POSTS].view(post, MOST_LISTED)
    return web.Response(body=_list(post, view), headers=XML)


def _target(request: web.Request) -> str:
    return target_of(request.match_info.get("post_id", "")) or request.query.get("target", "")


def _post(request: web.Request, target: str) -> Post | None:
    try:
        return request.app[SITES].locate(parse_url(target))
    except UrlError:
        return None


def _list(post: Post, view: PostView) -> bytes:
    trackbacks = (mention for mention in view.mentions if mention.protocol is Protocol.TRACKBACK)
    entries = (entry_of(mention, post) for mention in trackbacks)
    listed = (Listed(entry.title, entry.url, entry.text) for entry in entries)
    return encode_list(title_of(post, view.facts), post.url, post.site.language, listed)


async def _answer(request: web.Request) -> bytes:
    target = _target(request)
    if not target:
        return encode_error("The ping URL lacks ?target=, the address of the post that is linked to.")
    try:
        body = await read_body(request, request.app[MAX_BODY_BYTES])
    except BodyRefused as error:
        return encode_error(str(error))
    decoded = decode(body, request.charset or "", target)
    if isinstance(decoded, TrackbackError):
        return encode_error(decoded.message)
    return _encode(await request.app[RECEPTION].receive(decoded))


def _encode(outcome: Refusal | Reason) -> bytes:
    if isinstance(outcome, Refusal):
        return encode_error(explain(outcome))
    if outcome in PINGBACK_FAULTS:
        return encode_error(WORDS[outcome])
    return encode_success(WORDS[outcome])
