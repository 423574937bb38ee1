"""Clients that were made for webmention.io read from us when the host is changed."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import Blog
from others import HERE, PROGRAMS, run
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from config.settings import Settings
from linkback.mentions import Ping, Protocol, Received, screen
from linkback.store.connection import Store
from linkback.store.inbox import Inbox
from workers.loop import Loop

SCRIPT = HERE / "node_modules" / "webmention.js" / "static" / "webmention.js"
SOURCES = {
    "/reply": '<a class="u-in-reply-to" href="{post}">re</a><div class="e-content">Well <b>said</b>.</div>',
    "/like": '<a class="u-like-of" href="{post}">liked</a>',
    "/mention": '<p class="p-name">An article</p><div class="e-content">As <a href="{post}">they</a> say.</div>',
}


@pytest.fixture
async def post(ours: Blog, theirs: Blog, settings: Settings, store: Store, loop_of_worker: Loop) -> str:
    """Our post, which a reply, a like and a plain mention have reached."""
    post = f"{ours.url}/post"
    for path, words in SOURCES.items():
        author = '<a class="p-author h-card" href="https://alice.example/">Alice</a>'
        source = theirs.page(path, f'<article class="h-entry">{author}{words.format(post=post)}</article>')
        received = screen(Ping(Protocol.WEBMENTION, source, post), settings.all_sites())
        assert isinstance(received, Received)
        await Inbox(store).receive(received, datetime.now(UTC))
    await loop_of_worker.run_until_idle()
    return post


@pytest.mark.parametrize("paging", ["", "&per-page=2"], ids=["all at once", "page by page"])
async def test_eleventy_cache_webmentions_reads_the_mentions_of_a_site(
    tmp_path: Path, receiver: str, post: str, ours: Blog, theirs: Blog, paging: str
) -> None:
    feed = f"{receiver}/api/mentions.jf2?domain={urlsplit(ours.url).netloc}{paging}"
    done = await run("node", PROGRAMS / "eleventy_reads.mjs", ours.url, feed, tmp_path, f"{post}/")
    assert done.code == 0, done.err
    read = json.loads(done.out.splitlines()[-1])
    assert (read["all"], read["replies"]) == (3, 1)
    by_source = {mention["wm-source"]: mention for mention in read["page"]}
    assert set(by_source) == {f"{theirs.url}{path}" for path in SOURCES}
    reply = by_source[f"{theirs.url}/reply"]
    assert reply["author"]["name"] == "Alice"
    assert reply["contentSanitized"] == "Well <b>said</b>."


async def test_webmention_js_shows_the_mentions_of_a_page_in_a_browser(
    receiver: str, post: str, ours: Blog, theirs: Blog, browser: webdriver.Chrome
) -> None:
    script = SCRIPT.read_text()
    assert "https://webmention.io/" in script
    ours.page(
        "/webmention.js", script.replace("https://webmention.io/", f"{receiver}/"), content_type="text/javascript"
    )
    ours.page("/post", '<div id="webmentions"></div><script src="/webmention.js" async></script>')

    def look() -> tuple[list[str], str]:
        browser.get(post)
        WebDriverWait(browser, 20).until(lambda driver: driver.find_elements(By.CSS_SELECTOR, "#webmentions li"))
        container = browser.find_element(By.ID, "webmentions")
        links = [link.get_attribute("href") or "" for link in container.find_elements(By.TAG_NAME, "a")]
        return links, container.text

    links, text = await asyncio.to_thread(look)
    assert {f"{theirs.url}{path}" for path in SOURCES} <= set(links)
    assert "Well said." in text
    assert "Alice" in text
