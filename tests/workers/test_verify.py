"""What becomes of a mention when its source is looked at; by a real worker, on real pages."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from conftest import Blog

from config.settings import Settings, SiteSettings
from linkback.mentions import Mention, Ping, Protocol, Reason, Received, State, screen
from linkback.sites import Linkbacks
from linkback.store.connection import Store
from linkback.store.inbox import Inbox, Receipt
from linkback.store.jobs import Jobs
from linkback.store.keys import Work
from linkback.store.news import MentionMoved, listen
from linkback.store.posts import Posts, PostView
from linkback.store.records import read_hash, read_mention
from workers.loop import Loop


class Desk:
    """Puts pings in and looks at what became of them, past all HTTP."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._sites = settings.all_sites()
        self._store = store

    def received(self, source: str, target: str) -> Received:
        received = screen(Ping(Protocol.PINGBACK, source, target), self._sites)
        assert isinstance(received, Received)
        return received

    async def receive(self, source: str, target: str, after: timedelta = timedelta(0)) -> Receipt:
        return await Inbox(self._store).receive(self.received(source, target), datetime.now(UTC) + after)

    async def mention(self, source: str, target: str) -> Mention:
        received = self.received(source, target)
        key = self._store.layout.of_site(received.post.site.id).mention(received.id)
        return read_mention(received.id, read_hash(await self._store.pipeline.command("HGETALL", key)))

    async def view(self, target: str) -> PostView:
        return await Posts(self._store).view(self.received("https://elsewhere.example/", target).post, 100)


@pytest.fixture
def desk(settings: Settings, store: Store) -> Desk:
    return Desk(settings, store)


