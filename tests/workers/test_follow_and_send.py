"""The owner's blog is followed: its posts are learnt, and what is new or changed tells the pages that it links to."""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web
from conftest import Blog

from config.settings import ServerSettings, Settings, SiteSettings
from linkback.announcements import Outcome
from linkback.mentions import Protocol
from linkback.store.announcements import Announcements, Told
from linkback.store.connection import Store
from linkback.store.feeds import Feeds
from linkback.store.jobs import Jobs
from linkback.store.keys import Work
from linkback.store.posts import Posts
from linkback.urls import parse_url
from workers.loop import Loop

FORM = "application/x-www-form-urlencoded"


@dataclass
class Receiver:
    """Somebody's webmention endpoint: what it was told, and what it answers."""

    blog: Blog
    told: list[tuple[str, str]] = field(default_factory=list)
    status: int = 202

    def page(self, path: str, *, protocol: str = "webmention") -> str:
        """Put up a page that takes webmentions, or pingbacks."""
        self.blog.answers["/endpoint"] = self.answer
        self.blog.answers["/xmlrpc"] = self.answer_call
        places = {"webmention": "/endpoint", "pingback": "/xmlrpc"}
        return self.blog.page(path, f'<link rel="{protocol}" href="{self.blog.url}{places[protocol]}">')

    async def answer(self, request: web.Request) -> web.StreamResponse:
        form = parse_qs(await request.text())
        self.told.append((form["source"][0], form["target"][0]))
        return web.Response(status=self.status, text="Understood.")

    async def answer_call(self, request: web.Request) -> web.StreamResponse:
        self.told.append(("pingback", await request.text()))
        value = "<params><param><value><string>Thanks</string></value></param></params>"
        return web.Response(text=f"<methodResponse>{value}</methodResponse>", content_type="text/xml")

    def targets(self) -> list[str]:
        """Which targets were told since this was last asked."""
        told, self.told = self.told, []
        return sorted(target for _, target in told)


