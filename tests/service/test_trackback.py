"""What a trackback's sender hears, and what becomes of its words."""

from urllib.parse import quote, urlencode

import aiohttp
import pytest
from conftest import Blog
from lxml import etree

from linkback.protocols.trackback_listing import post_id
from linkback.store.connection import Store

FORM = "application/x-www-form-urlencoded"


async def send(receiver: str, target: str, body: bytes, content_type: str = FORM) -> tuple[str, str]:
    """The <error> and <message> of the answer."""
    url = f"{receiver}/trackback?target={quote(target, safe='')}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body, headers={"Content-Type": content_type}) as response,
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
@pytest.mark.parametrize(
    ("charset", "title"),
    [
        ("utf-8", "Über die Hügel: œuvre"),
        ("iso-8859-1", "À propos des collines"),
        ("windows-1252", "Les “collines”, une œuvre"),
        ("shift_jis", "丘について"),
        ("euc-jp", "丘について"),
    ],
)
async def test_the_charset_of_the_content_type_counts(
    receiver: str, ours: Blog, theirs: Blog, charset: str, title: str
) -> None:
    target = f"{ours.url}/post"
    form = {"url": theirs.linking("/a", target), "title": title}
    body = urlencode(form, encoding=charset).encode()
    assert (await send(receiver, target, body, f"{FORM}; charset={charset}"))[0] == "0"
    assert title in await get(f"{receiver}/embed?target={target}")


@pytest.mark.usefixtures("worker")
async def test_the_charset_field_that_wordpress_knows_counts(receiver: str, ours: Blog, theirs: Blog) -> None:
    target = f"{ours.url}/post"
    form = {"url": theirs.linking("/a", target), "title": "Déjà vu", "charset": "ISO-8859-1"}
    await send(receiver, target, urlencode(form, encoding="iso-8859-1").encode())
    assert "Déjà vu" in await get(f"{receiver}/embed?target={target}")


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


@pytest.mark.usefixtures("worker")
async def test_a_source_that_does_not_link_is_refused_in_trackbacks_words(
    receiver: str, ours: Blog, theirs: Blog
) -> None:
    form = {"url": theirs.page("/a", "<p>Buy pills.</p>"), "title": "Pills"}
    error, message = await send(receiver, f"{ours.url}/post", urlencode(form).encode())
    assert (error, message) == ("1", "The source does not contain a link to the target.")


async def test_a_ping_without_its_url_is_an_error(receiver: str, ours: Blog) -> None:
    error, message = await send(receiver, f"{ours.url}/post", b"title=x")
    assert error == "1"
    assert "url" in message


async def test_a_foreign_target_is_an_error_and_nothing_is_stored(receiver: str, store: Store) -> None:
    error, message = await send(receiver, "https://elsewhere.example/post", b"url=https://theirs.example/a")
    assert error == "1"
    assert "https://elsewhere.example/post" in message
    assert await store.client.keys("lb:*mention*") == []


async def test_a_ping_url_without_target_is_an_error(receiver: str) -> None:
    error, message = await send(receiver, "", b"url=https://theirs.example/a")
    assert error == "1"
    assert "?target=" in message


async def test_a_body_over_the_limit_is_an_error(receiver: str, ours: Blog) -> None:
    error, message = await send(receiver, f"{ours.url}/post", b"excerpt=" + b"x" * 100_000)
    assert error == "1"
    assert "larger than 65536 bytes" in message


@pytest.mark.parametrize("answer_within", [0.1])
async def test_a_verdict_that_is_not_in_by_then_is_success_that_says_queued(
    receiver: str, ours: Blog, theirs: Blog
) -> None:
    form = {"url": theirs.linking("/a", f"{ours.url}/post")}
    error, message = await send(receiver, f"{ours.url}/post", urlencode(form).encode())
    assert error == "0"
    assert "queued" in message


async def test_get_is_no_ping_and_leads_to_the_post(receiver: str, ours: Blog, store: Store) -> None:
    address = f"{receiver}/trackback?target={ours.url}/post&url=https://theirs.example/a"
    async with aiohttp.ClientSession() as session, session.get(address, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, f"{ours.url}/post")
    assert await store.client.keys("lb:*mention*") == []


@pytest.mark.usefixtures("worker")
async def test_mode_rss_lists_the_posts_trackbacks(receiver: str, ours: Blog, theirs: Blog) -> None:
    target = f"{ours.url}/post"
    source = theirs.linking("/a", target)
    await send(receiver, target, urlencode({"url": source, "title": "A & B", "excerpt": "Words."}).encode())
    answer = etree.fromstring((await get(f"{receiver}/trackback?target={target}&__mode=rss")).encode())
    item = answer.find("rss/channel/item")
    assert answer.findtext("error") == "0"
    assert item is not None
    assert [child.text for child in item] == ["A & B", source, "Words."]


async def test_the_list_of_a_foreign_post_is_an_error(receiver: str) -> None:
    answer = etree.fromstring((await get(f"{receiver}/trackback?target=https://x.example/&__mode=rss")).encode())
    assert answer.findtext("error") == "1"


@pytest.mark.usefixtures("worker")
async def test_a_ping_url_may_hold_the_post_in_its_path(receiver: str, ours: Blog, theirs: Blog) -> None:
    target = f"{ours.url}/post"
    body = urlencode({"url": theirs.linking("/a", target)}).encode()
    address = f"{receiver}/trackback/{post_id(target)}"
    headers = {"Content-Type": FORM}
    async with aiohttp.ClientSession() as session, session.post(address, data=body, headers=headers) as response:
        assert "<error>0</error>" in await response.text()
    assert source_titles(await get(f"{address}?__mode=rss")) == ["A page that links"]


def source_titles(listing: str) -> list[str | None]:
    return [title.text for title in etree.fromstring(listing.encode()).iterfind("rss/channel/item/title")]
