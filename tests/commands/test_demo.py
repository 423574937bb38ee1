"""The demo as people run it: a real process, a real service, real HTTP, and the page in a real browser."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from commands.demo.blogs import addresses_of
from commands.demo.stories import BREAD, NIGHT_TRAIN, SOUP
from service.languages import format_day, translations

ROOT = Path(__file__).parents[2]
DEMO = [sys.executable, "-m", "commands.main", "demo"]
LONGEST_DEMO_S = 120


def run_once(**variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEMO, "--once"],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=LONGEST_DEMO_S,
        check=False,
    )


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of another installation, which the environment names."""
    return tmp_path_factory.mktemp("other") / "data"


@pytest.fixture(scope="module")
def done(elsewhere: Path) -> subprocess.CompletedProcess[str]:
    return run_once(LINKBACK_STORE__DATA_DIR=str(elsewhere), LINKBACK_CONFIG="/no/such/file")


class TestOnce:
    """`linkback demo --once`."""

    def test_the_exit_code_is_0(self, done: subprocess.CompletedProcess[str]) -> None:
        assert (done.returncode, done.stderr) == (0, "")

    def test_every_step_is_told_in_order(self, done: subprocess.CompletedProcess[str]) -> None:
        assert re.findall(r"✓ (.+?)  ", done.stdout) == [
            *(NIGHT_TRAIN.blog, BREAD.blog, SOUP.blog),
            *("worker ready", "receiver ready"),
            *("X-Pingback", '<link rel="pingback">', "trackback:ping"),
            *("received", "fetched", "fetched", "verified", "answered", "in the feed"),
            *("received", "fetched", "verified", "answered", "in the feed"),
            *("trackback", "pingback"),
        ]

    @pytest.mark.usefixtures("done")
    def test_another_installation_in_the_environment_is_left_alone(self, elsewhere: Path) -> None:
        assert not elsewhere.exists()

    def test_a_service_that_cannot_start_is_exit_code_1_with_the_step_the_reason_and_the_log(
        self, tmp_path: Path
    ) -> None:
        too_long_for_a_socket = tmp_path / ("x" * 100)
        too_long_for_a_socket.mkdir()
        done = run_once(TMPDIR=str(too_long_for_a_socket))
        assert done.returncode == 1
        assert "The start of the service: the service has ended." in done.stderr
        assert "too long for a unix socket" in done.stderr
        assert list(too_long_for_a_socket.iterdir()) == []


@contextmanager
def demo_until(words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A demo, and what it told up to the line with these words; it is ended within bounds whatever happens."""
    process = subprocess.Popen(
        DEMO, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    watchdog = threading.Timer(LONGEST_DEMO_S, process.kill)
    watchdog.start()
    with process:
        assert process.stdout is not None
        told = ""
        while words not in told and (line := process.stdout.readline()):
            told += line
        yield process, told
        process.send_signal(signal.SIGTERM)
    watchdog.cancel()


def printed_addresses(told: str) -> dict[str, str]:
    return dict(re.findall(r"^    (\w+) +(http\S+)$", told, re.MULTILINE))


def is_listening(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname or "", address.port or 0)).close()
    except ConnectionRefusedError:
        return False
    return True


class TestEnd:
    """The end of a demo that was left open, or was not let come so far."""

    def test_ctrl_c_ends_everything_with_exit_code_0(self) -> None:
        with demo_until("Ctrl-C") as (process, told):
            addresses = printed_addresses(told)
            assert all(map(is_listening, addresses.values()))
            process.send_signal(signal.SIGINT)
            assert process.wait(LONGEST_DEMO_S) == 0
            assert not any(map(is_listening, addresses.values()))

    def test_ctrl_c_on_the_way_is_exit_code_1(self) -> None:
        with demo_until("The service starts") as (process, _told):
            process.send_signal(signal.SIGINT)
            _, failure = process.communicate(timeout=LONGEST_DEMO_S)
            assert process.returncode == 1
            assert "The demo: it was told to end." in failure


@dataclass(frozen=True)
class LeftOpen:
    """A demo that runs, and where to look at it."""

    post: str
    feed: str
    began_on: datetime


@pytest.fixture(scope="module")
def demo() -> Iterator[LeftOpen]:
    began_on = datetime.now(UTC)
    with demo_until("Ctrl-C") as (_process, told):
        addresses = printed_addresses(told)
        yield LeftOpen(addresses["post"], addresses["feed"], began_on)


class TestLeftOpen:
    """`linkback demo` when all steps are done."""

    def test_the_page_shows_both_linkbacks_under_their_heading_in_french_and_leads_to_the_feed(
        self, demo: LeftOpen, browser: webdriver.Chrome
    ) -> None:
        browser.get(demo.post)
        section = browser.find_element(By.CSS_SELECTOR, "section.linkback")
        mentions = section.find_elements(By.CSS_SELECTOR, "li")
        assert section.find_element(By.TAG_NAME, "h2").text == "Trackbacks et Pingbacks"
        assert [mention.find_element(By.TAG_NAME, "a").text for mention in mentions] == [SOUP.title, BREAD.title]
        assert [kind.text for kind in section.find_elements(By.CLASS_NAME, "linkback-kind")] == [
            "Trackback",
            "Pingback",
        ]
        assert [site.text for site in section.find_elements(By.CLASS_NAME, "linkback-site")] == [SOUP.blog, BREAD.blog]
        excerpts = [quote.text for quote in section.find_elements(By.TAG_NAME, "blockquote")]
        assert excerpts[0] == SOUP.excerpt
        assert BREAD.excerpt in excerpts[1]
        days = {format_day(day, "fr") for day in (demo.began_on, datetime.now(UTC))}
        assert {time.text for time in section.find_elements(By.TAG_NAME, "time")} <= days
        feed = section.find_element(By.CSS_SELECTOR, ".linkback-feed a")
        assert feed.text == translations("fr").gettext("Subscribe to this comment feed via RSS")
        assert feed.get_attribute("href") == demo.feed

    def test_the_page_is_a_french_post_with_its_date_and_the_tags_of_all_who_look_for_them(
        self, demo: LeftOpen, browser: webdriver.Chrome
    ) -> None:
        browser.get(demo.post)
        assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "fr"
        assert browser.find_element(By.TAG_NAME, "h1").text == NIGHT_TRAIN.title
        days = {format_day(day - timedelta(days=1), "fr") for day in (demo.began_on, datetime.now(UTC))}
        assert browser.find_element(By.CSS_SELECTOR, "article time").text in days
        service = demo.feed.partition("/comments.rss")[0]
        for selector, address in (
            ('link[rel="alternate"][type="application/rss+xml"]', demo.feed),
            ('link[rel="pingback"]', addresses_of(demo.post, service).pingback),
            ('link[rel="canonical"]', demo.post),
        ):
            assert browser.find_element(By.CSS_SELECTOR, selector).get_attribute("href") == address

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_the_page_fits_a_phone(self, demo: LeftOpen, browser: webdriver.Chrome, scheme: str) -> None:
        phone = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        browser.get(demo.post)
        assert browser.execute_script("return document.documentElement.scrollWidth") == 390
        background = browser.execute_script("return getComputedStyle(document.documentElement).backgroundColor")
        is_dark = sum(map(int, re.findall(r"\d+", background))) < 3 * 128
        assert is_dark == (scheme == "dark")
