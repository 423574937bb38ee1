"""`linkback send` sends to programs of the Python Package Index, unchanged."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from conftest import Blog
from others import get, linkback_send, run_python, serving


def outcomes(out: str) -> list[tuple[str, str, int]]:
    """Protocol, outcome and status of each target, from what `linkback send --json` prints."""
    results: list[dict[str, Any]] = json.loads(out)["results"]
    return [(result["protocol"], result["outcome"], result["status"]) for result in results]


def dated(ours: Blog, target: str) -> str:
    """Put up a post of ours that says when it was written, as most do."""
    words = (
        f'<a class="e-content" href="{target}">words</a><time class="dt-published" datetime="2026-11-20">Friday</time>'
    )
    return ours.page("/on-hills", f'<title>On hills</title><article class="h-entry">{words}</article>')


async def test_webmentions_takes_a_webmention(tmp_path: Path, ours: Blog) -> None:
    async with serving("webmentions_receives", f"{tmp_path}/received") as site:
        source = dated(ours, f"{site}/post")
        done = await linkback_send(source, "--json")
        assert outcomes(done.out) == [("webmention", "sent", 200)]
        stored = json.loads(await get(f"{site}/webmentions", resource=f"{site}/post", direction="in"))
    assert [(mention["source"], mention["title"]) for mention in stored] == [(source, "On hills")]


async def test_webmentions_is_told_that_the_source_was_deleted(tmp_path: Path, ours: Blog) -> None:
    async with serving("webmentions_receives", f"{tmp_path}/received") as site:
        source = dated(ours, f"{site}/post")
        await linkback_send(source)
        ours.page("/on-hills", "", status=410)
        done = await linkback_send(source, f"{site}/post", "--json")
        assert outcomes(done.out) == [("webmention", "sent", 200)]
        assert json.loads(await get(f"{site}/webmentions", resource=f"{site}/post", direction="in")) == []


async def test_webmentions_fails_over_a_source_without_a_date_and_we_say_so(tmp_path: Path, ours: Blog) -> None:
    async with serving("webmentions_receives", f"{tmp_path}/received") as site:
        done = await linkback_send(ours.linking("/on-hills", f"{site}/post"), "--json")
    assert outcomes(done.out) == [("webmention", "failed", 500)]


def django(folder: Path) -> dict[str, str]:
    return {"DJANGO_SETTINGS_MODULE": "django_settings", "DJANGO_DATABASE": str(folder / "site")}


async def test_django_webmention_takes_a_webmention(tmp_path: Path, ours: Blog) -> None:
    async with serving("django_serves", **django(tmp_path)) as site:
        post = f"{site}/django-webmention/post"
        source = ours.linking("/on-hills", post)
        done = await linkback_send(source, "--json")
    assert outcomes(done.out) == [("webmention", "sent", 202)]
    with closing(sqlite3.connect(tmp_path / "site")) as database:
        stored = database.execute("SELECT source, response_to, current FROM webmention_webmentionresponse")
        assert stored.fetchall() == [(source, post, 1)]


async def test_django_webmention_refuses_what_does_not_link_and_we_say_so(tmp_path: Path, ours: Blog) -> None:
    async with serving("django_serves", **django(tmp_path)) as site:
        source = ours.page("/on-hills", "<p>No link.</p>")
        done = await linkback_send(source, f"{site}/django-webmention/post", "--json")
    assert outcomes(done.out) == [("webmention", "refused", 400)]


async def test_django_wm_takes_a_webmention(tmp_path: Path, ours: Blog) -> None:
    async with serving("django_serves", **django(tmp_path)) as site:
        post = f"{site}/django-wm/post"
        source = ours.linking("/on-hills", post)
        done = await linkback_send(source, "--json")
        assert outcomes(done.out) == [("webmention", "sent", 202)]
        await run_python("django_manages", "mentions_pending", "incoming", **django(tmp_path))
        stored = json.loads(await get(f"{site}/django-wm/get", url=post))
    assert [mention["source_url"] for mention in stored["mentions"]] == [source]
