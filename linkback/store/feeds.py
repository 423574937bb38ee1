"""What is known of the blogs' own feeds, and what they say of the posts."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime

from linkback.following import Delivery, FollowedFeed, Subscription
from linkback.sites import Post, Site
from linkback.store.connection import Store
from linkback.store.jobs import Job
from linkback.store.keys import WORKERS, Work
from linkback.store.pipeline import load_script
from linkback.store.records import EMPTY, PostFacts, flat, from_ms, learnt_fields, ms_or_empty, read_hash, to_ms


class Feeds:
    """The feeds of all sites."""

    def __init__(self, store: Store) -> None:
        self._pipeline = store.pipeline
        self._layout = store.layout
        self._finish = load_script("finish")
        self._learn = load_script("learn")

    async def plan(self, sites: Iterable[Site], now: datetime) -> None:
        """Have the feeds of these sites read, now where none was ever planned."""
        places = [(self._layout.of_site(site.id).later(Work.FOLLOW), site.id) for site in sites]
        await self._pipeline.commands(("ZADD", later, "NX", to_ms(now), site_id) for later, site_id in places)

    async def of_site(self, site_id: str) -> FollowedFeed:
        """What is known of the feed of a site."""
        reply = await self._pipeline.command("HGETALL", self._layout.of_site(site_id).feed(site_id))
        return _read(read_hash(reply))

    async def learn(self, post: Post, facts: PostFacts, digest: str, now: datetime, *, is_news: bool) -> bool:
        """
        Take in what a feed says of a post; `digest` stands for all that it says.

        Returns:
            True if that is not what it said before; then, if it `is_news`, the pages that the post links to are told.

        """
        partition = self._layout.of_site(post.site.id)
        announcement = flat({"url": facts.url, "site": post.site.id, "attempts": 0, "detail": EMPTY})
        return bool(
            await self._pipeline.run(
                self._learn,
                [partition.announcement(post.key), partition.post(post.key), partition.later(Work.SEND)],
                [
                    post.key,
                    digest,
                    int(is_news),
                    to_ms(now),
                    partition.news,
                    len(announcement),
                    *announcement,
                    *flat(learnt_fields(facts)),
                ],
            )
        )

    async def finish(self, job: Job, before: FollowedFeed, after: FollowedFeed, again_at: datetime) -> None:
        """End the job of reading a feed, and plan the next; what changed of the record meanwhile stays changed."""
        old, new = _fields(before), _fields(after)
        changed = {name: value for name, value in new.items() if value != old[name]}
        partition = job.partition
        await self._pipeline.run(
            self._finish,
            [partition.feed(job.item), partition.jobs(Work.FOLLOW), partition.later(Work.FOLLOW)],
            [job.entry_id, WORKERS, job.item, to_ms(again_at), *flat(changed)],
        )

    async def remember(self, site_id: str, subscription: Subscription) -> None:
        """Write down a subscription, before the hub is asked and when it has answered."""
        fields = _subscription_fields(subscription)
        await self._pipeline.command("HSET", self._layout.of_site(site_id).feed(site_id), *flat(fields))

    async def deliver(self, site_id: str, delivery: Delivery, now: datetime) -> None:
        """Take in what a hub delivered, and have it read now."""
        partition = self._layout.of_site(site_id)
        await self._pipeline.commands(
            [
                ("HSET", partition.feed(site_id), *flat(_delivery_fields(delivery))),
                ("ZADD", partition.later(Work.FOLLOW), "LT", to_ms(now), site_id),
            ]
        )


def _fields(feed: FollowedFeed) -> dict[str, str | int]:
    return {
        "etag": feed.etag,
        "modified": feed.modified,
        "read_at": ms_or_empty(feed.read_at),
        "failures": feed.failures,
        "detail": feed.detail,
        **_subscription_fields(feed.subscription),
        **_delivery_fields(feed.delivery),
    }


def _subscription_fields(subscription: Subscription | None) -> dict[str, str | int]:
    if subscription is None:
        return dict.fromkeys(("hub", "topic", "token", "secret", "asked_at", "renew_at", "ends_at"), EMPTY)
    return {
        "hub": subscription.hub,
        "topic": subscription.topic,
        "token": subscription.token,
        "secret": subscription.secret,
        "asked_at": to_ms(subscription.asked_at),
        "renew_at": ms_or_empty(subscription.renew_at),
        "ends_at": ms_or_empty(subscription.ends_at),
    }


def _delivery_fields(delivery: Delivery | None) -> dict[str, str | int]:
    if delivery is None:
        return dict.fromkeys(("delivered", "delivered_type", "delivered_charset"), EMPTY)
    return {
        "delivered": b64encode(delivery.body).decode(),
        "delivered_type": delivery.media_type,
        "delivered_charset": delivery.charset,
    }


def _read(fields: Mapping[str, str]) -> FollowedFeed:
    return FollowedFeed(
        etag=fields.get("etag", ""),
        modified=fields.get("modified", ""),
        read_at=from_ms(fields.get("read_at")),
        failures=int(fields.get("failures") or 0),
        detail=fields.get("detail", ""),
        subscription=_read_subscription(fields),
        delivery=_read_delivery(fields),
    )


def _read_subscription(fields: Mapping[str, str]) -> Subscription | None:
    asked_at = from_ms(fields.get("asked_at"))
    if asked_at is None:
        return None
    return Subscription(
        hub=fields["hub"],
        topic=fields["topic"],
        token=fields["token"],
        secret=fields["secret"],
        asked_at=asked_at,
        renew_at=from_ms(fields.get("renew_at")),
        ends_at=from_ms(fields.get("ends_at")),
    )


def _read_delivery(fields: Mapping[str, str]) -> Delivery | None:
    if not fields.get("delivered"):
        return None
    return Delivery(b64decode(fields["delivered"]), fields["delivered_type"], fields["delivered_charset"])
