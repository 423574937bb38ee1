"""Programs of the Python Package Index send to us, unchanged."""

import asyncio
import xmlrpc.client
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from conftest import Blog
from others import entries, in_headers, in_tags, run_python
from pelican.plugins.linkbacks.linkbacks import Cache, LinkbackConfig, process_all_links_of_an_article

from workers.loop import Loop

either_way = pytest.mark.parametrize("advertise", [in_headers, in_tags])

Advertise = Callable[[Blog, str], str]


@pytest.mark.usefixtures("worker")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the plugin leaves its socket open
async def test_pelicans_linkbacks_plugin_sends_both_and_the_feed_has_it_once(
    tmp_path: Path, receiver: str, ours: Blog, theirs: Blog
) -> None:
    post = in_headers(ours, receiver)
    article = f'<p>I read <a href="{post}">what they wrote</a> on hills.</p>'
    source = theirs.page("/article.html", f"<title>An article made by Pelican</title>{article}")
    config = LinkbackConfig({"SITEURL": theirs.url, "CACHE_PATH": str(tmp_path)})
    cache = Cache(config, {})
    sent = await asyncio.to_thread(process_all_links_of_an_article, config, cache, "article.html", "article", article)
    assert sent == 2
    assert "registered" in cache.data["article"][post]["pingback"]["response"]
    assert "queued" in cache.data["article"][post]["webmention"]["response"]
    assert await entries(receiver, post) == [("An article made by Pelican", source)]


@either_way
async def test_ronkyuu_sends_a_webmention(
    receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop, advertise: Advertise
) -> None:
    post = advertise(ours, receiver)
    source = theirs.linking("/a", post)
    assert (await run_python("ronkyuu_sends", source, post)).code == 0
    await loop_of_worker.run_until_idle()
    assert await entries(receiver, post) == [("A page that links", source)]


@either_way
async def test_webmentions_sends_to_all_that_the_page_links_to(
    tmp_path: Path, receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop, advertise: Advertise
) -> None:
    post = advertise(ours, receiver)
    source = theirs.linking("/a", post)
    assert (await run_python("webmentions_sends", f"{tmp_path}/sent", source)).code == 0
    await loop_of_worker.run_until_idle()
    assert await entries(receiver, post) == [("A page that links", source)]


async def test_webmentions_withdraws_what_a_page_links_to_no_more(
    tmp_path: Path, receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    post = in_headers(ours, receiver)
    source = theirs.linking("/a", post)
    await run_python("webmentions_sends", f"{tmp_path}/sent", source)
    await loop_of_worker.run_until_idle()
    theirs.page("/a", "<p>On second thoughts, nothing.</p>")
    await run_python("webmentions_sends", f"{tmp_path}/sent", source)
    await loop_of_worker.run_until_idle()
    assert await entries(receiver, post) == []


@either_way
async def test_django_wm_sends_to_all_that_a_text_links_to(
    tmp_path: Path, receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop, advertise: Advertise
) -> None:
    post = advertise(ours, receiver)
    source = theirs.linking("/a", post)
    surroundings = {
        "DJANGO_SETTINGS_MODULE": "django_settings",
        "DJANGO_DATABASE": f"{tmp_path}/site",
        "DJANGO_HOST": urlsplit(theirs.url).netloc,
    }
    done = await run_python("django_wm_sends", "/a", f'<p><a href="{post}">words</a></p>', **surroundings)
    assert done.code == 0, done.err
    await loop_of_worker.run_until_idle()
    assert await entries(receiver, post) == [("A page that links", source)]


@pytest.mark.usefixtures("worker")
async def test_the_standard_librarys_xmlrpc_client_pings_and_reads_our_faults(
    receiver: str, ours: Blog, theirs: Blog
) -> None:
    post = f"{ours.url}/post"
    source = theirs.linking("/a", post)
    with xmlrpc.client.ServerProxy(f"{receiver}/xmlrpc") as proxy:
        assert "registered" in str(await asyncio.to_thread(proxy.pingback.ping, source, post))
        with pytest.raises(xmlrpc.client.Fault, match="registered before"):
            await asyncio.to_thread(proxy.pingback.ping, source, post)
    assert await entries(receiver, post) == [("A page that links", source)]
