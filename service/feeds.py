"""GET /comments.rss, .atom and .json ?target=URL: the comment feed of a post."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from aiohttp import web

from linkback.feeds import atom, json_feed, rss
from linkback.feeds.entry import Alternate, Entry, Feed, entry_of, entry_of_comment
from linkback.sites import Post
from linkback.store.posts import PostView
from service.conditional import answer
from service.keys import PAGES, POSTS, PUBLIC_URL
from service.languages import translations
from service.pages import Page, page_of
from service.posts import address_for, post_of, title_of

MOST_ENTRIES = 100

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
    post = post_of(request)
    name = request.match_info["format"]
    chosen = FORMATS[name]
    posts = request.app[POSTS]
    public_url = request.app[PUBLIC_URL]

    async def render() -> Page:
        view = await posts.view(post, MOST_ENTRIES)
        return page_of(chosen.write(feed_of(post, view, public_url, chosen)), view.facts.changed_at)

    page = await request.app[PAGES].get(post.key, (name, post.url), render)
    return answer(request, page, chosen.media_type)


def feed_of(post: Post, view: PostView, public_url: str, chosen: Format) -> Feed:
    """The feed of what readers may see of a post, in the site's language; formats differ in their addresses alone."""
    place = replace(post, url=view.facts.url or post.url)
    say = translations(post.site.language).gettext
    title = {"title": title_of(place, view.facts)}
    others = (other for other in FORMATS.values() if other is not chosen)
    return Feed(
        id=uuid5(_IDS, post.key).urn,
        title=say("Comments on: %(title)s") % title,
        url=place.url,
        self_url=address_for(chosen.path, place, public_url),
        description=say("What other blogs say about %(title)s") % title,
        language=post.site.language,
        updated_at=view.facts.changed_at,
        entries=_entries(view, place),
        alternates=tuple(Alternate(other.media_type, address_for(other.path, place, public_url)) for other in others),
    )


def _entries(view: PostView, place: Post) -> tuple[Entry, ...]:
    """Comments and mentions together, the newest first."""
    comments = (entry_of_comment(comment, place) for comment in view.comments)
    mentions = (entry_of(mention, place) for mention in view.mentions)
    entries = sorted((*comments, *mentions), key=lambda entry: entry.published_at, reverse=True)
    return tuple(entries[:MOST_ENTRIES])
