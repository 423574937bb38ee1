"""What `linkback snippet` prints."""

import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html

from linkback.protocols.trackback_listing import target_of


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "linkback.toml"
    path.write_text(
        '[server]\npublic_url = "https://linkback.example"\n'
        '[[sites]]\nid = "ours"\nname = "Ours"\nhome = "https://ours.example/"\n'
    )
    return str(path)


def snippet(url: str, config: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "commands.main", "snippet", url, "--config", config]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_tags_name_every_endpoint_and_the_feed(config: str) -> None:
    result = snippet("https://ours.example/a--post?x=1&y=2", config)
    assert result.returncode == 0
    tags = html.fragments_fromstring(result.stdout)
    links = {tag.get("rel"): tag.get("href") for tag in tags if not isinstance(tag, str) and tag.tag == "link"}
    assert links == {
        "webmention": "https://linkback.example/webmention",
        "pingback": "https://linkback.example/pingback",
        "alternate": "https://linkback.example/comments.rss"
        "?target=https%3A%2F%2Fours.example%2Fa--post%3Fx%3D1%26y%3D2",
    }
    ping = result.stdout.split('trackback:ping="')[1].split('"')[0].replace("&#45;", "-")
    assert target_of(ping.removeprefix("https://linkback.example/trackback/")) == "https://ours.example/a--post?x=1&y=2"


@pytest.mark.parametrize(
    ("url", "words"),
    [("https://elsewhere.example/", "lies under no site"), ("nonsense", "is not an http or https URL")],
)
def test_an_address_that_is_no_post_is_refused_in_words(config: str, url: str, words: str) -> None:
    result = snippet(url, config)
    assert result.returncode == 1
    assert words in result.stderr
