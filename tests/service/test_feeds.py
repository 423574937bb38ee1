"""What a feed reader gets from GET /comments.rss, /comments.atom and /comments.json."""

import asyncio
import json
import xmlrpc.client
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

import aiohttp
import feedparser
import pytest
from conftest import Blog
from lxml import html

from linkback.store.connection import Store
from workers.loop import Loop

Answer = tuple[int, Mapping[str, str], bytes]

MEDIA_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}
in_all_formats = pytest.mark.parametrize("name", MEDIA_TYPES)


async def get(url: str, **headers: str) -> Answer:
    wire = {name.replace("_", "-"): value for name, value in headers.items()}
    async with aiohttp.ClientSession() as session, session.get(url, headers=wire) as response:
        return response.status, response.headers, await response.read()


def feed_address(receiver: str, target: str, name: str = "rss") -> str:
    return f"{receiver}/comments.{name}?target={quote(target, safe='')}"


async def ping(receiver: str, source: str, target: str) -> None:
    with xmlrpc.client.ServerProxy(f"{receiver}/pingback") as proxy:
        await asyncio.to_thread(proxy.pingback.ping, source, target)


@in_all_formats
async def test_a_post_that_nothing_links_to_has_a_valid_empty_feed(receiver: str, ours: Blog, name: str) -> None:
    status, headers, body = await get(feed_address(receiver, f"{ours.url}/unknown", name))
    assert (status, headers["Content-Type"]) == (200, f"{MEDIA_TYPES[name]}; charset=utf-8")
    assert headers["X-Content-Type-Options"] == "nosniff"
    if name == "json":
        assert (json.loads(body)["home_page_url"], json.loads(body)["items"]) == (f"{ours.url}/unknown", [])
    else:
        feed = feedparser.parse(body)
        assert (feed.bozo, feed.version[:4], feed.entries) == (False, {"rss": "rss2", "atom": "atom"}[name], [])
        assert feed.feed.link == f"{ours.url}/unknown"


@in_all_formats
async def test_a_feed_names_itself_and_its_other_formats(receiver: str, ours: Blog, name: str) -> None:
    target = f"{ours.url}/post"
    _, _, body = await get(feed_address(receiver, target, name))
    others = {
        media_type: feed_address("https://linkback.example", target, other)
        for other, media_type in MEDIA_TYPES.items()
        if other != name
    }
    if name == "json":
        feed = json.loads(body)
        itself = feed["feed_url"]
        alternates = {other["type"]: other["url"] for other in feed["_linkback"]["alternates"]}
    else:
        links = feedparser.parse(body).feed.links
        [itself] = [link.href for link in links if link.rel == "self"]
        alternates = {link.type: link.href for link in links if link.rel == "alternate" and link.type != "text/html"}
    assert (itself, alternates) == (feed_address("https://linkback.example", target, name), others)


@pytest.mark.usefixtures("worker")
async def test_all_formats_hold_the_same_entries(receiver: str, ours: Blog, theirs: Blog) -> None:
    target = f"{ours.url}/post"
    for number in range(3):
        await ping(receiver, theirs.linking(f"/{number}", target, f"Page {number}"), target)
    items = json.loads((await get(feed_address(receiver, target, "json")))[2])["items"]
    told = [(item["id"], item["title"], item["url"], item["content_html"]) for item in items]
    assert [title for _, title, _, _ in told] == ["Page 2", "Page 1", "Page 0"]
    for name in ("rss", "atom"):
        feed = feedparser.parse((await get(feed_address(receiver, target, name)))[2])
        assert [(e.id, e.title, e.link, e.content[0].value) for e in feed.entries] == told


