"""GET /embed?target=URL: what linked to a post, as a piece of HTML for the foot of that post."""

from dataclasses import dataclass, replace
from datetime import datetime

from aiohttp import web

from linkback.feeds.entry import entry_of
from linkback.mentions import Mention
from linkback.sites import Post
from linkback.store.posts import PostView
from service.conditional import answer
from service.feeds import FEED_PATH
from service.keys import PAGES, POSTS, PUBLIC_URL
from service.languages import format_day, spoken, translations
from service.pages import Page, page_of
from service.posts import address_for, post_of, title_of
from service.templating import render

MOST_MENTIONS = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """One mention as the page shows it; `language` is that of its words, empty if not known."""

    id: str
    url: str
    title: str
    site_name: str
    excerpt: str
    language: str
    kind: str
    day: str
    received_at: datetime


async def embed(request: web.Request) -> web.Response:
    """Answer with the list, in the site's language."""
    post = post_of(request)
    posts = request.app[POSTS]
    public_url = request.app[PUBLIC_URL]

    async def render() -> Page:
        view = await posts.view(post, MOST_MENTIONS)
        return page_of(render_embed(post, view, public_url).encode(), view.facts.changed_at)

    page = await request.app[PAGES].get(post.key, ("embed", post.url), render)
    return answer(request, page, "text/html")


def render_embed(post: Post, view: PostView, public_url: str) -> str:
    """The HTML of what readers may see of a post."""
    place = replace(post, url=view.facts.url or post.url)
    language = post.site.language
    return render(
        "embed.html",
        language,
        language=spoken(language),
        title=title_of(place, view.facts),
        feed_url=address_for(FEED_PATH, place, public_url),
        lines=[_line(mention, place, language) for mention in view.mentions],
    )


def _line(mention: Mention, post: Post, language: str) -> Line:
    entry = entry_of(mention, post)
    return Line(
        id=mention.id,
        url=entry.url,
        title=entry.title,
        site_name=mention.site_name if mention.site_name != entry.title else "",
        excerpt=mention.excerpt,
        language=mention.language,
        kind=translations(language).gettext(mention.protocol.value.capitalize()),
        day=format_day(mention.received_at, language),
        received_at=mention.received_at,
    )
