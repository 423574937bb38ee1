"""`linkback moderate`, as the owner of a blog uses it while the service runs."""

import json
from pathlib import Path

import aiohttp
import feedparser
from conftest import Blog
from running import linkback, told_by, write_settings


async def moderate(config: Path, *arguments: str) -> tuple[int, str, str]:
    return await told_by(config, "moderate", *arguments)


async def ids_that_wait(config: Path) -> list[str]:
    code, out, _ = await moderate(config, "list", "--json")
    assert code == 0
    return [entry["id"] for entry in json.loads(out)]


async def sources_in_feed(receiver: str, target: str) -> list[str]:
    async with aiohttp.ClientSession() as session, session.get(f"{receiver}/comments.rss?target={target}") as response:
        return [entry.link for entry in feedparser.parse(await response.read()).entries]


async def test_what_waits_is_listed_and_decided_in_bulk(folder: Path, ours: Blog, theirs: Blog) -> None:
    config, receiver = write_settings(folder, ours.url, 'linkbacks = "hold"\n')
    target = f"{ours.url}/post"
    async with linkback("serve", "--config", str(config)) as service, aiohttp.ClientSession() as session:
        await service.ready()
        assert await moderate(config, "list") == (0, "Nothing is waiting.\n", "")
        sources = [theirs.linking(f"/{number}", target, f"Page {number}") for number in range(3)]
        for source in sources:
            await session.post(f"{receiver}/webmention", data={"source": source, "target": target})
            await service.event(lambda event: event["event"] == "mention settled")
        comment = {"name": "Alice", "email": "alice@example.org", "text": "Well said."}
        async with session.post(f"{receiver}/comments?target={target}", json=comment) as response:
            assert response.status == 202

        first, second, third, written = await ids_that_wait(config)
        _, out, _ = await moderate(config, "list")
        assert len(out.splitlines()) == 5
        assert "Well said." in out
        assert "alice@example.org" not in out
        code, out, err = await moderate(config, "approve", first, second, "nonsense")
        assert (code, out) == (1, f"{first}: approved\n{second}: approved\n")
        assert "nonsense: there is no comment or mention" in err
        assert await moderate(config, "spam", third) == (0, f"{third}: spam\n", "")
        assert await moderate(config, "approve", written) == (0, f"{written}: approved\n", "")
        assert await ids_that_wait(config) == []
        assert set(sources[:2]) <= set(await sources_in_feed(receiver, target))
        await moderate(config, "delete", first)
        assert sources[0] not in await sources_in_feed(receiver, target)
        await session.post(f"{receiver}/webmention", data={"source": sources[0], "target": target})
        await service.event(lambda event: event["event"] == "mention settled")
        assert sources[0] not in await sources_in_feed(receiver, target)
        await moderate(config, "hold", second)
        assert await ids_that_wait(config) == [second]


async def test_without_a_running_service_it_says_what_to_do(folder: Path) -> None:
    config, _ = write_settings(folder, "https://ours.example")
    for arguments in (("list",), ("approve", "12345678-0000-7000-8000-000000000000")):
        code, out, err = await moderate(config, *arguments)
        assert (code, out, "No `linkback serve` is running" in err) == (2, "", True)
