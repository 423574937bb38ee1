# noqa: INP001 - a script that stands beside the pages that show its pictures
"""
Takes the pictures of the demo that the documentation shows: `python -m docs.screenshots`, from the top of the tree.

Without an argument it writes demo.png; with a folder it writes every look of the page there: on a phone and on a
desktop, by day and by night. It needs chromium and chromedriver.
"""

import asyncio
import base64
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from selenium import webdriver

from commands.demo import demonstrated
from commands.demo.narrator import Narrator

SCREENSHOTS = Path(__file__).parent / "screenshots"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
WHOLE = "return [0, 0, innerWidth, document.documentElement.scrollHeight]"
FOOT = """
    const words = document.querySelector("article > p:last-of-type").getBoundingClientRect();
    const feed = document.querySelector(".linkback-feed").getBoundingClientRect();
    const above = 20, beside = 48, below = 40;
    const top = words.top - above;
    return [words.left - beside, top + scrollY, words.width + 2 * beside, feed.bottom + below - top];
"""


@dataclass(frozen=True, slots=True)
class Look:
    """
    A way to look at the page.

    `width` is in CSS pixels, `scale` in pixels of the picture for each of them, `scheme` as in prefers-color-scheme.
    `part` is what of the page is kept: JavaScript that gives left, top, width and height.
    """

    name: str
    width: int
    scheme: str
    scale: float = 1
    part: str = WHOLE


README = Look("demo", 1280, "light", scale=2, part=FOOT)
EVERY_LOOK = (
    Look("desktop-light", 1280, "light"),
    Look("desktop-dark", 1280, "dark"),
    Look("phone-light", 390, "light", scale=2),
    Look("phone-dark", 390, "dark", scale=2),
)


@contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    """A headless Chromium with nothing in its profile."""
    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or "chromium"
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        try:
            yield driver
        finally:
            driver.quit()


def take(url: str, looks: tuple[Look, ...], folder: Path) -> None:
    """Take pictures of a page, from its top to its foot."""
    with browser() as driver:
        for look in looks:
            (folder / f"{look.name}.png").write_bytes(_picture(driver, url, look))


def _picture(driver: webdriver.Chrome, url: str, look: Look) -> bytes:
    features = [{"name": "prefers-color-scheme", "value": look.scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    size = {"width": look.width, "height": 800, "deviceScaleFactor": look.scale, "mobile": look.scale > 1}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.get(url)
    clip = dict(zip(("x", "y", "width", "height"), driver.execute_script(look.part), strict=True), scale=1)
    taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
    return base64.b64decode(taken["data"])


async def main(folder: str = "") -> None:
    """Start the demo and take the pictures."""
    async with demonstrated(Narrator(), asyncio.Event()) as addresses:
        looks = EVERY_LOOK if folder else (README,)
        await asyncio.to_thread(take, addresses.post, looks, Path(folder) if folder else SCREENSHOTS)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
