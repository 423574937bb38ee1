"""The job of verification: look at the post and at the source, judge, and settle."""

import asyncio
import random
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from linkback.fetching import Fetched, Fetcher
from linkback.mentions import Mention, Protocol, Reason
from linkback.page import read_author_page, read_page, read_target
from linkback.sites import Post, Sites
from linkback.store.jobs import Job, Jobs
from linkback.store.mentions import Mentions
from linkback.store.posts import Posts
from linkback.store.records import PostFacts
from linkback.urls import Url, UrlError, parse_url
from linkback.verdicts import (
    FetchFailed,
    PageReading,
    Rules,
    TryAgain,
    Verdict,
    give_up,
    judge,
    judge_missing_target,
    next_look,
    postponed,
    settled,
)

MOST_DELIVERIES = 3
"""A job that so many workers began and did not finish is not tried again."""

LOOK_AGAIN_AFTER = timedelta(hours=1)
"""A post whose page told no title is looked at again by the first mention that comes later than this."""

log = structlog.get_logger()

Said = TypeVar("Said")
"""What a page is read for."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long to wait after each failed look, how often to look again, and how long to be patient; see Rules."""

    retry_delays: Sequence[timedelta]
    every: timedelta
    grace: timedelta


@dataclass(frozen=True, slots=True)
class Verifier:
    """Everything that verification needs; `parsers` is where pages are read, apart from the event loop."""

    sites: Sites
    jobs: Jobs
    mentions: Mentions
    posts: Posts
    fetcher: Fetcher
    parsers: Executor
    timing: Timing

    async def verify(self, job: Job) -> None:
        """Do one job, from its mention to the settled verdict."""
        structlog.contextvars.bind_contextvars(mention=job.item)
        mention = await self.mentions.of_job(job)
        if mention is None:
            await self.jobs.drop(job)
            return
        post = _post_of(mention, self.sites)
        facts = None
        decision: Verdict | TryAgain
        if post is None:
            decision = give_up(mention, Reason.TARGET_GONE, "Its site is not served any more.")
        elif job.deliveries > MOST_DELIVERIES:
            detail = f"{MOST_DELIVERIES} workers ended while they looked at it."
            decision = give_up(mention, Reason.SOURCE_UNREADABLE, detail)
        else:
            decision, facts = await self._look(mention, post)
        await self._conclude(job, mention, decision, facts)

    async def _look(self, mention: Mention, post: Post) -> tuple[Verdict | TryAgain, PostFacts | None]:
        target = await self._look_at_target(post)
        if isinstance(target, FetchFailed):
            return judge_missing_target(mention, target), None
        found = await self._look_at_source(mention, post)
        rules = Rules(post.site.linkbacks, self.timing.retry_delays, self.timing.every, self.timing.grace)
        jitter = random.random()  # noqa: S311 - it spreads load and hides nothing
        return judge(mention, found, rules, datetime.now(UTC), jitter), target

    async def _look_at_target(self, post: Post) -> PostFacts | FetchFailed | None:
        """Read a post's own page once: its facts; None if they are known; FetchFailed if there is no such page."""
        known = await self.posts.facts(post)
        now = datetime.now(UTC)
        if known.seen_at and (known.title or now - known.seen_at < LOOK_AGAIN_AFTER):
            return None
        fetched = await self._fetch("target", parse_url(post.url))
        if isinstance(fetched, Fetched):
            reading = await self._read(
                partial(
                    read_target, fetched.body, url=fetched.url, media_type=fetched.media_type, charset=fetched.charset
                )
            )
            return PostFacts(self._where_to_read(post, reading, fetched.url), reading.title, reading.language, now)
        return fetched if fetched.is_missing else PostFacts(url=post.url, seen_at=now)

    async def _look_at_source(self, mention: Mention, post: Post) -> PageReading | FetchFailed:
        source = parse_url(mention.source)
        fetched = await self._fetch("source", source)
        if isinstance(fetched, FetchFailed):
            return fetched
        reading = await self._read(
            partial(
                read_page,
                fetched.body,
                url=replace(fetched.url, fragment=fetched.url.fragment or source.fragment),
                media_type=fetched.media_type,
                charset=fetched.charset,
                post=post,
                sites=self.sites,
            )
        )
        # A pingback causes one request and no more, so that nobody is hammered through us.
        may_ask_more = mention.protocol is Protocol.WEBMENTION and reading.links_to_target
        return await self._look_at_author(reading) if may_ask_more and reading.author_page else reading

    async def _look_at_author(self, reading: PageReading) -> PageReading:
        """Ask the page that the source names for who its author is (indieweb.org/authorship-spec, step 4)."""
        author_page = parse_url(reading.author_page)
        fetched = await self._fetch("author", author_page)
        if isinstance(fetched, FetchFailed):
            return reading
        author = await self._read(
            partial(
                read_author_page,
                fetched.body,
                url=fetched.url,
                media_type=fetched.media_type,
                charset=fetched.charset,
                author_page=author_page,
            )
        )
        if author is None:
            return reading
        return replace(
            reading,
            author=author.name or reading.author,
            author_url=author.url or reading.author_page,
            author_photo=author.photo,
        )

    async def _conclude(self, job: Job, before: Mention, decision: Verdict | TryAgain, facts: PostFacts | None) -> None:
        now = datetime.now(UTC)
        again_at: datetime | None
        if isinstance(decision, TryAgain):
            after, again_at = postponed(before, decision, now), decision.at
        else:
            after = settled(before, decision, now)
            again_at = next_look(after, self.timing.every, now)
        written = await self.mentions.settle(job, before, after, post=facts, look_again_at=again_at, now=now)
        log.info(
            "mention postponed" if isinstance(decision, TryAgain) else "mention settled",
            state=after.state,
            reason=after.reason,
            detail=after.detail,
            again_at=again_at and again_at.isoformat(),
            written=written,
        )

    async def _fetch(self, what: str, url: Url) -> Fetched | FetchFailed:
        result = await self.fetcher.fetch(url)
        if isinstance(result, Fetched):
            log.info("fetched", what=what, url=url.text, status=result.status, bytes=len(result.body))
        else:
            log.info("not fetched", what=what, url=url.text, kind=result.kind, detail=result.detail)
        return result

    async def _read(self, read: "partial[Said]") -> Said:
        return await asyncio.get_running_loop().run_in_executor(self.parsers, read)

    def _where_to_read(self, post: Post, reading: PageReading, final: Url) -> str:
        """The address that the page gives itself, or that we were led to, if that is this post; else the known one."""
        for candidate in (reading.canonical, final.text):
            if candidate and _locate(candidate, self.sites) == post:
                return candidate
        return post.url


def _post_of(mention: Mention, sites: Sites) -> Post | None:
    return _locate(mention.target, sites)


def _locate(url: str, sites: Sites) -> Post | None:
    try:
        return sites.locate(parse_url(url))
    except UrlError:
        return None
