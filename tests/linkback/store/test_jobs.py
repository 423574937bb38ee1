"""Promises of the store, on a real Valkey: what is written together, and what happens twice."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from linkback.mentions import Mention, Ping, Protocol, Reason, Received, State, screen
from linkback.sites import Site, Sites
from linkback.store.connection import Store, open_store
from linkback.store.errors import StoreError
from linkback.store.inbox import Inbox
from linkback.store.jobs import Job, Jobs
from linkback.store.keys import LAYOUT, Work
from linkback.store.mentions import Mentions
from linkback.store.posts import Posts
from linkback.store.records import PostFacts
from linkback.urls import parse_url

SITES = Sites([Site("ours", "Ours", parse_url("https://ours.example/"))])
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
AT_ONCE = timedelta(milliseconds=1)
LEASE = timedelta(seconds=30)


def received(source: str = "https://theirs.example/a", target: str = "https://ours.example/post") -> Received:
    ping = screen(Ping(Protocol.PINGBACK, source, target), SITES)
    assert isinstance(ping, Received)
    return ping


def jobs_of(store: Store, worker: str = "w", lease: timedelta = LEASE) -> Jobs:
    return Jobs(store, Work.VERIFY, worker, lease)


async def claim_one(jobs: Jobs) -> Job:
    [job] = await jobs.claim(10, AT_ONCE)
    return job


async def mention_of(store: Store, job: Job) -> Mention:
    mention = await Mentions(store).of_job(job)
    assert mention is not None
    return mention


async def settle(
    store: Store,
    job: Job,
    facts: PostFacts | None = None,
    now: datetime = NOW,
    state: State = State.APPROVED,
    reason: Reason = Reason.LINKS,
    title: str = "A title",
) -> bool:
    before = await mention_of(store, job)
    after = replace(before, state=state, reason=reason, title=title, checked_at=now)
    return await Mentions(store).settle(job, before, after, post=facts, look_again_at=None, now=now)


async def postpone(store: Store, job: Job, until: datetime) -> None:
    before = await mention_of(store, job)
    await Mentions(store).settle(job, before, replace(before, attempts=1), post=None, look_again_at=until, now=NOW)


async def test_a_ping_becomes_a_mention_and_its_job(store: Store) -> None:
    receipt = await Inbox(store).receive(received(), NOW)
    job = await claim_one(jobs_of(store))
    assert (receipt.is_new, receipt.state) == (True, State.QUEUED)
    assert (await mention_of(store, job)).source == "https://theirs.example/a"
    assert (await mention_of(store, job)).received_at == NOW


async def test_a_ping_that_comes_twice_makes_one_mention_and_one_job(store: Store) -> None:
    first = await Inbox(store).receive(received(), NOW)
    second = await Inbox(store).receive(
        received("HTTPS://Theirs.example:443/a#x", "http://www.ours.example/post/"), NOW
    )
    assert (first.is_new, second.is_new) == (True, False)
    assert len(await jobs_of(store).claim(10, AT_ONCE)) == 1


async def test_concurrent_equal_pings_make_one_mention(store: Store) -> None:
    inbox = Inbox(store)
    receipts = await asyncio.gather(*(inbox.receive(received(), NOW) for _ in range(50)))
    assert sum(receipt.is_new for receipt in receipts) == 1


async def test_concurrent_pings_are_each_answered_with_their_own_result(store: Store) -> None:
    inbox = Inbox(store)
    pings = [received(f"https://theirs.example/{number}") for number in range(300)]
    receipts = await asyncio.gather(*(inbox.receive(ping, NOW) for ping in (*pings, *pings[:7])))
    assert [receipt.is_new for receipt in receipts] == [True] * 300 + [False] * 7


async def test_a_settled_mention_stands_in_its_posts_view(store: Store) -> None:
    jobs = jobs_of(store)
    await Inbox(store).receive(received(), NOW)
    job = await claim_one(jobs)
    facts = PostFacts("https://ours.example/post", "On hills", "en", NOW)
    assert await settle(store, job, facts)
    view = await Posts(store).view(received().post, 10)
    assert [mention.title for mention in view.mentions] == ["A title"]
    assert (view.facts.title, view.facts.changed_at) == ("On hills", NOW)


async def test_a_view_holds_the_newest_first_and_no_more_than_asked(store: Store) -> None:
    jobs = jobs_of(store)
    for number in range(5):
        await Inbox(store).receive(received(f"https://theirs.example/{number}"), NOW + timedelta(seconds=number))
        job = await claim_one(jobs)
        await settle(store, job)
    view = await Posts(store).view(received().post, 3)
    assert [mention.source[-1] for mention in view.mentions] == ["4", "3", "2"]


async def test_a_mention_that_is_withdrawn_leaves_the_view(store: Store) -> None:
    jobs = jobs_of(store)
    await Inbox(store).receive(received(), NOW)
    job = await claim_one(jobs)
    await settle(store, job)
    await Inbox(store).receive(received(), NOW + timedelta(days=2))
    again = await claim_one(jobs)
    await settle(store, again, now=NOW + timedelta(days=2), state=State.DELETED, reason=Reason.SOURCE_GONE)
    view = await Posts(store).view(received().post, 10)
    assert view.mentions == ()
    assert view.facts.changed_at == NOW + timedelta(days=2)


async def test_a_look_that_finds_nothing_new_does_not_change_the_post(store: Store) -> None:
    jobs = jobs_of(store)
    await Inbox(store).receive(received(), NOW)
    job = await claim_one(jobs)
    await settle(store, job)
    later = NOW + timedelta(days=2)
    await Inbox(store).receive(received(), later)
    again = await claim_one(jobs)
    await settle(store, again, now=later)
    assert (await Posts(store).facts(received().post)).changed_at == NOW


async def test_a_rejected_mention_that_is_pinged_again_is_looked_at_again(store: Store) -> None:
    jobs = jobs_of(store)
    await Inbox(store).receive(received(), NOW)
    job = await claim_one(jobs)
    await settle(store, job, state=State.REJECTED, reason=Reason.NO_LINK)
    assert (await Inbox(store).receive(received(), NOW)).is_new
    assert (await mention_of(store, await claim_one(jobs))).state is State.QUEUED


async def test_a_job_settled_by_another_worker_is_not_settled_again(store: Store) -> None:
    slow, quick = jobs_of(store, "slow", timedelta(0)), jobs_of(store, "quick", timedelta(0))
    await Inbox(store).receive(received(), NOW)
    job = await claim_one(slow)
    [taken] = await quick.take_over(10)
    assert await settle(store, taken, title="quick")
    assert not await settle(store, job, title="slow")
    view = await Posts(store).view(received().post, 10)
    assert [mention.title for mention in view.mentions] == ["quick"]


async def test_a_job_is_not_taken_over_while_its_lease_is_renewed(store: Store) -> None:
    holder, other = jobs_of(store, "holder", LEASE), jobs_of(store, "other", LEASE)
    await Inbox(store).receive(received(), NOW)
    job = await claim_one(holder)
    await holder.renew([job])
    assert await other.take_over(10) == []


async def test_deliveries_are_counted(store: Store) -> None:
    await Inbox(store).receive(received(), NOW)
    workers = [jobs_of(store, name, timedelta(0)) for name in ("a", "b", "c")]
    jobs = [await claim_one(workers[0]), *await workers[1].take_over(10), *await workers[2].take_over(10)]
    assert [job.deliveries for job in jobs] == [1, 2, 3]


async def test_a_postponed_job_comes_back_when_it_is_due_and_not_before(store: Store) -> None:
    jobs = jobs_of(store)
    await Inbox(store).receive(received(), NOW)
    job = await claim_one(jobs)
    due = NOW + timedelta(minutes=1)
    await postpone(store, job, due)
    assert await jobs.release_due(NOW) == due
    assert await jobs.claim(10, AT_ONCE) == []
    assert await jobs.release_due(due) is None
    assert (await mention_of(store, await claim_one(jobs))).attempts == 1


async def test_a_new_ping_brings_a_postponed_look_forward(store: Store) -> None:
    jobs = jobs_of(store)
    await Inbox(store).receive(received(), NOW)
    job = await claim_one(jobs)
    await postpone(store, job, NOW + timedelta(hours=1))
    assert (await Inbox(store).receive(received(), NOW)).is_new
    assert (await mention_of(store, await claim_one(jobs))).attempts == 1
    assert await jobs.release_due(NOW + timedelta(days=1)) is None


async def test_a_job_given_back_is_there_for_another_worker_at_once(store: Store) -> None:
    first, second = jobs_of(store, "first", LEASE), jobs_of(store, "second", LEASE)
    await Inbox(store).receive(received(), NOW)
    await first.give_back([await claim_one(first)])
    assert (await claim_one(second)).item == received().id


async def test_a_job_whose_mention_is_no_more_can_be_dropped(store: Store) -> None:
    await Inbox(store).receive(received(), NOW)
    partition = store.layout.of_site("ours")
    await store.client.delete(partition.mention(received().id))
    jobs = jobs_of(store, "w", timedelta(0))
    job = await claim_one(jobs)
    assert await Mentions(store).of_job(job) is None
    await jobs.drop(job)
    assert await jobs.take_over(10) == []
    assert await store.client.xlen(partition.jobs(Work.VERIFY)) == 0


async def test_nothing_is_left_on_the_stream_when_all_is_settled(store: Store) -> None:
    jobs = jobs_of(store)
    await Inbox(store).receive(received(), NOW)
    job = await claim_one(jobs)
    await settle(store, job)
    assert await store.client.xlen(store.layout.of_site("ours").jobs(Work.VERIFY)) == 0


async def test_scripts_that_the_server_has_forgotten_are_sent_again(store: Store) -> None:
    inbox = Inbox(store)
    await inbox.receive(received("https://theirs.example/1"), NOW)
    await store.client.script_flush()
    assert (await inbox.receive(received("https://theirs.example/2"), NOW)).is_new


async def test_reading_about_an_unknown_post_stores_nothing(store: Store) -> None:
    before = set(await store.client.keys("*"))
    view = await Posts(store).view(received().post, 10)
    assert (view.mentions, view.facts) == ((), PostFacts())
    assert set(await store.client.keys("*")) == before


async def test_all_keys_of_a_site_lie_in_one_slot(store: Store) -> None:
    jobs = jobs_of(store)
    await Inbox(store).receive(received(), NOW)
    job = await claim_one(jobs)
    await settle(store, job, PostFacts(url="x", seen_at=NOW))
    keys = {str(key) for key in await store.client.keys("*") if key != LAYOUT}
    assert len(keys) == len(Work) + 5
    assert len({key[: key.index("}")] for key in keys}) == 1


async def test_a_store_keeps_the_number_of_partitions_that_it_was_made_with(store: Store, valkey_url: str) -> None:
    assert store.layout.partitions == 1
    async with open_store(valkey_url, 64) as again:
        assert again.layout.partitions == 1


async def test_a_store_written_by_another_version_is_refused_in_words(store: Store, valkey_url: str) -> None:
    await store.client.hset(LAYOUT, "schema", "999")
    with pytest.raises(StoreError, match="schema 999"):
        async with open_store(valkey_url):
            pass
