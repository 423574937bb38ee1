"""Programs of the npm registry send to us, unchanged."""

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Blog
from others import HERE, PROGRAMS, entries, in_headers, in_tags, run

from workers.loop import Loop

WEBMENTION = HERE / "node_modules" / ".bin" / "webmention"


def built(folder: Path, theirs: Blog, post: str) -> Path:
    """Write a page of another blog to a file, as a static site generator does, and put it up."""
    url = f"{theirs.url}/a"
    words = f'<p>I read <a href="{post}">what they wrote</a>.</p>'
    page = f'<html><head><title>A page</title><link rel="canonical" href="{url}"></head><body>{words}</body></html>'
    theirs.page("/a", page)
    file = folder / "a.html"
    file.write_text(page)
    return file


async def test_remys_webmention_sends_a_webmention(
    tmp_path: Path, receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    post = in_tags(ours, receiver)
    done = await run(WEBMENTION, built(tmp_path, theirs, post), "--send")
    assert f"endpoint = {receiver}/webmention (webmention)" in done.out
    assert "status   = 202" in done.out
    await loop_of_worker.run_until_idle()
    assert await entries(receiver, post) == [("A page", f"{theirs.url}/a")]


@pytest.mark.usefixtures("worker")
async def test_remys_webmention_sends_a_pingback(tmp_path: Path, receiver: str, ours: Blog, theirs: Blog) -> None:
    post = in_headers(ours, receiver)
    file = built(tmp_path, theirs, post)
    done = await run(WEBMENTION, file, "--send")
    assert f"endpoint = {receiver}/pingback (pingback)" in done.out
    assert "status   = 200" in done.out
    assert await entries(receiver, post) == [("A page", f"{theirs.url}/a")]


@pytest.mark.usefixtures("worker")
async def test_remys_webmention_reads_our_faults(tmp_path: Path, receiver: str, ours: Blog, theirs: Blog) -> None:
    post = in_headers(ours, receiver)
    file = built(tmp_path, theirs, post)
    theirs.page("/a", "<p>No link.</p>")
    done = await run(WEBMENTION, file, "--send")
    assert "status   = 400" in done.out
    assert "error    = The source does not contain a link to the target." in done.out
    assert await entries(receiver, post) == []


async def call(url: str, method: str, *parameters: str) -> dict[str, Any]:
    """Make an XML-RPC call by the package xmlrpc."""
    done = await run(
        "node", PROGRAMS / "xmlrpc_calls.js", url, method, *parameters, NODE_PATH=str(HERE / "node_modules")
    )
    answer: dict[str, Any] = json.loads(done.out)
    return answer


@pytest.mark.usefixtures("worker")
async def test_xmlrpc_pings_and_reads_our_faults(receiver: str, ours: Blog, theirs: Blog) -> None:
    post = f"{ours.url}/post"
    source = theirs.linking("/a", post)
    assert "registered" in (await call(f"{receiver}/pingback", "pingback.ping", source, post))["value"]
    assert (await call(f"{receiver}/pingback", "pingback.ping", source, post))["fault"] == 48
    assert await call(f"{receiver}/xmlrpc", "pingback.extensions.getPingbacks", post) == {"value": [source]}
    assert await entries(receiver, post) == [("A page that links", source)]
