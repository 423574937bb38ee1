"""What a blog that includes GET /embed shows."""

import asyncio
import xmlrpc.client
from datetime import UTC, datetime
from urllib.parse import quote

import aiohttp
import pytest
from babel.dates import format_date
from conftest import Blog
from lxml import html

from config.settings import Settings, SiteSettings


async def embed(receiver: str, target: str) -> html.HtmlElement:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{receiver}/embed?target={quote(target, safe='')}") as response,
    ):
        assert response.content_type == "text/html"
        assert response.charset == "utf-8"
        return html.fragment_fromstring(await response.text())


async def ping(receiver: str, source: str, target: str) -> None:
    with xmlrpc.client.ServerProxy(f"{receiver}/pingback") as proxy:
        await asyncio.to_thread(proxy.pingback.ping, source, target)


@pytest.mark.usefixtures("worker")
async def test_the_list_shows_title_words_and_date_and_links_to_the_source(
    receiver: str, ours: Blog, theirs: Blog
) -> None:
    target = f"{ours.url}/post"
    source = theirs.linking("/a", target, "Tea & <b>hills</b>")
    await ping(receiver, source, target)
    section = await embed(receiver, target)
    link = section.cssselect("li a")[0]
    assert (link.get("href"), link.text, link.get("rel")) == (source, "Tea & <b>hills</b>", "nofollow ugc noopener")
    assert "something worth reading" in section.cssselect("blockquote")[0].text_content()
    assert section.cssselect("time")[0].text == format_date(datetime.now(UTC), "long", locale="en")
    assert section.cssselect("h2")[0].text == "Trackbacks and Pingbacks"


KINDS = {
    "/reply": '<div class="h-entry"><a class="p-author h-card" href="https://alice.example/">Alice</a>'
    '<a class="u-in-reply-to" href="{target}">re</a><p class="e-content">Well <b>said</b>.</p></div>',
    "/like": '<div class="h-entry"><span class="p-author">Bob</span><a class="u-like-of" href="{target}">x</a></div>',
    "/repost": '<p class="h-entry"><span class="p-author">Carol</span><a class="u-repost-of" href="{target}">x</a></p>',
}


@pytest.mark.usefixtures("worker")
async def test_replies_stand_among_the_comments_and_reactions_are_told_by_who_made_them(
    receiver: str, ours: Blog, theirs: Blog
) -> None:
    target = f"{ours.url}/post"
    for path, page in KINDS.items():
        await ping(receiver, theirs.page(path, page.format(target=target)), target)
    await ping(receiver, theirs.linking("/a", target), target)
    section = await embed(receiver, target)
    [reply] = section.cssselect(".linkback-comments > li")
    assert [link.get("href") for link in reply.cssselect(".u-url")] == ["https://alice.example/", f"{theirs.url}/reply"]
    assert html.tostring(reply.cssselect(".e-content")[0]).decode().strip().endswith("Well <b>said</b>.</div>")
    assert [face.text_content().strip() for face in section.cssselect(".linkback-like a")] == ["Bob"]
    assert [face.text_content().strip() for face in section.cssselect(".linkback-repost a")] == ["Carol"]
    assert len(section.cssselect(".linkback-mention")) == 1
    assert [heading.text for heading in section.cssselect("h2")] == [
        "4 responses",
        "Trackbacks and Pingbacks",
        "Leave a reply",
    ]


async def test_the_page_leads_to_the_feed(receiver: str, ours: Blog) -> None:
    target = f"{ours.url}/post"
    link = (await embed(receiver, target)).cssselect('a[type="application/rss+xml"]')[0]
    assert link.get("href") == f"https://linkback.example/comments.rss?target={quote(target, safe='')}"


class TestInFrench:
    """A site whose language is French."""

    @pytest.fixture
    def settings(self, settings: Settings, ours: Blog) -> Settings:
        site = SiteSettings(id="ours", name="Notre blog", home=f"{ours.url}/", language="fr")
        return settings.model_copy(update={"sites": (site,)})

    @pytest.mark.usefixtures("worker")
    async def test_words_and_dates_are_french(self, receiver: str, ours: Blog, theirs: Blog) -> None:
        target = f"{ours.url}/post"
        await ping(receiver, theirs.linking("/a", target), target)
        section = await embed(receiver, target)
        today = datetime.now(UTC)
        expected = format_date(today, "long", locale="fr")
        assert section.get("lang") == "fr"
        assert section.cssselect("h2")[0].text == "Trackbacks et Pingbacks"
        assert section.cssselect("time")[0].text == (expected if today.day > 1 else f"1er{expected[1:]}")


async def test_a_foreign_target_is_not_found(receiver: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{receiver}/embed?target=https://elsewhere.example/") as response,
    ):
        assert response.status == 404
