"""The receiver, put together from the settings: the only place where its parts are wired."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from config.settings import Settings
from linkback.store.comments import Comments
from linkback.store.connection import Store
from linkback.store.feeds import Feeds
from linkback.store.inbox import Inbox
from linkback.store.mentions import Mentions
from linkback.store.moderation import Moderation
from linkback.store.news import MentionMoved, listen
from linkback.store.posts import Posts
from service import api, comments, embed, feeds, health, mentions, own_comments, pingback, trackback, webmention, websub
from service.keys import (
    COMMENTS,
    FEEDS,
    MAX_BODY_BYTES,
    MAX_DELIVERY_BYTES,
    MAX_MULTICALL,
    MENTIONS,
    MODERATION,
    PAGES,
    POSTS,
    PUBLIC_URL,
    RECEPTION,
    SIGNING,
    SITES,
    STORE,
)
from service.middleware import one_line_a_request
from service.pages import Pages
from service.receiving import Reception
from service.signing import Signing
from service.waiting import Waiting

CANCEL_EVERY_S = 0.1


def create_app(settings: Settings, store: Store) -> web.Application:
    """Make the application; it listens to the store's news while it runs."""
    app = web.Application(middlewares=[one_line_a_request])
    sites = settings.all_sites()
    waiting = Waiting()
    app[SITES] = sites
    app[STORE] = store
    app[MENTIONS] = Mentions(store)
    app[COMMENTS] = Comments(store)
    app[MODERATION] = Moderation(store)
    app[SIGNING] = Signing(store)
    app[POSTS] = Posts(store)
    app[FEEDS] = Feeds(store)
    app[PAGES] = Pages()
    app[RECEPTION] = Reception(sites, Inbox(store), waiting, settings.server.answer_within)
    app[PUBLIC_URL] = settings.public_url
    app[MAX_BODY_BYTES] = settings.server.max_body_bytes
    app[MAX_DELIVERY_BYTES] = settings.fetch.max_bytes
    app[MAX_MULTICALL] = settings.server.max_multicall
    app.cleanup_ctx.append(lambda app: _hear_news(app, waiting))
    app.add_routes(
        [
            web.post("/pingback", pingback.call),
            web.post("/xmlrpc", pingback.call),
            web.post("/trackback", trackback.ping),
            web.get("/trackback", trackback.show),
            web.post("/trackback/{post_id:[^/]+}", trackback.ping),
            web.get("/trackback/{post_id:[^/]+}", trackback.show),
            web.post("/webmention", webmention.receive),
            web.get("/webmention", webmention.form),
            web.get(mentions.PATH, mentions.standing),
            web.get(feeds.PATH, feeds.comments),
            web.get("/embed", embed.embed),
            web.get(comments.PATH, comments.form),
            web.post(comments.PATH, comments.create),
            web.get(comments.ONE_PATH, own_comments.show),
            web.post(comments.ONE_PATH, own_comments.change),
            web.get("/api/mentions.jf2", api.mentions_jf2),
            web.get("/api/mentions.atom", api.mentions_atom),
            web.get("/api/mentions.html", api.mentions_html),
            web.get("/api/count", api.count),
            web.get(websub.PATH, websub.confirm),
            web.post(websub.PATH, websub.deliver),
            web.get("/healthz", health.healthz),
            web.get("/readyz", health.readyz),
        ]
    )
    return app


async def _hear_news(app: web.Application, waiting: Waiting) -> AsyncIterator[None]:
    listener = asyncio.create_task(_pass_on_news(app, waiting))
    yield
    # More than once, since redis-py waits by asyncio.wait_for, which before Python 3.12 can swallow a cancellation.
    while not listener.done():
        listener.cancel()
        await asyncio.wait([listener], timeout=CANCEL_EVERY_S)


async def _pass_on_news(app: web.Application, waiting: Waiting) -> None:
    async for news in listen(app[STORE]):
        app[PAGES].hear(news)
        if isinstance(news, MentionMoved):
            waiting.tell(news)
