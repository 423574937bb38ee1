"""`linkback sent`: what a blog that is followed has told others, as its owner reads it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web
from conftest import Blog
from running import linkback, told_by, write_settings


async def sent(config: Path, *arguments: str) -> tuple[int, str, str]:
    return await told_by(config, "sent", *arguments)


def write_feed(ours: Blog, **posts: str) -> None:
    items = "".join(
        f"<item><title>{name}</title><link>{ours.url}/{name}</link><description>{words}</description></item>"
        for name, words in posts.items()
    )
    ours.page("/feed.xml", f"<rss><channel>{items}</channel></rss>", content_type="application/rss+xml")


async def test_what_was_sent_is_shown_and_neither_forgotten_nor_repeated_after_a_restart(
    folder: Path, ours: Blog, theirs: Blog
) -> None:
    told: list[str] = []

    async def endpoint(request: web.Request) -> web.StreamResponse:
        told.append(parse_qs(await request.text())["target"][0])
        return web.Response(status=201, headers={"Location": "/status/7"}, text="Thank you, [/green] friend.")

    theirs.answers["/endpoint"] = endpoint
    target = theirs.page("/page", '<link rel="webmention" href="/endpoint">')
    write_feed(ours, old="An old post.")
    config, _ = write_settings(folder, ours.url, f'feed = "{ours.url}/feed.xml"\n[follow]\nevery = 0.2\n')

    async with linkback("serve", "--config", str(config)) as service:
        await service.ready()
        await service.event(lambda event: event["event"] == "posts learnt")
        assert await sent(config) == (0, "Nothing has been sent yet.\n", "")
        ours.page("/new", f'<article><p>See <a href="{target}">this</a>.</p></article>')
        write_feed(ours, new="A new post.", old="An old post.")
        await service.event(lambda event: event["event"] == "post announced")
        code, out, _ = await sent(config)
        assert code == 0
        [heading, line] = out.splitlines()
        assert heading.split() == ["When", "Post", "Target", "Protocol", "Status", "Outcome", "Answer"]
        assert f"{ours.url}/new" in line
        assert f"{target} " in line
        assert "Thank you, [/green] friend." in line

    async with linkback("serve", "--config", str(config)) as service:
        await service.ready()
        await service.event(lambda event: event["event"] == "feed read")
        code, _, err = await sent(config, "--site", "other")
        assert (code, "no site 'other'" in err) == (2, True)
        _, out, _ = await sent(config, "--json", "--site", "ours")
        [document] = json.loads(out)
        assert told == [target]

    expected: dict[str, Any] = {
        "source": f"{ours.url}/new",
        "target": target,
        "protocol": "webmention",
        "endpoint": f"{theirs.url}/endpoint",
        "status": 201,
        "outcome": "sent",
        "location": f"{theirs.url}/status/7",
        "link_removed": False,
        "attempts": 1,
    }
    assert expected.items() <= document.items()


async def test_without_a_running_service_it_says_what_to_do(folder: Path) -> None:
    config, _ = write_settings(folder, "https://ours.example")
    code, out, err = await sent(config)
    assert (code, out, "No `linkback serve` is running" in err) == (2, "", True)
