"""Word of what has been settled or postponed, for those who wait for it and those who keep copies."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from linkback.mentions import Reason, State
from linkback.store.connection import Store

PAUSE_S = 0.2
SILENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class MentionMoved:
    """A mention has been settled or postponed, and its post may look different."""

    mention_id: str
    state: State
    reason: Reason
    post_key: str


@dataclass(frozen=True, slots=True)
class PostMoved:
    """Something is known of a post that was not known before."""

    post_key: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The connection was lost, or has only now been made: anything may have changed unheard."""

    is_connected: bool


async def listen(store: Store) -> AsyncIterator[MentionMoved | PostMoved | Interrupted]:
    """Tell all news for ever, and say so whenever some may have been missed."""
    while True:
        try:
            async with store.client.pubsub() as subscription:
                await subscription.subscribe(*(partition.news for partition in store.layout.all()))
                yield Interrupted(is_connected=True)
                async for news in _read(subscription):
                    yield news
        except (RedisError, OSError):
            yield Interrupted(is_connected=False)
            await asyncio.sleep(PAUSE_S)


async def _read(subscription: PubSub) -> AsyncIterator[MentionMoved | PostMoved]:
    while True:
        answer = await subscription.parse_response(block=False, timeout=SILENCE_S)
        if answer is None:
            await subscription.ping()
        elif answer[0] == "message":
            yield _read_news(answer[2])


def _read_news(text: str) -> MentionMoved | PostMoved:
    """What settle.lua tells of a mention, or learn.lua of a post."""
    if " " not in text:
        return PostMoved(text)
    mention_id, state, reason, post_key = text.split(" ")
    return MentionMoved(mention_id, State(state), Reason(reason), post_key)
