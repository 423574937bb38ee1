"""Senders who wait for the verdict on their ping: a future each, and no worker, thread or connection of its own."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from linkback.mentions import Reason
from linkback.store.news import MentionMoved


class Waiting:
    """Who waits for which mention."""

    def __init__(self) -> None:
        self._futures: dict[str, set[asyncio.Future[Reason]]] = {}

    @contextmanager
    def expect(self, mention_id: str) -> Iterator[asyncio.Future[Reason]]:
        """A future of the next thing that happens to a mention; to be asked for before the mention is stored."""
        future: asyncio.Future[Reason] = asyncio.get_running_loop().create_future()
        futures = self._futures.setdefault(mention_id, set())
        futures.add(future)
        try:
            yield future
        finally:
            future.cancel()
            futures.discard(future)
            if not futures:
                self._futures.pop(mention_id, None)

    def tell(self, news: MentionMoved) -> None:
        """Let those who wait for a mention know what became of it."""
        for future in self._futures.get(news.mention_id, ()):
            if not future.done():
                future.set_result(news.reason)
