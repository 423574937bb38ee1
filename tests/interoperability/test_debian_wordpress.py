"""WordPress as Debian has it, unchanged, sends to us and is sent to."""

import asyncio
import json
import xmlrpc.client
from collections.abc import Callable, Iterator
from urllib.parse import quote

import aiohttp
import feedparser
import pytest
from conftest import Blog
from others import entries, get, in_headers, in_tags, linkback_send
from wordpress import WordPress, wordpress


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordPress]:
    with wordpress(tmp_path_factory.mktemp("w")) as installed:
        yield installed


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("advertise", [in_headers, in_tags])
async def test_wordpress_sends_a_pingback(
    blog: WordPress, receiver: str, ours: Blog, advertise: Callable[[Blog, str], str]
) -> None:
    post = advertise(ours, receiver)
    source = await asyncio.to_thread(blog.publish, "Of hills", f'I read <a href="{post}">this</a>.')
    assert await entries(receiver, post) == [("Of hills", source.url)]


@pytest.mark.usefixtures("worker")
async def test_wordpress_sends_a_trackback(blog: WordPress, receiver: str, ours: Blog) -> None:
    post = f"{ours.url}/post"
    words = f'Ärger am Hügel, by <a href="{post}">them</a>.'
    ping_url = f"{receiver}/trackback?target={quote(post, safe='')}"
    source = await asyncio.to_thread(blog.publish, "Über Hügel", words, mt_tb_ping_urls=[ping_url])
    (entry,) = feedparser.parse(await get(f"{receiver}/comments.rss", target=post)).entries
    assert (entry.title, entry.link) == ("Über Hügel", source.url)
    assert "Ärger am Hügel" in entry.summary


@pytest.mark.usefixtures("worker")
async def test_a_call_as_wordpress_writes_it_is_understood(receiver: str, ours: Blog, theirs: Blog) -> None:
    """A later WordPress than Debian's names more encodings and keeps fragments."""
    post = f"{ours.url}/post"
    source = theirs.linking("/?p=4", post)
    theirs.answers["/"] = theirs.answers["/?p=4"]
    body = (
        '<?xml version="1.0"?>\r\n<methodCall>\r\n<methodName>pingback.ping</methodName>\r\n<params>\r\n'
        f"<param><value><string>{source}</string></value></param>\r\n"
        f"<param><value><string>{post}#part</string></value></param>\r\n</params></methodCall>\r\n"
    )
    headers = {
        "Content-Type": "text/xml",
        "User-Agent": "The Incutio XML-RPC PHP Library -- WordPress/6.1.9",
        "Accept-Encoding": "deflate, gzip, br, zstd",
        "Connection": "close",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{receiver}/pingback", data=body, headers=headers) as response,
    ):
        answer, _ = xmlrpc.client.loads(await response.text())
    assert "registered" in str(answer[0])
    assert await entries(receiver, post) == [("A page that links", source)]


async def sent(*arguments: str) -> list[tuple[str, str, str]]:
    results = json.loads((await linkback_send(*arguments, "--json")).out)["results"]
    return [(result["protocol"], result["outcome"], result["answer"]) for result in results]


async def test_wordpress_takes_a_pingback_and_tells_us_when_it_knows_it(blog: WordPress, ours: Blog) -> None:
    target = await asyncio.to_thread(blog.publish, "A post", "Words.")
    source = ours.linking("/on-hills", target.url)
    thanks = f"Pingback from {source} to {target.url} registered. Keep the web talking! :-)"
    assert await sent(source) == [("pingback", "sent", thanks)]
    known = "Fault 48: The pingback has already been registered."
    assert await sent(source) == [("pingback", "already_known", known)]
    excerpt = "[&#8230;] wrote something worth reading about [&#8230;]"
    assert await asyncio.to_thread(blog.received, target) == [("pingback", source, excerpt)]


async def test_wordpress_refuses_a_pingback_that_is_not_true(blog: WordPress, ours: Blog) -> None:
    target = await asyncio.to_thread(blog.publish, "A post", "Words.")
    source = ours.page("/on-hills", "<title>On hills</title><p>No link.</p>")
    assert await sent(source, target.url) == [("pingback", "refused", "Fault 0.")]
    assert await asyncio.to_thread(blog.received, target) == []


async def test_wordpress_takes_a_trackback_and_refuses_it_when_it_knows_it(blog: WordPress, ours: Blog) -> None:
    target = await asyncio.to_thread(blog.publish, "A post", "Words.", mt_keywords=["trackbacks"])
    source = ours.linking("/on-hills", target.url, title="Über Hügel")
    assert await sent(source) == [("trackback", "sent", "")]
    known = "There is already a ping from that URL for this post."
    assert await sent(source) == [("trackback", "refused", known)]
    ((kind, url, text),) = await asyncio.to_thread(blog.received, target)
    assert (kind, url) == ("trackback", source)
    assert text.startswith("<strong>Über Hügel</strong>")
