"""GET /comments.rss?target=URL: the comment feed of a post."""

from dataclasses import replace

from aiohttp import web

from linkback.feeds.entry import Feed, entry_of
from linkback.feeds.rss import MEDIA_TYPE, write_rss
from linkback.sites import Post
from linkback.store.posts import PostView
from service.conditional import answer
from service.keys import PAGES, POSTS, PUBLIC_URL
from service.languages import translations
from service.pages import Page, page_of
from service.posts import address_for, post_of, title_of

FEED_PATH = "/comments.rss"
MOST_ENTRIES = 100


async def comments_rss(request: web.Request) -> web.Response:
    """Answer with the feed; a post that nothing has linked to has a valid, empty one."""
    post = post_of(request)
    posts = request.app[POSTS]
    public_url = request.app[PUBLIC_URL]

    async def render() -> Page:
        view = await posts.view(post, MOST_ENTRIES)
        return page_of(write_rss(feed_of(post, view, public_url)), view.facts.changed_at)

    page = await request.app[PAGES].get(post.key, ("rss", post.url), render)
    return answer(request, page, MEDIA_TYPE)


def feed_of(post: Post, view: PostView, public_url: str) -> Feed:
    """The feed of what readers may see of a post, in the site's language."""
    place = replace(post, url=view.facts.url or post.url)
    say = translations(post.site.language).gettext
    title = {"title": title_of(place, view.facts)}
    self_url = address_for(FEED_PATH, place, public_url)
    return Feed(
        id=self_url,
        title=say("Comments on: %(title)s") % title,
        url=place.url,
        self_url=self_url,
        description=say("What other blogs say about %(title)s") % title,
        language=post.site.language,
        updated_at=view.facts.changed_at,
        entries=tuple(entry_of(mention, place) for mention in view.mentions),
    )