async def test_a_source_that_links_is_approved_with_its_title_and_words(
    desk: Desk, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    source, target = theirs.linking("/a", f"{ours.url}/post", "Hills, seen from far"), f"{ours.url}/post"
    await desk.receive(source, target)
    await loop_of_worker.run_until_idle()
    mention = await desk.mention(source, target)
    assert (mention.state, mention.reason, mention.title) == (State.APPROVED, Reason.LINKS, "Hills, seen from far")
    assert "something worth reading" in mention.excerpt


async def test_the_first_mention_of_a_post_brings_its_title_and_later_ones_do_not_fetch_it_again(
    desk: Desk, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    target = f"{ours.url}/post"
    for path in ("/a", "/b", "/c"):
        await desk.receive(theirs.linking(path, target), target)
        await loop_of_worker.run_until_idle()
    view = await desk.view(target)
    assert (view.facts.title, view.facts.language, len(view.mentions)) == ("On hills", "en", 3)
    assert len(ours.requests) == 1


async def test_a_source_that_is_not_online_yet_is_looked_at_again_later(
    desk: Desk, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    source, target = f"{theirs.url}/soon", f"{ours.url}/post"
    await desk.receive(source, target)
    await loop_of_worker.run_until_idle()
    waiting = await desk.mention(source, target)
    assert (waiting.state, waiting.reason, waiting.attempts) == (State.QUEUED, Reason.SOURCE_UNREADABLE, 1)
    assert waiting.detail == f"HTTP 404 from {source}"
    theirs.linking("/soon", target)
    await desk.receive(source, target)
    await loop_of_worker.run_until_idle()
    assert (await desk.mention(source, target)).state is State.APPROVED


class TestWithShortDelays:
    """A worker that tries again at once."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        worker = settings.worker.model_copy(update={"retry_delays": (0.01, 0.01)})
        return settings.model_copy(update={"worker": worker})

    async def test_a_source_that_never_comes_is_given_up_and_the_reason_is_kept(
        self, desk: Desk, store: Store, ours: Blog, theirs: Blog, loop_of_worker: Loop
    ) -> None:
        source, target = f"{theirs.url}/never", f"{ours.url}/post"
        news = listen(store)
        await anext(news)
        await desk.receive(source, target)
        stop = asyncio.Event()
        running = asyncio.create_task(loop_of_worker.run(stop))
        async with asyncio.timeout(10):
            states = [moved.state for moved in [await anext(news) for _ in range(3)] if isinstance(moved, MentionMoved)]
        stop.set()
        await running
        mention = await desk.mention(source, target)
        assert states == [State.QUEUED, State.QUEUED, State.REJECTED]
        assert (mention.state, mention.reason) == (State.REJECTED, Reason.SOURCE_UNREADABLE)
        assert mention.detail == f"HTTP 404 from {source} (tries: 3)"
        assert [request.path for request in theirs.requests] == ["/never"] * 3


async def test_a_source_that_is_gone_for_good_is_not_tried_again(
    desk: Desk, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    source, target = theirs.page("/gone", "Gone.", status=410), f"{ours.url}/post"
    await desk.receive(source, target)
    await loop_of_worker.run_until_idle()
    mention = await desk.mention(source, target)
    assert (mention.state, mention.reason) == (State.REJECTED, Reason.SOURCE_GONE)


async def test_a_post_that_the_blog_does_not_have_rejects_the_mention_and_keeps_nothing_of_it(
    desk: Desk, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    target = f"{ours.url}/no-such-post"
    source = theirs.linking("/a", target)
    await desk.receive(source, target)
    await loop_of_worker.run_until_idle()
    assert (await desk.mention(source, target)).reason is Reason.TARGET_GONE
    assert (await desk.view(target)).facts.seen_at is None
    assert theirs.requests == []


async def test_a_post_whose_page_cannot_be_read_now_still_takes_mentions(
    desk: Desk, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    target = ours.page("/busy", "Busy.", status=503)
    source = theirs.linking("/a", target)
    await desk.receive(source, target)
    await loop_of_worker.run_until_idle()
    assert (await desk.mention(source, target)).state is State.APPROVED


async def test_a_post_is_shown_under_the_address_that_it_gives_itself(
    desk: Desk, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    target = ours.page("/post/", f'<title>On hills</title><link rel="canonical" href="{ours.url}/post">')
    await desk.receive(theirs.linking("/a", target), target)
    await loop_of_worker.run_until_idle()
    assert (await desk.view(target)).facts.url == f"{ours.url}/post"


async def test_a_post_cannot_claim_the_address_of_another(
    desk: Desk, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    target = ours.page("/copy", '<title>Copy</title><link rel="canonical" href="https://elsewhere.example/original">')
    await desk.receive(theirs.linking("/a", target), target)
    await loop_of_worker.run_until_idle()
    assert (await desk.view(target)).facts.url == target


async def test_a_mention_whose_source_dropped_the_link_leaves_the_post(
    desk: Desk, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    target = f"{ours.url}/post"
    source = theirs.linking("/a", target)
    await desk.receive(source, target)
    await loop_of_worker.run_until_idle()
    theirs.page("/a", "<p>I changed my mind.</p>")
    await desk.receive(source, target, after=timedelta(days=2))
    await loop_of_worker.run_until_idle()
    assert (await desk.mention(source, target)).state is State.DELETED
    assert (await desk.view(target)).mentions == ()


async def test_a_mention_stands_while_its_source_is_only_away(
    desk: Desk, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    target = f"{ours.url}/post"
    source = theirs.linking("/a", target)
    await desk.receive(source, target)
    await loop_of_worker.run_until_idle()
    theirs.page("/a", "Down for repairs.", status=503)
    await desk.receive(source, target, after=timedelta(days=2))
    await loop_of_worker.run_until_idle()
    assert len((await desk.view(target)).mentions) == 1


class TestOnASiteThatHolds:
    """A site whose owner sees every linkback first."""

    @pytest.fixture
    def settings(self, settings: Settings, ours: Blog) -> Settings:
        site = SiteSettings(id="ours", name="Our blog", home=f"{ours.url}/", linkbacks=Linkbacks.HOLD)
        return settings.model_copy(update={"sites": (site,)})

    async def test_a_genuine_mention_waits_and_readers_do_not_see_it(
        self, desk: Desk, ours: Blog, theirs: Blog, loop_of_worker: Loop
    ) -> None:
        source, target = theirs.linking("/a", f"{ours.url}/post"), f"{ours.url}/post"
        await desk.receive(source, target)
        await loop_of_worker.run_until_idle()
        assert (await desk.mention(source, target)).state is State.HELD
        assert (await desk.view(target)).mentions == ()


async def look_in_its_turn(store: Store, loop_of_worker: Loop) -> None:
    """Let the time come in which every source is looked at again, whoever asks."""
    await Jobs(store, Work.VERIFY, "clock", timedelta(minutes=1)).release_due(datetime.now(UTC) + timedelta(days=60))
    await loop_of_worker.run_until_idle()


async def test_a_mention_that_stands_is_looked_at_again_in_its_turn(
    desk: Desk, store: Store, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    source, target = theirs.linking("/a", f"{ours.url}/post"), f"{ours.url}/post"
    await desk.receive(source, target)
    await loop_of_worker.run_until_idle()
    theirs.linking("/a", target, "A better title")
    await look_in_its_turn(store, loop_of_worker)
    assert (await desk.mention(source, target)).title == "A better title"
    theirs.page("/a", "Gone for good", status=410)
    await look_in_its_turn(store, loop_of_worker)
    assert (await desk.mention(source, target)).state is State.DELETED
    asked = len(theirs.requests)
    await look_in_its_turn(store, loop_of_worker)
    assert len(theirs.requests) == asked


async def test_a_source_that_is_missing_for_a_moment_withdraws_nothing(
    desk: Desk, store: Store, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    source, target = theirs.linking("/a", f"{ours.url}/post"), f"{ours.url}/post"
    await desk.receive(source, target)
    await loop_of_worker.run_until_idle()
    for status in (404, 404, 200):
        theirs.page("/a", "Back soon", status=status)
        await look_in_its_turn(store, loop_of_worker)
        mention = await desk.mention(source, target)
        assert (mention.state, mention.reason) == (State.APPROVED, Reason.LINKS)
    assert mention.attempts == 3
    theirs.linking("/a", target)
    await look_in_its_turn(store, loop_of_worker)
    mention = await desk.mention(source, target)
    assert (mention.attempts, mention.failing_since) == (0, None)
