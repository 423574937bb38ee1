"""Programs that others wrote, unchanged, ping us."""

import asyncio
import xmlrpc.client
from pathlib import Path

import aiohttp
import feedparser
import pytest
from aiohttp import web
from conftest import Blog
from pelican.plugins.linkbacks.linkbacks import Cache, LinkbackConfig, process_all_links_of_an_article


@pytest.fixture
def post(ours: Blog, receiver: str) -> str:
    """Our post, as a blog that has set Linkback up serves it: with the headers that name our endpoints."""

    headers = {"X-Pingback": f"{receiver}/pingback", "Link": f'<{receiver}/webmention>; rel="webmention"'}

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(text="<title>On hills</title>", content_type="text/html", headers=headers)

    ours.answers["/post"] = answer
    return f"{ours.url}/post"


async def titles(receiver: str, target: str) -> list[str]:
    async with aiohttp.ClientSession() as session, session.get(f"{receiver}/comments.rss?target={target}") as response:
        return [entry.title for entry in feedparser.parse(await response.read()).entries]


@pytest.mark.usefixtures("worker")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the plugin leaves its socket open
async def test_pelicans_linkbacks_plugin_finds_the_endpoints_and_what_it_sends_stands_in_the_feed_once(
    tmp_path: Path, receiver: str, post: str, theirs: Blog
) -> None:
    article = f'<p>I read <a href="{post}">what they wrote</a> on hills.</p>'
    theirs.page("/article.html", f"<title>An article made by Pelican</title>{article}")
    config = LinkbackConfig({"SITEURL": theirs.url, "CACHE_PATH": str(tmp_path)})
    cache = Cache(config, {})
    sent = await asyncio.to_thread(process_all_links_of_an_article, config, cache, "article.html", "article", article)
    assert sent == 2
    assert "registered" in cache.data["article"][post]["pingback"]["response"]
    assert "queued" in cache.data["article"][post]["webmention"]["response"]
    assert await titles(receiver, post) == ["An article made by Pelican"]


@pytest.mark.usefixtures("worker")
async def test_the_standard_librarys_xmlrpc_client_pings_and_reads_our_faults(
    receiver: str, post: str, theirs: Blog
) -> None:
    source = theirs.linking("/a", post)
    with xmlrpc.client.ServerProxy(f"{receiver}/xmlrpc") as proxy:
        assert "registered" in str(await asyncio.to_thread(proxy.pingback.ping, source, post))
        with pytest.raises(xmlrpc.client.Fault, match="registered before"):
            await asyncio.to_thread(proxy.pingback.ping, source, post)


@pytest.mark.usefixtures("worker")
async def test_a_call_as_wordpress_writes_it_is_understood(receiver: str, post: str, theirs: Blog) -> None:
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
    assert await titles(receiver, post) == ["A page that links"]
