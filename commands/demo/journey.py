"""The journey of a pingback and of a trackback, from the blogs that send them into the feed of the post."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

import aiohttp

from commands.demo.blogs import Blogs
from commands.demo.feed_reader import Linkback, missing_from, read_feed
from commands.demo.installation import Installation
from commands.demo.narrator import Narrator
from commands.demo.sender import Endpoints, discover, send_pingback, send_trackback
from commands.demo.steps import Step, StepFailed, bounded
from commands.demo.stories import BREAD, NIGHT_TRAIN, SOUP

SHOWN_WITHIN_S = 5.0
READ_AGAIN_AFTER_S = 0.1


def pingback_of(blogs: Blogs) -> Linkback:
    """What the pingback should look like in the feed; everything but its source is read from the source's page."""
    return Linkback("pingback", blogs.bread, BREAD.title, BREAD.author, BREAD.excerpt)


def trackback_of(blogs: Blogs) -> Linkback:
    """What the trackback should look like in the feed."""
    return Linkback("trackback", blogs.soup, SOUP.title, SOUP.author, SOUP.excerpt)


@dataclass(frozen=True, slots=True)
class Journey:
    """The demo, once everything runs."""

    blogs: Blogs
    service: Installation
    session: aiohttp.ClientSession
    narrator: Narrator

    async def travel(self) -> None:
        """
        Go all the way.

        Raises:
            StepFailed: if a step fails, or the feed lacks something in the end.
        """
        self._introduce()
        await self._wait_until_ready()
        endpoints = await self._discover()
        await self._send_pingback(endpoints)
        await self._send_trackback(endpoints)
        await self._read_feed()

    def _introduce(self) -> None:
        self.narrator.begin("Three blogs are on the air")
        self.narrator.tell(NIGHT_TRAIN.blog, self.blogs.post.post)
        self.narrator.tell(BREAD.blog, f"{self.blogs.bread} links to it")
        self.narrator.tell(SOUP.blog, f"{self.blogs.soup} links to it")

    async def _wait_until_ready(self) -> None:
        self.narrator.begin("The service starts: linkback serve")
        async with bounded(Step.START):
            worker = await self.service.event("worker ready")
            self.narrator.tell("worker ready", f"looks at up to {worker['concurrency']} pages at once")
            receiver = await self.service.event("receiver ready")
            self.narrator.tell("receiver ready", receiver["address"])

    async def _discover(self) -> Endpoints:
        self.narrator.begin(f"Other blogs look at “{NIGHT_TRAIN.title}”: does it take linkbacks?")
        async with bounded(Step.DISCOVERY):
            endpoints = await discover(self.session, self.blogs.post.post)
        found = {
            "X-Pingback": endpoints.pingback_header,
            '<link rel="pingback">': endpoints.pingback_link,
            "trackback:ping": endpoints.trackback,
        }
        for name, address in found.items():
            if not address:
                raise StepFailed(Step.DISCOVERY, f"the post's page has no {name}.")
            self.narrator.tell(name, address)
        return endpoints

    async def _send_pingback(self, endpoints: Endpoints) -> None:
        self.narrator.begin(f"{BREAD.blog} sends a pingback")
        sending = send_pingback(endpoints.pingback_header, self.blogs.bread, self.blogs.post.post)
        await self._follow(Step.PINGBACK, pingback_of(self.blogs), sending)

    async def _send_trackback(self, endpoints: Endpoints) -> None:
        self.narrator.begin(f"{SOUP.blog} sends a trackback")
        form = {"url": self.blogs.soup, "title": SOUP.title, "excerpt": SOUP.excerpt, "blog_name": SOUP.blog}
        sending = send_trackback(self.session, endpoints.trackback, form)
        await self._follow(Step.TRACKBACK, trackback_of(self.blogs), sending)

    async def _follow(self, step: Step, linkback: Linkback, sending: Awaitable[str]) -> None:
        async with bounded(step):
            answer, _ = await asyncio.gather(sending, self._tell_verification(linkback.source))
            self.narrator.tell("answered", f"“{answer}”")
        async with bounded(Step.FEED):
            await self._wait_until_shown(linkback)
            self.narrator.tell("in the feed", linkback.title)

    async def _tell_verification(self, source: str) -> None:
        """Tell what the log says of a ping, in the order of the journey: the lines of two processes may cross."""
        received = await self.service.event("ping received", source=source)
        mention = received["mention"]
        self.narrator.tell("received", f"{source} says that it links to {received['target']}")
        source_fetched = await self.service.event("fetched", mention=mention, what="source")
        post_fetched = self.service.past_event("fetched", mention=mention, what="target")
        if post_fetched is not None:
            self.narrator.tell("fetched", f"the post, for its title, {post_fetched['bytes']} bytes")
        self.narrator.tell("fetched", f"the source, {source_fetched['bytes']} bytes")
        settled = await self.service.event("mention settled", mention=mention)
        if settled["state"] != "approved":
            raise StepFailed(Step.VERIFICATION, f"the mention is {settled['state']}: {settled['reason']}.")
        self.narrator.tell("verified", "the source links to the post: approved")

    async def _wait_until_shown(self, linkback: Linkback) -> None:
        """The receiver is told of the verdict at the same moment as we are, so that its feed may be a moment late."""
        deadline = asyncio.get_running_loop().time() + SHOWN_WITHIN_S
        while lacks := missing_from(await self._feed(), [linkback]):
            if asyncio.get_running_loop().time() > deadline:
                raise StepFailed(Step.FEED, " ".join(lacks))
            await asyncio.sleep(READ_AGAIN_AFTER_S)

    async def _read_feed(self) -> None:
        self.narrator.begin("A feed reader reads the post's comment feed")
        async with bounded(Step.FEED):
            feed = await self._feed()
        for entry in read_feed(feed):
            self.narrator.tell(entry.protocol, f"{entry.title}, {entry.author}: {entry.source}")
        lacks = missing_from(feed, [pingback_of(self.blogs), trackback_of(self.blogs)])
        if lacks:
            raise StepFailed(Step.FEED, " ".join(lacks))

    async def _feed(self) -> bytes:
        async with self.session.get(self.blogs.post.feed, raise_for_status=True) as answer:
            return await answer.read()
