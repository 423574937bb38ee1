"""What clients of webmention.io get when they ask us instead."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import feedparser
import mf2py  # type: ignore[import-untyped]  # it ships no types
import pytest
from aiohttp.test_utils import TestServer
from conftest import Blog

from config.settings import Settings, SiteSettings
from linkback.mentions import Ping, Protocol, Received, screen
from linkback.store.connection import Store
from linkback.store.inbox import Inbox
from linkback.store.mentions import Mentions
from linkback.urls import parse_url
from service.app import create_app
from workers.loop import Loop

KINDS = {"in-reply-to": "u-in-reply-to", "like-of": "u-like-of", "repost-of": "u-repost-of", "mention-of": ""}


@dataclass
class Api:
    """The API, asked as its clients do, and a way to have something in it."""

    receiver: str
    settings: Settings
    store: Store
    loop: Loop
    theirs: Blog

    async def mention(self, path: str, target: str, kind: str = "mention-of") -> str:
        link = f'<a class="{KINDS[kind]}" href="{target}">this</a>'
        page = f'<div class="h-entry"><span class="p-author">Alice</span>{link}<p class="e-content">{path}</p></div>'
        source = self.theirs.page(path, page)
        received = screen(Ping(Protocol.WEBMENTION, source, target), self.settings.all_sites())
        assert isinstance(received, Received)
        await Inbox(self.store).receive(received, datetime.now(UTC))
        await self.loop.run_until_idle()
        return source

    async def get(self, path: str, *parameters: tuple[str, str]) -> tuple[int, Mapping[str, str], str]:
        async with (
            aiohttp.ClientSession() as session,
            session.get(self.receiver + path, params=list(parameters)) as response,
        ):
            return response.status, response.headers, await response.text()

    async def children(self, *parameters: tuple[str, str]) -> list[dict[str, Any]]:
        status, _, text = await self.get("/api/mentions.jf2", *parameters)
        assert status == 200
        return list(json.loads(text)["children"])


@pytest.fixture
def api(receiver: str, settings: Settings, store: Store, loop_of_worker: Loop, theirs: Blog) -> Api:
    return Api(receiver, settings, store, loop_of_worker, theirs)


async def test_the_mentions_of_a_post_are_told_newest_first(api: Api, ours: Blog) -> None:
    target = f"{ours.url}/post"
    sources = [await api.mention(f"/{number}", target) for number in range(3)]
    told = await api.children(("target", target))
    assert [child["wm-source"] for child in told] == sources[::-1]
    assert [child["wm-id"] for child in told] == [3, 2, 1]
    assert (told[0]["author"]["name"], told[0]["wm-target"]) == ("Alice", target)


async def test_several_targets_and_a_domain_are_told_together(api: Api, ours: Blog) -> None:
    for name in ("post", "other", "third"):
        ours.page(f"/{name}", f"<title>{name}</title>")
        await api.mention(f"/about-{name}", f"{ours.url}/{name}")
    two = await api.children(("target[]", f"{ours.url}/post"), ("target[]", f"{ours.url}/other/"))
    assert {urlsplit(child["wm-target"]).path for child in two} == {"/post", "/other"}
    for domain in (urlsplit(ours.url).netloc, urlsplit(ours.url).hostname or ""):
        assert len(await api.children(("domain", domain), ("token", "of any kind"))) == 3


async def test_parameters_choose_kind_order_page_and_beginning(api: Api, ours: Blog) -> None:
    target = f"{ours.url}/post"
    for number, kind in enumerate(KINDS):
        await api.mention(f"/{number}", target, kind)

    async def ids(*parameters: tuple[str, str]) -> list[int]:
        return [child["wm-id"] for child in await api.children(("target", target), *parameters)]

    assert await ids(("wm-property", "like-of")) == [2]
    assert await ids(("wm-property[]", "like-of"), ("wm-property[]", "in-reply-to")) == [2, 1]
    assert await ids(("sort-dir", "up")) == [1, 2, 3, 4]
    assert await ids(("per-page", "3"), ("page", "1")) == [1]
    assert await ids(("since_id", "2")) == [4, 3]
    received = (await api.children(("target", target), ("per-page", "1")))[0]["wm-received"]
    assert await ids(("since", received.replace("20", "21", 1))) == []


async def test_a_withdrawn_mention_is_told_no_more(api: Api, ours: Blog) -> None:
    target = f"{ours.url}/post"
    source = await api.mention("/1", target)
    api.theirs.page("/1", "Gone", status=410)
    received = screen(Ping(Protocol.WEBMENTION, source, target), api.settings.all_sites())
    assert isinstance(received, Received)
    await Inbox(api.store).receive(received, datetime.now(UTC))
    await api.loop.run_until_idle()
    assert await api.children(("target", target)) == []
    assert await api.children(("domain", urlsplit(ours.url).netloc)) == []


async def test_a_target_of_no_site_of_ours_has_no_mentions(api: Api) -> None:
    assert await api.children(("target", "http://localhost:8080/draft")) == []
    assert await api.children(("target", "no url")) == []
    assert await api.children(("domain", "elsewhere.example")) == []


async def test_mentions_are_counted_in_all_and_by_kind(api: Api, ours: Blog) -> None:
    target = f"{ours.url}/post"
    for number, kind in enumerate(("like-of", "like-of", "in-reply-to")):
        await api.mention(f"/{number}", target, kind)
    _, headers, text = await api.get("/api/count", ("target", target))
    assert json.loads(text) == {"count": 3, "type": {"like": 2, "reply": 1}}
    assert headers["Content-Type"].startswith("application/json")


async def test_old_scripts_get_a_call_of_their_function(api: Api, ours: Blog) -> None:
    _, headers, text = await api.get("/api/count", ("target", f"{ours.url}/post"), ("jsonp", "my.callback_1"))
    assert text == '/**/my.callback_1({"count": 0, "type": {}});'
    assert headers["Content-Type"].startswith("application/javascript")
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("callback", ["alert(1)//", "a-b", "<script>", "1a", "x" * 200, "a;b"])
async def test_what_is_no_name_of_a_function_is_refused(api: Api, ours: Blog, callback: str) -> None:
    status, _, text = await api.get("/api/count", ("target", f"{ours.url}/post"), ("jsonp", callback))
    assert (status, "jsonp" in text) == (400, True)


@pytest.mark.parametrize("path", ["/api/mentions.jf2", "/api/mentions.html", "/api/mentions.atom", "/api/count"])
@pytest.mark.parametrize(
    ("parameters", "words"),
    [([], "target="), ([("target", "x"), ("page", "one")], "page"), ([("target", "x"), ("since", "now")], "since")],
)
async def test_a_request_that_cannot_be_answered_says_what_to_do(
    api: Api, path: str, parameters: list[tuple[str, str]], words: str
) -> None:
    status, headers, text = await api.get(path, *parameters)
    assert (status, words in text) == (400, True)
    assert headers["Access-Control-Allow-Origin"] == "*"


async def test_scripts_of_any_page_may_read_it_and_caches_may_ask_whether_it_changed(api: Api, ours: Blog) -> None:
    _, headers, _ = await api.get("/api/mentions.jf2", ("target", f"{ours.url}/post"))
    assert headers["Access-Control-Allow-Origin"] == "*"
    async with (
        aiohttp.ClientSession(headers={"If-None-Match": headers["ETag"]}) as session,
        session.get(f"{api.receiver}/api/mentions.jf2", params={"target": f"{ours.url}/post"}) as response,
    ):
        assert response.status == 304


async def test_the_mentions_of_several_posts_are_one_atom_feed(api: Api, ours: Blog) -> None:
    ours.page("/other", "<title>Other</title>")
    first = await api.mention("/1", f"{ours.url}/post")
    second = await api.mention("/2", f"{ours.url}/other", "in-reply-to")
    _, headers, text = await api.get("/api/mentions.atom", ("domain", urlsplit(ours.url).netloc))
    feed = feedparser.parse(text)
    assert headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert (feed.bozo, feed.version) == (False, "atom10")
    assert [entry.link for entry in feed.entries] == [second, first]


async def test_the_page_of_mentions_holds_them_as_microformats(api: Api, ours: Blog) -> None:
    target = f"{ours.url}/post"
    source = await api.mention("/1", target, "in-reply-to")
    _, _, text = await api.get("/api/mentions.html", ("target", target))
    [feed] = mf2py.parse(doc=text)["items"]
    [entry] = feed["children"]
    assert entry["properties"]["in-reply-to"] == [target]
    assert entry["properties"]["url"] == [source]
    assert entry["properties"]["content"][0]["value"] == "/1"
    assert entry["properties"]["author"][0]["properties"]["name"] == ["Alice"]


@pytest.mark.parametrize("beginning", ["//", ""])
async def test_a_target_is_found_without_its_scheme(api: Api, ours: Blog, beginning: str) -> None:
    await api.mention("/1", f"{ours.url}/post")
    assert len(await api.children(("target", beginning + f"{ours.url}/post".removeprefix("http://")))) == 1


async def test_a_post_is_counted_whole_however_many_are_asked_about(
    api: Api, ours: Blog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.api.MOST_READ", 4)
    for number in range(3):
        await api.mention(f"/{number}", f"{ours.url}/post")
    others = [("target[]", f"{ours.url}/{number}") for number in range(9)]
    _, _, text = await api.get("/api/count", ("target[]", f"{ours.url}/post"), *others)
    assert json.loads(text)["count"] == 3


async def test_no_more_mentions_are_read_than_the_bound_and_those_are_the_newest_of_all_posts(
    api: Api, ours: Blog
) -> None:
    sites = api.settings.all_sites()
    for number, name in enumerate(["post", "other", "post", "other"]):
        ours.page(f"/{name}", f"<title>{name}</title>")
        await api.mention(f"/{number}", f"{ours.url}/{name}")
    posts = [post for name in ("post", "other") if (post := sites.locate(parse_url(f"{ours.url}/{name}")))]
    for most, numbers in ((3, [4, 3, 2]), (0, []), (9, [4, 3, 2, 1])):
        newest = await Mentions(api.store).visible_of_posts(posts, most)
        assert [mention.number for mention in newest] == numbers


async def test_pages_follow_on_each_other(api: Api, ours: Blog) -> None:
    target = f"{ours.url}/post"
    for number in range(5):
        await api.mention(f"/{number}", target)
    pages = [
        [child["wm-id"] for child in await api.children(("target", target), ("perPage", "2"), ("page", str(page)))]
        for page in range(4)
    ]
    assert pages == [[5, 4], [3, 2], [1], []]
    assert await api.children(("target", target), ("per-page", "0")) == []


@pytest.mark.parametrize("name", ["token", "access_token"])
async def test_the_token_that_a_feed_was_asked_for_with_is_not_passed_on_in_it(api: Api, ours: Blog, name: str) -> None:
    target = f"{ours.url}/post"
    await api.mention("/1", target)
    _, _, text = await api.get("/api/mentions.atom", ("target", target), (name, "s3cret"), ("page", "0"))
    assert "s3cret" not in text
    feed = feedparser.parse(text).feed
    [address] = [link.href for link in feed.links if link.rel == "self"]
    assert (feed.id, address.partition("?")[0]) == (address, "https://linkback.example/api/mentions.atom")
    assert parse_qsl(urlsplit(address).query) == [("target", target), ("page", "0")]


async def test_pages_and_feeds_speak_the_language_of_the_site_that_is_asked_about(
    api: Api, settings: Settings, store: Store, ours: Blog
) -> None:
    french = SiteSettings(id="french", name="Carnet", home="https://carnet.example/", language="fr")
    app = create_app(settings.model_copy(update={"sites": (*settings.sites, french)}), store)
    async with TestServer(app) as server:
        asked = replace(api, receiver=str(server.make_url("")).removesuffix("/"))
        for parameter in (("target", "https://carnet.example/post"), ("domain", "carnet.example")):
            _, _, page = await asked.get("/api/mentions.html", parameter)
            assert "Aucun lien vers cette page" in page
            _, _, feed = await asked.get("/api/mentions.atom", parameter)
            assert 'xml:lang="fr"' in feed
        _, _, page = await asked.get("/api/mentions.html", ("target", f"{ours.url}/post"))
        assert "Nothing has linked here yet." in page


@pytest.mark.parametrize("path", ["/api/mentions.jf2", "/api/mentions.atom", "/api/mentions.html", "/api/count"])
async def test_the_head_of_an_answer_can_be_asked_for_alone(api: Api, ours: Blog, path: str) -> None:
    target = f"{ours.url}/post"
    async with aiohttp.ClientSession() as session:
        async with session.head(api.receiver + path, params={"target": target}) as response:
            head = response.headers
        async with session.get(api.receiver + path, params={"target": target}) as response:
            whole = response.headers
            assert (response.status, await response.read() != b"") == (200, True)
    for name in ("ETag", "Content-Type", "Content-Length", "Access-Control-Allow-Origin"):
        assert head[name] == whole[name]
