"""`linkback import`, as somebody uses it who comes from another system."""

import json
import sqlite3
from pathlib import Path
from urllib.parse import quote

import aiohttp
import feedparser
import pytest
from running import linkback, told_by, write_settings

from commands.importing import FORMATS

EXPORTS = Path(__file__).parents[1] / "linkback" / "imports" / "exports"
HOME = "https://lanterns.example"
FILES = {
    "wordpress": "wordpress.xml",
    "disqus": "disqus.xml",
    "webmention-io": "webmentions.jf2",
    "feed": "wordpress_comments.rss",
    "isso": "",
}


def isso_database(folder: Path) -> Path:
    path = folder / "comments.db"
    with sqlite3.connect(path) as database:
        database.executescript(
            "CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR, title VARCHAR);"
            "CREATE TABLE comments (tid, id INTEGER PRIMARY KEY, parent, created, mode, text, author, email, website);"
            "INSERT INTO threads VALUES (1, '/paper-boats/', 'Paper boats');"
            "INSERT INTO comments VALUES (1, 1, NULL, 1700000000, 1, 'Wax *helps*.', 'Jo', 'jo@mail.example', NULL);"
            "INSERT INTO comments VALUES (1, 2, 1, 1700000100, 1, 'So it does.', 'Al', NULL, NULL);"
        )
    database.close()
    return path


async def get(url: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200
        return await response.text()


@pytest.mark.parametrize("kind", FORMATS)
async def test_an_export_is_taken_over_and_twice_is_the_same_as_once(folder: Path, kind: str) -> None:
    config, receiver = write_settings(folder, HOME)
    file = EXPORTS / FILES[kind] if FILES[kind] else isso_database(folder)
    async with linkback("serve", "--config", str(config)) as service:
        await service.ready()
        code, out, _ = await told_by(config, "import", kind, str(file), "--dry-run")
        new = int(out.split()[0])
        assert (code, new > 0, "would be imported" in out) == (0, True, True)
        assert feedparser.parse(await get(f"{receiver}/comments.rss?site=ours")).entries == []
        code, out, _ = await told_by(config, "import", kind, str(file))
        assert (code, out.startswith(f"{new} imported, 0 were there already")) == (0, True)
        first = await get(f"{receiver}/comments.atom?site=ours")
        assert feedparser.parse(first).entries
        assert "@mail.example" not in first
        _, out, _ = await told_by(config, "import", kind, str(file))
        assert out.startswith(f"0 imported, {new} were there already")
        assert await get(f"{receiver}/comments.atom?site=ours") == first


async def test_threads_dates_and_states_of_wordpress_are_kept(folder: Path) -> None:
    config, receiver = write_settings(folder, HOME)
    target = f"{HOME}/2010/05/paper-boats/"
    async with linkback("serve", "--config", str(config)) as service:
        await service.ready()
        _, _, err = await told_by(config, "import", "wordpress", str(EXPORTS / "wordpress.xml"))
        assert "wordpress:" in err
        feed = feedparser.parse(await get(f"{receiver}/comments.rss?target={quote(target, safe='')}"))
        assert {entry.published_parsed.tm_year for entry in feed.entries} == {2010, 2016}
        assert {"comment", "pingback"} <= {entry.category for entry in feed.entries}
        _, out, _ = await told_by(config, "moderate", "list", "--json")
        assert len(json.loads(out)) == 1


async def test_what_cannot_be_imported_says_why(folder: Path) -> None:
    config, _ = write_settings(folder, HOME)
    nonsense = folder / "nonsense"
    nonsense.write_text("nonsense")
    code, out, err = await told_by(config, "import", "feed", str(nonsense))
    assert (code, out, "No `linkback serve` is running" in err) == (2, "", True)
    async with linkback("serve", "--config", str(config)) as service:
        await service.ready()
        for kind in FORMATS:
            code, out, err = await told_by(config, "import", kind, str(nonsense))
            assert (code, out, bool(err), "Traceback" in err) == (2, "", True, False), kind
        for kind in ("isso", "feed"):
            code, _, err = await told_by(config, "import", kind, str(folder / "missing"))
            assert (code, "missing" in err) == (2, True)
        _, _, err = await told_by(config, "import", "wordpress", str(EXPORTS / "wordpress.xml"), "--site", "other")
        assert "there are: ours" in err
    code, _, err = await told_by(config, "import", "blogger", str(nonsense))
    assert (code, "no format" in err) == (1, True)