async def test_a_reply_is_told_by_its_microformats_with_absolute_links(
    receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    target = f"{ours.url}/post"
    source = theirs.page(
        "/notes/reply",
        f"""<article class="h-entry"><a class="u-in-reply-to" href="{target}">re</a>
        <p class="p-author h-card"><a class="u-url" href="/about">Alice</a><img class="u-photo" src="../me.jpg"></p>
        <div class="e-content"><p>See <a href="../hills">my hills</a>.</p></div></article>""",
    )
    async with aiohttp.ClientSession() as session:
        await session.post(f"{receiver}/webmention", data={"source": source, "target": target})
    await loop_of_worker.run_until_idle()
    [item] = json.loads((await get(feed_address(receiver, target, "json")))[2])["items"]
    assert item["authors"] == [{"name": "Alice", "url": f"{theirs.url}/about", "avatar": f"{theirs.url}/me.jpg"}]
    assert (item["tags"], item["_linkback"]["source"]) == (["webmention", "reply"], source)
    [link] = html.fromstring(item["content_html"]).iter("a")
    assert (link.get("href"), link.get("rel")) == (f"{theirs.url}/hills", "nofollow ugc noopener")
    for name in ("rss", "atom"):
        [entry] = feedparser.parse((await get(feed_address(receiver, target, name)))[2], sanitize_html=False).entries
        assert entry.content[0].value == item["content_html"]


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


@in_all_formats
async def test_a_feed_of_a_foreign_target_is_not_found(receiver: str, name: str) -> None:
    status, _, body = await get(feed_address(receiver, "https://elsewhere.example/post", name))
    assert status == 404
    assert b"https://elsewhere.example/post belongs to no site" in body


@in_all_formats
@pytest.mark.parametrize("query", ["", "?target=", "?target=ftp://x/", "?target=not%20a%20url"])
async def test_a_feed_without_a_usable_target_is_a_bad_request(receiver: str, query: str, name: str) -> None:
    assert (await get(f"{receiver}/comments.{name}{query}"))[0] == 400


@in_all_formats
async def test_a_reader_that_has_the_bytes_gets_304_without_them(receiver: str, ours: Blog, name: str) -> None:
    address = feed_address(receiver, f"{ours.url}/post", name)
    _, headers, _ = await get(address)
    status, again, body = await get(address, If_None_Match=f'W/{headers["ETag"]}, "other"')
    assert (status, body, again["ETag"]) == (304, b"", headers["ETag"])
    assert again["Cache-Control"] == headers["Cache-Control"]


@in_all_formats
@pytest.mark.usefixtures("worker")
async def test_last_modified_is_answered_with_304_until_something_changes(
    receiver: str, ours: Blog, theirs: Blog, name: str
) -> None:
    target = f"{ours.url}/post"
    await ping(receiver, theirs.linking("/a", target), target)
    _, headers, _ = await get(feed_address(receiver, target, name))
    assert (await get(feed_address(receiver, target, name), If_Modified_Since=headers["Last-Modified"]))[0] == 304
    before = format_datetime(datetime(2020, 1, 1, tzinfo=UTC), usegmt=True)
    assert (await get(feed_address(receiver, target, name), If_Modified_Since=before))[0] == 200


@in_all_formats
@pytest.mark.usefixtures("worker")
async def test_the_etag_decides_when_both_are_sent(receiver: str, ours: Blog, theirs: Blog, name: str) -> None:
    target = f"{ours.url}/post"
    await ping(receiver, theirs.linking("/a", target), target)
    _, headers, _ = await get(feed_address(receiver, target, name))
    status, _, _ = await get(
        feed_address(receiver, target, name), If_None_Match='"old"', If_Modified_Since=headers["Last-Modified"]
    )
    assert status == 200


@in_all_formats
@pytest.mark.usefixtures("worker")
async def test_the_etag_changes_when_a_mention_arrives(receiver: str, ours: Blog, theirs: Blog, name: str) -> None:
    target = f"{ours.url}/post"
    _, before, _ = await get(feed_address(receiver, target, name))
    await ping(receiver, theirs.linking("/a", target), target)
    _, after, _ = await get(feed_address(receiver, target, name))
    assert before["ETag"] != after["ETag"]


async def test_the_bytes_of_one_format_are_not_good_for_another(receiver: str, ours: Blog) -> None:
    address = f"{ours.url}/post"
    tags = {name: (await get(feed_address(receiver, address, name)))[1]["ETag"] for name in MEDIA_TYPES}
    assert len(set(tags.values())) == 3
    assert (await get(feed_address(receiver, address, "atom"), If_None_Match=tags["rss"]))[0] == 200


@pytest.mark.parametrize("path", ["/comments.xml", "/comments.", "/comments.rssx", "/comments.RSS"])
async def test_a_format_that_there_is_not_is_not_found(receiver: str, ours: Blog, path: str) -> None:
    assert (await get(f"{receiver}{path}?target={ours.url}/post"))[0] == 404


@in_all_formats
async def test_head_is_answered_as_get_without_the_body(receiver: str, ours: Blog, name: str) -> None:
    address = feed_address(receiver, f"{ours.url}/post", name)
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
