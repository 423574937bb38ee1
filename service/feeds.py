"""
GET /comments.rss, .atom and .json: the comment feed of a post (?target=URL) or of a whole site (?site=ID).

`&type=` chooses by how entries came or what they do, `&in_reply_to=ID` those of one thread; both among the newest.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from aiohttp import web

from linkback.comments import Comment
from linkback.feeds import atom, json_feed, rss
from linkback.feeds.entry import Alternate, Entry, Feed, entry_of, entry_of_comment
from linkback.feeds.selection import TYPES, Selection, select
from linkback.mentions import Mention
from linkback.sites import Post, Site
from linkback.store.posts import PostView
from linkback.store.records import PostFacts
from service.conditional import answer
from service.keys import PAGES, POSTS, PUBLIC_URL, SITES
from service.languages import translations
from service.pages import Page, page_of
from service.posts import address_for, post_of, title_of

MOST_ENTRIES = 100
MOST_READ = 1000
"""Among so many of the newest comments, and of the newest mentions, a feed that is asked for some of them chooses."""

_IDS = UUID("b85db86e-f0ae-4a96-8f44-2b59a414368b")
"""Ours alone, for the ids of feeds (RFC 9562 section 6.6); another would make every feed a new one."""


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a feed, and where it is found."""

    path: str
    media_type: str
    write: Callable[[Feed], bytes]


FORMATS = {
    "rss": Format("/comments.rss", rss.MEDIA_TYPE, rss.write_rss),
    "atom": Format("/comments.atom", atom.MEDIA_TYPE, atom.write_atom),
    "json": Format("/comments.json", json_feed.MEDIA_TYPE, json_feed.write_json_feed),
}
FEED_PATH = FORMATS["rss"].path
PATH = f"/comments.{{format:{'|'.join(FORMATS)}}}"


async def comments(request: web.Request) -> web.Response:
    """Answer with the feed in the format that the path names; a post that nothing has linked to has an empty one."""
    chosen = FORMATS[request.match_info["format"]]
    selection = _selection(request)
    if "site" in request.query and "target" not in request.query:
        page = await _page_of_site(request, chosen, selection)
    else:
        page = await _page_of_post(request, chosen, selection)
    return answer(request, page, chosen.media_type)


async def _page_of_post(request: web.Request, chosen: Format, selection: Selection) -> Page:
    post = post_of(request)
    posts, public_url = request.app[POSTS], request.app[PUBLIC_URL]

    async def render() -> Page:
        view = await posts.view(post, MOST_READ if selection != Selection() else MOST_ENTRIES)
        return page_of(chosen.write(feed_of_post(post, view, public_url, chosen, selection)), view.facts.changed_at)

    return await request.app[PAGES].get(post.key, (chosen.path, f"{post.url} {_query_of(selection)}"), render)


async def _page_of_site(request: web.Request, chosen: Format, selection: Selection) -> Page:
    site = request.app[SITES].get(request.query["site"])
    if site is None:
        raise web.HTTPNotFound(text="There is no site with this id.\n")
    posts, public_url = request.app[POSTS], request.app[PUBLIC_URL]

    async def render() -> Page:
        view = await posts.view_of_site(site, MOST_READ if selection != Selection() else MOST_ENTRIES)
        keys = {each.post_key for each in view.mentions} | {each.post_key for each in view.comments}
        facts = await posts.facts_of(site, sorted(keys))
        return page_of(chosen.write(feed_of_site(site, view, facts, public_url, chosen, selection)), None)

    return await request.app[PAGES].get_of_site(site.id, (chosen.path, _query_of(selection)), render)


def _selection(request: web.Request) -> Selection:
    types = frozenset(filter(None, ",".join(request.query.getall("type", [])).split(",")))
    if not types <= TYPES:
        raise web.HTTPBadRequest(text=f"type is one of {', '.join(sorted(TYPES))}, or several with commas between.\n")
    thread = request.query.get("in_reply_to", "").lower()
    try:
        return Selection(types, str(UUID(thread)) if thread else "")
    except ValueError as error:
        raise web.HTTPBadRequest(text="in_reply_to is the id of a comment or mention.\n") from error


def _query_of(selection: Selection) -> str:
    """The part of a feed's address that chooses among its entries."""
    types = f"&type={','.join(sorted(selection.types))}" if selection.types else ""
    return f"{types}&in_reply_to={selection.thread}" if selection.thread else types


def feed_of_post(post: Post, view: PostView, public_url: str, chosen: Format, selection: Selection) -> Feed:
    """The feed of what readers may see of a post, in the site's language; formats differ in their addresses alone."""
    place = replace(post, url=view.facts.url or post.url)
    say = translations(post.site.language).gettext
    title = {"title": title_of(place, view.facts)}
    entries = (
        *(entry_of_comment(comment, place) for comment in view.comments),
        *(entry_of(mention, place) for mention in view.mentions),
    )
    addresses = {
        each.path: address_for(each.path, place, public_url) + _query_of(selection) for each in FORMATS.values()
    }
    return Feed(
        id=uuid5(_IDS, post.key + _query_of(selection)).urn,
        title=say("Comments on: %(title)s") % title,
        url=place.url,
        self_url=addresses[chosen.path],
        description=say("What other blogs say about %(title)s") % title,
        language=post.site.language,
        updated_at=view.facts.changed_at,
        entries=tuple(select(entries, selection)[:MOST_ENTRIES]),
        alternates=_alternates(addresses, chosen),
    )


def feed_of_site(  # noqa: PLR0913, PLR0917 - what a feed is made of
    site: Site, view: PostView, facts: Mapping[str, PostFacts], public_url: str, chosen: Format, selection: Selection
) -> Feed:
    """The feed of what readers may see of all posts of a site; each entry's title says which post it is about."""
    say = translations(site.language).gettext
    comments = (entry_of_comment(each, _place(each, site, facts)) for each in view.comments)
    mentions = (entry_of(each, _place(each, site, facts)) for each in view.mentions)
    keys = [*(each.post_key for each in view.comments), *(each.post_key for each in view.mentions)]
    titles = (facts[key].title for key in keys)
    entries = select(map(_about, (*comments, *mentions), titles), selection)[:MOST_ENTRIES]
    addresses = {
        each.path: f"{public_url}{each.path}?site={site.id}{_query_of(selection)}" for each in FORMATS.values()
    }
    return Feed(
        id=uuid5(_IDS, f"site {site.id}{_query_of(selection)}").urn,
        title=say("Comments for %(title)s") % {"title": site.name},
        url=site.home.text,
        self_url=addresses[chosen.path],
        description=say("What other blogs say about %(title)s") % {"title": site.name},
        language=site.language,
        updated_at=max((entry.updated_at for entry in entries), default=None),
        entries=tuple(entries),
        alternates=_alternates(addresses, chosen),
    )


def _place(entry: Comment | Mention, site: Site, facts: Mapping[str, PostFacts]) -> Post:
    return Post(site, entry.post_key, facts[entry.post_key].url or entry.target)


def _about(entry: Entry, post_title: str) -> Entry:
    return replace(entry, title=f"{entry.title} → {post_title}") if post_title else entry


def _alternates(addresses: Mapping[str, str], chosen: Format) -> tuple[Alternate, ...]:
    others = (other for other in FORMATS.values() if other is not chosen)
    return tuple(Alternate(other.media_type, addresses[other.path]) for other in others)
