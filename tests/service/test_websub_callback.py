"""What hubs, and those who pretend to be one, send at the wrong time."""

from datetime import UTC, datetime

import pytest
from wire import ask

from linkback.following import Subscription
from linkback.store.connection import Store
from linkback.store.feeds import Feeds

SUBSCRIPTION = Subscription("https://hub.example/", "https://ours.example/feed", "token", "secret", datetime.now(UTC))
TOPIC = "hub.topic=https://ours.example/feed"


@pytest.fixture
async def feeds(store: Store) -> Feeds:
    feeds = Feeds(store)
    await feeds.remember("ours", SUBSCRIPTION)
    return feeds


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/websub/ours/token", f"hub.mode=subscribe&{TOPIC}&hub.challenge=x&hub.lease_seconds=60", 200),
        ("/websub/ours/token", f"hub.mode=denied&{TOPIC}&hub.reason=no", 200),
        ("/websub/ours/token", "", 400),
        ("/websub/ours/token", f"hub.mode=subscribe&{TOPIC}", 400),
        ("/websub/ours/token", f"hub.mode=subscribe&{TOPIC}&hub.challenge=x&hub.lease_seconds=soon", 400),
        ("/websub/ours/token", "hub.mode=subscribe&hub.topic=https://x/&hub.challenge=x&hub.lease_seconds=60", 404),
        ("/websub/ours/guess", f"hub.mode=subscribe&{TOPIC}&hub.challenge=x&hub.lease_seconds=60", 404),
        ("/websub/none/token", f"hub.mode=subscribe&{TOPIC}&hub.challenge=x&hub.lease_seconds=60", 404),
    ],
)
async def test_a_hub_is_answered_and_only_a_promise_that_was_asked_for_is_believed(
    receiver: str, feeds: Feeds, path: str, query: str, status: int
) -> None:
    answered = await ask("GET", f"{receiver}{path}?{query}")
    assert answered.status == status
    subscription = (await feeds.of_site("ours")).subscription
    assert subscription is not None
    assert subscription.is_active(datetime.now(UTC)) is ("lease_seconds=60" in query and status == 200)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/websub/ours/token", b"<rss/>", 202),
        ("/websub/ours/token", b"", 202),
        ("/websub/ours/guess", b"<rss/>", 404),
        ("/websub/ours/token", b"x" * 1_000_001, 413),
    ],
)
async def test_a_delivery_without_the_hubs_signature_leaves_nothing(
    receiver: str, feeds: Feeds, path: str, body: bytes, status: int
) -> None:
    before = await feeds.of_site("ours")
    assert (await ask("POST", receiver + path, body, "application/rss+xml")).status == status
    assert await feeds.of_site("ours") == before
