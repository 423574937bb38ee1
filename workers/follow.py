"""The job of following a blog: read its feed, learn its posts, have what is new announced, subscribe at its hub."""

import asyncio
import random
import secrets
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from linkback.blog_feed import BlogFeed, FeedItem, NotAFeedError, read_feed
from linkback.fetching import Fetched, Fetcher
from linkback.following import (
    FollowedFeed,
    Subscription,
    after_failure,
    after_reading,
    must_subscribe,
    next_reading,
)
from linkback.protocols import websub
from linkback.sites import Site, Sites
from linkback.store.feeds import Feeds
from linkback.store.jobs import Job, Jobs
from linkback.store.records import PostFacts
from linkback.urls import Url, UrlError, parse_url
from linkback.verdicts import FetchFailed

ACCEPT = "application/rss+xml,application/atom+xml,application/feed+json,application/xml;q=0.9,*/*;q=0.5"
NOT_MODIFIED = 304
LEASE = timedelta(days=10)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class News:
    """A feed that was read: `links` are the Link headers it came with, by which it may name its hub."""

    feed: BlogFeed
    url: Url
    links: tuple[str, ...] = ()
    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A feed that could not be read; `is_unchanged` if there was no need to."""

    detail: str
    is_unchanged: bool = False
    retry_after_s: float = 0


@dataclass(frozen=True, slots=True)
class Follower:
    """Everything that following needs; `callback_base` is where hubs can reach us, empty if they cannot."""

    sites: Sites
    jobs: Jobs
    feeds: Feeds
    fetcher: Fetcher
    parsers: Executor
    every: timedelta
    callback_base: str

    async def follow(self, job: Job) -> None:
        """Do one job, from the site to the next reading of its feed."""
        structlog.contextvars.bind_contextvars(site=job.item)
        site = self.sites.get(job.item)
        if site is None or site.feed is None:
            await self.jobs.drop(job)
            return
        before = await self.feeds.of_site(site.id)
        found = await self._read(site.feed, before)
        after = await self._conclude(site, before, found)
        retry_after_s = found.retry_after_s if isinstance(found, Unread) else 0
        jitter = random.random()  # noqa: S311 - it spreads load and hides nothing
        again_at = next_reading(after, self.every, datetime.now(UTC), jitter=jitter, retry_after_s=retry_after_s)
        await self.feeds.finish(job, before, after, again_at)
        log.info("feed read", detail=after.detail, failures=after.failures, again_at=again_at.isoformat())

    async def _read(self, url: Url, before: FollowedFeed) -> News | Unread:
        """Read what the hub delivered, or else what the blog has; it is asked for it only if it has changed."""
        if before.delivery is not None:
            return await self._parse(before.delivery.body, url, before.delivery.media_type, before.delivery.charset)
        validators = {"If-None-Match": before.etag, "If-Modified-Since": before.modified}
        given = {name: value for name, value in validators.items() if value}
        answer = await self.fetcher.fetch(url, ACCEPT, given)
        if isinstance(answer, Fetched) and answer.is_truncated:
            log.warning("feed longer than fetch.max_bytes", url=answer.url.text, read=len(answer.body))
        if isinstance(answer, FetchFailed):
            return Unread(answer.detail, answer.status == NOT_MODIFIED, answer.retry_after or 0)
        return await self._parse(answer.body, answer.url, answer.media_type, answer.charset, answer)

    async def _parse(
        self, body: bytes, url: Url, media_type: str, charset: str, answer: Fetched | None = None
    ) -> News | Unread:
        read = partial(read_feed, body, url=url, media_type=media_type, charset=charset)
        try:
            feed = await asyncio.get_running_loop().run_in_executor(self.parsers, read)
        except NotAFeedError as error:
            return Unread(f"{url.text}: {error}")
        if answer is None:
            return News(feed, url)
        headers = answer.headers
        links = tuple(headers.getall("Link", ()))
        return News(feed, url, links, headers.get("ETag", ""), headers.get("Last-Modified", ""))

    async def _conclude(self, site: Site, before: FollowedFeed, found: News | Unread) -> FollowedFeed:
        now = datetime.now(UTC)
        if isinstance(found, Unread):
            if found.is_unchanged:
                return after_reading(before, before.etag, before.modified, now)
            return after_failure(before, found.detail)
        await self._learn(site, found.feed, is_news=before.read_at is not None)
        if before.delivery is not None:
            return after_reading(before, before.etag, before.modified, now)
        await self._subscribe(site, before.subscription, found)
        return after_reading(before, found.etag, found.modified, now)

    async def _learn(self, site: Site, feed: BlogFeed, *, is_news: bool) -> None:
        """Take in all posts; those that stand in the feed when following begins are known, and not announced."""
        learnt = await asyncio.gather(*(self._learn_post(site, feed, item, is_news=is_news) for item in feed.items))
        log.info("posts learnt", posts=len(learnt), new=sum(learnt), announced=is_news)

    async def _learn_post(self, site: Site, feed: BlogFeed, item: FeedItem, *, is_news: bool) -> bool:
        try:
            post = self.sites.locate(parse_url(item.url))
        except UrlError:
            return False
        if post is None or post.site != site:
            return False
        now = datetime.now(UTC)
        language = item.language or feed.language
        seen_at = now if item.title else None
        facts = PostFacts(item.url, item.title, language, seen_at, published_at=item.published_at)
        return await self.feeds.learn(post, facts, item.digest, now, is_news=is_news)

    async def _subscribe(self, site: Site, known: Subscription | None, news: News) -> None:
        """Ask the feed's hub to tell us what is new (WebSub section 5.1); what we ask for is written down before."""
        found = websub.find_hub(news.links, news.feed.hubs, news.feed.self_url, news.url)
        now = datetime.now(UTC)
        if not self.callback_base or found is None:
            return
        hub, topic = found.hub, found.topic
        if not must_subscribe(known, hub.text, topic.raw, now):
            return
        subscription = Subscription(hub.text, topic.raw, secrets.token_urlsafe(), secrets.token_urlsafe(), now)
        await self.feeds.remember(site.id, subscription)
        callback = f"{self.callback_base}/websub/{site.id}/{subscription.token}"
        form = websub.encode_subscription(callback, topic.raw, subscription.secret, LEASE)
        answer = await self.fetcher.post(hub, form, websub.FORM)
        said = answer.detail if isinstance(answer, FetchFailed) else f"HTTP {answer.status}"
        log.info("hub asked", hub=hub.text, topic=topic.raw, answer=said)
