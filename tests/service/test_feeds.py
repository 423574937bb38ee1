"""What a feed reader gets from GET /comments.rss."""

import asyncio
import xmlrpc.client
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

import aiohttp
import feedparser
import pytest
from conftest import Blog

from linkback.store.connection import Store

Answer = tuple[int, Mapping[str, str], bytes]


async def get(url: str, **headers: str) -> Answer:
    wire = {name.replace("_", "-"): value for name, value in headers.items()}
    async with aiohttp.ClientSession() as session, session.get(url, headers=wire) as response:
        return response.status, response.headers, await response.read()


def feed_address(receiver: str, target: str) -> str:
    return f"{receiver}/comments.rss?target={quote(target, safe='')}"


async def ping(receiver: str, source: str, target: str) -> None:
    with xmlrpc.client.ServerProxy(f"{receiver}/pingback") as proxy:
        await asyncio.to_thread(proxy.pingback.ping, source, target)


async def test_a_post_that_nothing_links_to_has_a_valid_empty_feed(receiver: str, ours: Blog) -> None:
    status, headers, body = await get(feed_address(receiver, f"{ours.url}/unknown"))
    feed = feedparser.parse(body)
    assert (status, headers["Content-Type"]) == (200, "application/rss+xml; charset=utf-8")
    assert (feed.bozo, feed.version, feed.entries) == (False, "rss20", [])
    assert feed.feed.link == f"{ours.url}/unknown"


@pytest.mark.usefixtures("worker")
async def test_the_feed_holds_what_linked_newest_first(receiver: str, ours: Blog, theirs: Blog) -> None:
    target = f"{ours.url}/post"
    for number in range(3):
        await ping(receiver, theirs.linking(f"/{number}", target, f"Page {number}"), target)
    _, _, body = await get(feed_address(receiver, target))
    feed = feedparser.parse(body)
    assert [entry.title for entry in feed.entries] == ["Page 2", "Page 1", "Page 0"]
    assert feed.feed.title == "Comments on: On hills"
    self_link = next(link for link in feed.feed.links if link.rel == "self")
    assert self_link.href == feed_address("https://linkback.example", target)


@pytest.mark.usefixtures("worker")
async def test_an_entry_keeps_its_guid_and_date_when_it_is_served_again(
    receiver: str, ours: Blog, theirs: Blog
) -> None:
    target = f"{ours.url}/post"
    await ping(receiver, theirs.linking("/a", target), target)
    [before] = feedparser.parse((await get(feed_address(receiver, target)))[2]).entries
    await ping(receiver, theirs.linking("/b", target), target)
    after = feedparser.parse((await get(feed_address(receiver, target)))[2]).entries[1]
    assert (before.id, before.published) == (after.id, after.published)
    assert before.guidislink is False


async def test_a_feed_of_a_foreign_target_is_not_found(receiver: str) -> None:
    status, _, body = await get(feed_address(receiver, "https://elsewhere.example/post"))
    assert status == 404
    assert b"https://elsewhere.example/post belongs to no site" in body


@pytest.mark.parametrize("query", ["", "?target=", "?target=ftp://x/", "?target=not%20a%20url"])
async def test_a_feed_without_a_usable_target_is_a_bad_request(receiver: str, query: str) -> None:
    assert (await get(f"{receiver}/comments.rss{query}"))[0] == 400


async def test_a_reader_that_has_the_bytes_gets_304_without_them(receiver: str, ours: Blog) -> None:
    address = feed_address(receiver, f"{ours.url}/post")
    _, headers, _ = await get(address)
    status, again, body = await get(address, If_None_Match=f'W/{headers["ETag"]}, "other"')
    assert (status, body, again["ETag"]) == (304, b"", headers["ETag"])
    assert again["Cache-Control"] == headers["Cache-Control"]


@pytest.mark.usefixtures("worker")
async def test_last_modified_is_answered_with_304_until_something_changes(
    receiver: str, ours: Blog, theirs: Blog
) -> None:
    target = f"{ours.url}/post"
    await ping(receiver, theirs.linking("/a", target), target)
    _, headers, _ = await get(feed_address(receiver, target))
    assert (await get(feed_address(receiver, target), If_Modified_Since=headers["Last-Modified"]))[0] == 304
    before = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)
    assert (await get(feed_address(receiver, target), If_Modified_Since=before))[0] == 200


@pytest.mark.usefixtures("worker")
async def test_the_etag_decides_when_both_are_sent(receiver: str, ours: Blog, theirs: Blog) -> None:
    target = f"{ours.url}/post"
    await ping(receiver, theirs.linking("/a", target), target)
    _, headers, _ = await get(feed_address(receiver, target))
    status, _, _ = await get(
        feed_address(receiver, target), If_None_Match='"old"', If_Modified_Since=headers["Last-Modified"]
    )
    assert status == 200


@pytest.mark.usefixtures("worker")
async def test_the_etag_changes_when_a_mention_arrives(receiver: str, ours: Blog, theirs: Blog) -> None:
    target = f"{ours.url}/post"
    _, before, _ = await get(feed_address(receiver, target))
    await ping(receiver, theirs.linking("/a", target), target)
    _, after, _ = await get(feed_address(receiver, target))
    assert before["ETag"] != after["ETag"]


async def test_head_is_answered_as_get_without_the_body(receiver: str, ours: Blog) -> None:
    address = feed_address(receiver, f"{ours.url}/post")
    _, headers, body = await get(address)
    async with aiohttp.ClientSession() as session, session.head(address) as response:
        assert (response.status, response.headers["ETag"]) == (200, headers["ETag"])
        assert response.headers["Content-Length"] == str(len(body))


async def test_reading_a_feed_fetches_and_stores_nothing(receiver: str, ours: Blog, store: Store) -> None:
    before = set(await store.client.keys("*"))
    await get(feed_address(receiver, f"{ours.url}/unknown"))
    assert set(await store.client.keys("*")) == before
    assert ours.requests == []


@pytest.mark.usefixtures("worker")
async def test_a_post_has_one_feed_whichever_way_its_address_is_written(
    receiver: str, ours: Blog, theirs: Blog
) -> None:
    target = f"{ours.url}/post"
    ours.page("/post/", "<title>On hills</title>")
    await ping(receiver, theirs.linking("/a", target), f"{target}/?utm_source=x#end")
    _, _, body = await get(feed_address(receiver, target))
    assert len(feedparser.parse(body).entries) == 1
