"""What becomes of a trackback's words, and what its sender hears when it has waited long enough."""

from urllib.parse import quote, urlencode

import aiohttp
import pytest
from conftest import Blog
from lxml import etree

FORM = "application/x-www-form-urlencoded"


async def send(receiver: str, target: str, body: bytes) -> tuple[str, str]:
    """The <error> and <message> of the answer."""
    url = f"{receiver}/trackback?target={quote(target, safe='')}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers={"Content-Type": FORM}) as response,
    ):
        assert (response.status, response.content_type) == (200, "text/xml")
        answer = etree.fromstring(await response.read())
    return answer.findtext("error") or "", answer.findtext("message") or ""


async def get(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.text()


@pytest.mark.usefixtures("worker")
async def test_a_genuine_trackback_stands_in_the_feed_in_its_senders_words(
    receiver: str, ours: Blog, theirs: Blog
) -> None:
    target = f"{ours.url}/post"
    source = theirs.linking("/a", target)
    form = {"url": source, "title": "Hills, again", "excerpt": "I walked & wrote.", "blog_name": "Their blog"}
    assert (await send(receiver, target, urlencode(form).encode()))[0] == "0"
    feed = etree.fromstring((await get(f"{receiver}/comments.rss?target={target}")).encode())
    assert feed.findtext("channel/item/title") == "Hills, again"
    assert feed.findtext("channel/item/link") == source
    assert "I walked & wrote." in (feed.findtext("channel/item/{*}encoded") or "").replace("&amp;", "&")


@pytest.mark.usefixtures("worker")
async def test_words_that_are_html_are_shown_as_text(receiver: str, ours: Blog, theirs: Blog) -> None:
    target = f"{ours.url}/post"
    form = {
        "url": theirs.linking("/a", target),
        "title": "Tom &#038; Jerry <script>alert(1)</script>",
        "excerpt": "5 &lt; 6 <img src=x onerror=alert(1)>",
    }
    await send(receiver, target, urlencode(form).encode())
    page = await get(f"{receiver}/embed?target={target}")
    assert "Tom &amp; Jerry" in page
    assert "5 &lt; 6" in page
    assert "<script" not in page
    assert "<img" not in page


@pytest.mark.parametrize("answer_within", [0.1])
async def test_a_verdict_that_is_not_in_by_then_is_success_that_says_queued(
    receiver: str, ours: Blog, theirs: Blog
) -> None:
    form = {"url": theirs.linking("/a", f"{ours.url}/post")}
    error, message = await send(receiver, f"{ours.url}/post", urlencode(form).encode())
    assert error == "0"
    assert "queued" in message