@dataclass
class Owner:
    """The owner's blog with its feed, and the worker that follows it."""

    blog: Blog
    store: Store
    settings: Settings
    loops: tuple[Loop, ...]
    items: dict[str, str] = field(default_factory=dict)
    head: str = ""
    requests: list[web.BaseRequest] = field(default_factory=list)

    def write(self, path: str, *links: str, title: str = "A post", words: str = "First words.") -> str:
        """Put up a post that links to these, and tell of it in the feed."""
        anchors = "".join(f'<p>See <a href="{link}">this</a>.</p>' for link in links)
        url = self.blog.page(path, f"<title>{title}</title><article><p>{words}</p>{anchors}</article>")
        self.items[path] = f"<item><title>{title}</title><link>{url}</link><description>{words}</description></item>"
        return url

    async def feed(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        body = (
            '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Ours</title>'
            f"<language>en</language>{self.head}{''.join(self.items.values())}</channel></rss>"
        )
        etag = f'"{hashlib.sha256(body.encode()).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(text=body, content_type="application/rss+xml", headers={"ETag": etag})

    async def read(self) -> None:
        """Let the feed be read, and all that follows from it be done."""
        await Feeds(self.store).plan(self.settings.all_sites(), datetime.now(UTC))
        await self.in_a_while(Work.FOLLOW, timedelta(days=1))
        await self.in_a_while(Work.SEND, timedelta(0))

    async def in_a_while(self, work: Work, span: timedelta) -> None:
        """Let so much time pass for one kind of work, and do what is due."""
        clock = Jobs(self.store, work, "clock", timedelta(minutes=1))
        await clock.release_due(datetime.now(UTC) + span + timedelta(seconds=1))
        await self.loops[list(Work).index(work)].run_until_idle()

    async def told(self) -> list[Told]:
        return await Announcements(self.store).latest("ours", 100)


@pytest.fixture
def public_url() -> str:
    return ""


@pytest.fixture
def settings(settings: Settings, ours: Blog, public_url: str) -> Settings:
    site = SiteSettings(id="ours", name="Our blog", home=f"{ours.url}/", feed=f"{ours.url}/feed.xml")
    return settings.model_copy(update={"sites": (site,), "server": ServerSettings(public_url=public_url)})


@pytest.fixture
async def owner(ours: Blog, store: Store, settings: Settings, loops: tuple[Loop, ...]) -> Owner:
    """An owner whose feed has been read once, with one old post in it."""
    owner = Owner(ours, store, settings, loops)
    ours.answers["/feed.xml"] = owner.feed
    owner.write("/old", "http://127.0.0.1:9/never-told", title="An old post")
    await owner.read()
    return owner


@pytest.fixture
def receiver_of_others(theirs: Blog) -> Receiver:
    return Receiver(theirs)


async def test_posts_are_learnt_from_the_feed_without_a_look_at_their_pages(owner: Owner) -> None:
    sites = owner.settings.all_sites()
    post = sites.locate(parse_url(f"{owner.blog.url}/old"))
    assert post is not None
    facts = await Posts(owner.store).facts(post)
    assert (facts.title, facts.language, facts.url) == ("An old post", "en", f"{owner.blog.url}/old")
    assert owner.blog.requests[-1].path == "/feed.xml"


async def test_what_stood_in_the_feed_when_following_began_is_not_announced(owner: Owner) -> None:
    await owner.read()
    assert await owner.told() == []


async def test_a_new_post_tells_everything_that_it_links_to_once(owner: Owner, receiver_of_others: Receiver) -> None:
    links = [receiver_of_others.page("/a"), receiver_of_others.page("/b")]
    source = owner.write("/new", *links)
    await owner.read()
    assert sorted(receiver_of_others.told) == [(source, link) for link in links]
    receiver_of_others.told.clear()
    await owner.read()
    await owner.read()
    assert receiver_of_others.told == []


async def test_a_changed_post_tells_its_links_again_and_those_too_that_it_has_lost(
    owner: Owner, receiver_of_others: Receiver
) -> None:
    kept, lost, pinged = (
        receiver_of_others.page("/kept"),
        receiver_of_others.page("/lost"),
        receiver_of_others.page("/pinged", protocol="pingback"),
    )
    owner.write("/new", kept, lost, pinged)
    await owner.read()
    assert len(receiver_of_others.targets()) == 3
    added = receiver_of_others.page("/added")
    owner.write("/new", kept, added, pinged, words="Other words.")
    await owner.read()
    assert receiver_of_others.targets() == sorted([added, kept, lost])
    owner.write("/new", kept, added, pinged, words="Last words.")
    await owner.read()
    assert receiver_of_others.targets() == sorted([added, kept])


async def test_a_post_that_is_gone_for_good_tells_all_that_it_linked_to(
    owner: Owner, receiver_of_others: Receiver
) -> None:
    target = receiver_of_others.page("/a")
    owner.write("/new", target)
    await owner.read()
    assert receiver_of_others.targets() == [target]
    owner.write("/new", words="Deleted.")
    owner.blog.page("/new", "Gone", status=410)
    await owner.read()
    assert receiver_of_others.targets() == [target]


async def test_what_fails_is_tried_again_later_and_given_up_in_the_end(
    owner: Owner, receiver_of_others: Receiver
) -> None:
    target = receiver_of_others.page("/a")
    receiver_of_others.status = 503
    owner.write("/new", target)
    await owner.read()
    tries = 1
    for _ in range(5):
        await owner.in_a_while(Work.SEND, timedelta(days=2))
        tries += len(receiver_of_others.targets()) - (tries == 1)
    assert tries == len(owner.settings.worker.retry_delays) + 1
    [told] = await owner.told()
    [sent] = told.sent.values()
    assert (sent.result.outcome, sent.result.status, sent.attempts) == (Outcome.FAILED, 503, 3)


async def test_a_target_that_was_told_is_not_told_again_when_another_is_tried_again(
    owner: Owner, receiver_of_others: Receiver, ours: Blog
) -> None:
    target = receiver_of_others.page("/a")
    owner.write("/new", target, "http://127.0.0.1:9/refuses")
    await owner.read()
    assert receiver_of_others.targets() == [target]
    await owner.in_a_while(Work.SEND, timedelta(days=2))
    assert receiver_of_others.targets() == []
    assert ours.requests[-1].path == "/new"


async def test_a_post_that_is_not_online_yet_is_read_again_later(owner: Owner, receiver_of_others: Receiver) -> None:
    target = receiver_of_others.page("/a")
    owner.write("/new", target)
    page = owner.blog.answers.pop("/new")
    await owner.read()
    assert receiver_of_others.targets() == []
    owner.blog.answers["/new"] = page
    await owner.in_a_while(Work.SEND, timedelta(minutes=5))
    assert receiver_of_others.targets() == [target]


async def test_what_was_sent_and_what_was_answered_is_kept(owner: Owner, receiver_of_others: Receiver) -> None:
    target = receiver_of_others.page("/a")
    source = owner.write("/new", target)
    before = datetime.now(UTC)
    await owner.read()
    [told] = await owner.told()
    [sent] = told.sent.values()
    assert told.url == source
    assert (sent.result.target, sent.result.protocol, sent.result.outcome) == (
        target,
        Protocol.WEBMENTION,
        Outcome.SENT,
    )
    assert (sent.result.status, sent.result.answer) == (202, "Understood.")
    assert before - timedelta(milliseconds=1) <= sent.at <= datetime.now(UTC)


async def test_a_feed_that_has_not_changed_is_not_sent_again_by_its_server(owner: Owner) -> None:
    await owner.read()
    assert "If-None-Match" in owner.requests[-1].headers
    feed = await Feeds(owner.store).of_site("ours")
    assert (feed.failures, feed.detail) == (0, "")


async def test_a_feed_that_cannot_be_read_is_read_again_and_nothing_is_forgotten(
    owner: Owner, receiver_of_others: Receiver
) -> None:
    owner.blog.page("/feed.xml", "Busy", status=503)
    await owner.read()
    feed = await Feeds(owner.store).of_site("ours")
    assert (feed.failures, "503" in feed.detail) == (1, True)
    owner.blog.answers["/feed.xml"] = owner.feed
    target = receiver_of_others.page("/a")
    owner.write("/new", target)
    await owner.read()
    assert receiver_of_others.targets() == [target]
    assert (await Feeds(owner.store).of_site("ours")).failures == 0


async def test_items_that_belong_to_another_site_are_passed_over(owner: Owner, receiver_of_others: Receiver) -> None:
    elsewhere = receiver_of_others.page("/a")
    owner.items["/x"] = f"<item><title>A link blog's item</title><link>{elsewhere}</link></item>"
    await owner.read()
    assert receiver_of_others.targets() == []


class TestWebSub:
    """A feed that names a hub is told to us by that hub."""

    @pytest.fixture
    def public_url(self) -> str:
        """Where hubs are told to reach us; the tests play the hub and ask the receiver itself."""
        return "https://linkback.example"

    @pytest.fixture
    async def hub(self, owner: Owner, theirs: Blog) -> dict[str, str]:
        """A hub that was asked, and what it was asked."""
        asked: dict[str, str] = {}

        async def answer(request: web.Request) -> web.StreamResponse:
            asked.update({name: values[0] for name, values in parse_qs(await request.text()).items()})
            return web.Response(status=202)

        theirs.answers["/hub"] = answer
        owner.head = (
            f'<atom:link rel="hub" href="{theirs.url}/hub"/>'
            f'<atom:link rel="self" href="{owner.blog.url}/feed.xml" type="application/rss+xml"/>'
        )
        await owner.read()
        return asked

    async def confirm(self, receiver: str, hub: dict[str, str], **changes: str) -> tuple[int, str]:
        query = {
            "hub.mode": "subscribe",
            "hub.topic": hub["hub.topic"],
            "hub.challenge": "a challenge",
            "hub.lease_seconds": "864000",
        } | {f"hub.{name}": value for name, value in changes.items()}
        path = urlsplit(hub["hub.callback"]).path
        async with aiohttp.ClientSession() as session, session.get(receiver + path, params=query) as response:
            return response.status, await response.text()

    async def deliver(self, receiver: str, hub: dict[str, str], body: bytes, signature: str) -> int:
        path = urlsplit(hub["hub.callback"]).path
        headers = {"X-Hub-Signature": signature, "Content-Type": "application/rss+xml"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(receiver + path, data=body, headers=headers) as response,
        ):
            return response.status

    async def test_the_hub_is_asked_for_the_feed_by_its_own_name(self, owner: Owner, hub: dict[str, str]) -> None:
        assert hub["hub.mode"] == "subscribe"
        assert hub["hub.topic"] == f"{owner.blog.url}/feed.xml"
        assert hub["hub.callback"].startswith("https://linkback.example/websub/ours/")
        assert len(hub["hub.secret"]) > 20

    async def test_what_was_asked_for_is_confirmed_and_then_the_feed_is_read_rarely(
        self, owner: Owner, hub: dict[str, str], receiver: str
    ) -> None:
        assert await self.confirm(receiver, hub) == (200, "a challenge")
        subscription = (await Feeds(owner.store).of_site("ours")).subscription
        assert subscription is not None
        assert subscription.is_active(datetime.now(UTC) + timedelta(days=9))
        hub.clear()
        await owner.read()
        assert hub == {}

    @pytest.mark.parametrize("changes", [{"topic": "https://ours.example/other"}, {"mode": "unsubscribe"}])
    async def test_what_was_not_asked_for_is_not_confirmed(
        self, hub: dict[str, str], receiver: str, changes: dict[str, str]
    ) -> None:
        status, text = await self.confirm(receiver, hub, **changes)
        assert status == 404
        assert "challenge" not in text

    async def test_a_callback_that_nobody_was_told_of_is_not_there(self, hub: dict[str, str], receiver: str) -> None:
        status, _ = await self.confirm(receiver, hub | {"hub.callback": "https://x/websub/ours/guess"})
        assert status == 404

    async def test_a_signed_delivery_is_read_and_announced_without_asking_the_blog(
        self, owner: Owner, hub: dict[str, str], receiver: str, receiver_of_others: Receiver
    ) -> None:
        await self.confirm(receiver, hub)
        target = receiver_of_others.page("/a")
        owner.write("/new", target)
        body = f"<rss><channel>{owner.items['/new']}</channel></rss>".encode()
        asked = len(owner.requests)
        signature = f"sha256={hmac.new(hub['hub.secret'].encode(), body, hashlib.sha256).hexdigest()}"
        assert await self.deliver(receiver, hub, body, signature) == 202
        await owner.loops[1].run_until_idle()
        await owner.loops[2].run_until_idle()
        assert receiver_of_others.targets() == [target]
        assert len(owner.requests) == asked

    @pytest.mark.parametrize("signature", ["", "sha256=00", "md5=x", "sha1"])
    async def test_a_delivery_that_the_hub_has_not_signed_is_passed_over(
        self, owner: Owner, hub: dict[str, str], receiver: str, signature: str
    ) -> None:
        body = b"<rss><channel><item><title>x</title></item></channel></rss>"
        assert await self.deliver(receiver, hub, body, signature) == 202
        assert (await Feeds(owner.store).of_site("ours")).delivery is None


async def test_without_a_public_address_no_hub_is_asked(owner: Owner, theirs: Blog) -> None:
    owner.head = f'<atom:link rel="hub" href="{theirs.url}/hub"/>'
    await owner.read()
    assert theirs.requests == []


async def test_a_worker_reads_the_feeds_of_its_sites_when_it_starts(owner: Owner) -> None:
    """The loops together, as the runner runs them."""
    stop = asyncio.Event()
    running = [asyncio.create_task(loop.run(stop)) for loop in owner.loops]
    asked = len(owner.requests)
    partition = owner.store.layout.of_site("ours")
    await owner.store.client.zadd(partition.later(Work.FOLLOW), {"ours": 0})
    async with asyncio.timeout(10):
        while len(owner.requests) == asked:  # noqa: ASYNC110 - the blog's server tells of no request
            await asyncio.sleep(0.01)
    stop.set()
    await asyncio.gather(*running)
