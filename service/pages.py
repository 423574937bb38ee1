"""
What is served again and again, rendered once per change: feeds and embeds, kept in the process until there is news.

Nothing asks the store whether a copy is still good: the store tells of every change. While it cannot be heard, each
request reads anew, and a copy is served only where even that fails.
"""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime

from cachetools import LRUCache

from linkback.store.errors import StoreError
from linkback.store.news import Interrupted, MentionMoved, PostMoved

MOST_POSTS = 1024
MOST_SITES = 64

Variant = tuple[str, str]
"""Which page about a post: what is rendered (rss, embed), and the address by which the post was asked for."""

Render = Callable[[], Coroutine[None, None, "Page"]]


@dataclass(frozen=True, slots=True)
class Page:
    """Rendered bytes; `etag` is a strong one (RFC 9110 section 8.8.3), `changed_at` None if nothing ever changed."""

    body: bytes
    etag: str
    changed_at: datetime | None


def page_of(body: bytes, changed_at: datetime | None) -> Page:
    """Give the bytes their tag: the same bytes have the same tag in every process."""
    return Page(body, hashlib.blake2b(body, digest_size=12).hexdigest(), changed_at)


class Pages:
    """The copies that this process keeps, by post."""

    def __init__(self) -> None:
        self._copies: LRUCache[str, dict[Variant, asyncio.Task[Page]]] = LRUCache(MOST_POSTS)
        self._of_sites: LRUCache[str, dict[Variant, asyncio.Task[Page]]] = LRUCache(MOST_SITES)
        self._hears_news = False

    async def get_of_site(self, site_id: str, variant: Variant, render: Render) -> Page:
        """A page about a whole site, as `get`; any news may be about it."""
        return await self._get(self._of_sites.setdefault(site_id, {}), variant, render)

    async def get(self, post_key: str, variant: Variant, render: Render) -> Page:
        """
        The page about a post, rendered now unless a good copy is there; requests at the same time share one rendering.

        Raises:
            StoreError: if it must be read anew and cannot be, and there is no copy.
        """
        return await self._get(self._copies.setdefault(post_key, {}), variant, render)

    async def _get(self, copies: dict[Variant, asyncio.Task[Page]], variant: Variant, render: Render) -> Page:
        if self._hears_news and variant in copies:
            return await asyncio.shield(copies[variant])
        rendering = asyncio.create_task(render())
        if variant not in copies:
            copies[variant] = rendering
        try:
            page = await asyncio.shield(rendering)
        except StoreError:
            if copies[variant] is rendering:
                del copies[variant]
                raise
            return await copies[variant]
        copies[variant] = rendering
        return page

    def hear(self, news: MentionMoved | PostMoved | Interrupted) -> None:
        """Let go of what may not be true any more; what is being rendered at this moment will not be kept either."""
        self._of_sites.clear()
        if not isinstance(news, Interrupted):
            self._copies.pop(news.post_key, None)
            return
        self._hears_news = news.is_connected
        if news.is_connected:
            self._copies.clear()
