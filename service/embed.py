"""GET /embed?target=URL: comments and linkbacks of a post, as a piece of HTML for the foot of that post."""

from dataclasses import dataclass, replace
from datetime import datetime

from aiohttp import web

from linkback.comments import Comment
from linkback.feeds.entry import anchor_of, entry_of
from linkback.mentions import Kind, Mention, Reason
from linkback.sites import Comments, Post
from linkback.store.posts import PostView
from linkback.threads import Thread, threads_of
from linkback.urls import parse_url
from service.conditional import answer
from service.feeds import FEED_PATH
from service.keys import PAGES, POSTS, PUBLIC_URL
from service.languages import format_day, spoken, translations
from service.pages import Page, page_of
from service.posts import address_for, post_of, title_of
from service.templating import render

MOST_SHOWN = 1000
COMMENTS_PATH = "/comments"

CONVERSATION = frozenset({Kind.REPLY})
"""Kinds of mentions that stand among the comments."""

REACTIONS = (Kind.LIKE, Kind.REPOST, Kind.BOOKMARK, Kind.RSVP)
"""Kinds that are shown by who is behind them, in this order."""


@dataclass(frozen=True, slots=True)
class Note:
    """A comment, or a reply on another site, as the page shows it; `host` is where it was written, if not here."""

    anchor: str
    name: str
    url: str
    photo: str
    host: str
    source: str
    html: str
    day: str
    received_at: datetime
    answer_url: str
    answers: tuple["Note", ...]


@dataclass(frozen=True, slots=True)
class Face:
    """Who liked, reposted or bookmarked the post, or said whether he comes."""

    name: str
    url: str
    photo: str
    answer: str


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
    is_lost: bool


async def embed(request: web.Request) -> web.Response:
    """Answer with what readers may see of the post, in the site's language."""
    post = post_of(request)
    posts = request.app[POSTS]
    public_url = request.app[PUBLIC_URL]

    async def render() -> Page:
        view = await posts.view(post, MOST_SHOWN)
        return page_of(render_embed(post, view, public_url).encode(), view.facts.changed_at)

    page = await request.app[PAGES].get(post.key, ("embed", post.url), render)
    return answer(request, page, "text/html")


def render_embed(post: Post, view: PostView, public_url: str) -> str:
    """
    The HTML of what readers may see of a post.

    Comments and replies come oldest first, since a conversation is read from its beginning; pages that link here come
    newest first, since each stands for itself.
    """
    place = replace(post, url=view.facts.url or post.url)
    language = post.site.language
    form_url = address_for(COMMENTS_PATH, place, public_url)
    replies = (mention for mention in view.mentions if mention.kind in CONVERSATION)
    others = (mention for mention in view.mentions if mention.kind is Kind.MENTION)
    return render(
        "embed.html",
        language,
        language=spoken(language),
        title=title_of(place, view.facts),
        feed_url=address_for(FEED_PATH, place, public_url),
        notes=[_note(thread, form_url, language) for thread in threads_of((*view.comments, *replies))],
        responses=len(view.comments) + len(view.mentions),
        reactions=[(kind.value, faces) for kind in REACTIONS if (faces := _faces(view, kind))],
        lines=[_line(mention, place, language) for mention in others],
        form_url="" if post.site.comments is Comments.CLOSED else form_url,
        needs_email=post.site.needs_email,
    )


def _note(thread: Thread, form_url: str, language: str) -> Note:
    entry = thread.entry
    answers = tuple(_note(each, form_url, language) for each in thread.answers)
    about = {
        "anchor": anchor_of(entry.id),
        "day": format_day(entry.received_at, language),
        "answer_url": f"{form_url}&in_reply_to={entry.id}",
    }
    if isinstance(entry, Comment):
        return Note(
            name=entry.name,
            url=entry.website,
            photo="",
            host="",
            source="",
            html=entry.html,
            received_at=entry.received_at,
            answers=answers,
            **about,
        )
    source = parse_url(entry.source)
    return Note(
        name=entry.author or source.host,
        url=entry.author_url,
        photo=entry.author_photo,
        host=source.host,
        source=entry.url or entry.source,
        html=entry.content,
        received_at=entry.received_at,
        answers=answers,
        **about,
    )


def _faces(view: PostView, kind: Kind) -> list[Face]:
    return [
        Face(
            mention.author or mention.site_name or parse_url(mention.source).host,
            mention.url or mention.source,
            mention.author_photo,
            mention.rsvp,
        )
        for mention in view.mentions
        if mention.kind is kind
    ]


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
        is_lost=mention.reason is Reason.SOURCE_LOST,
    )
