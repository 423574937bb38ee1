"""The recipes of docs/advertising.md: real servers with the very lines that stand there, and senders that ask them."""

import asyncio
import json
import os
import re
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from conftest import Blog

from commands.snippet import snippet
from linkback.fetching import Fetched, Fetcher, FetchLimits
from linkback.mentions import Protocol
from linkback.protocols.discovery import Advertisement, Endpoint, discover
from linkback.sending import find
from linkback.urls import parse_url

PAGE = (Path(__file__).parents[2] / "docs" / "advertising.md").read_text(encoding="utf-8")

SERVICE = "https://linkback.example.com"
PINGBACK = f"{SERVICE}/pingback"
WEBMENTION = f"{SERVICE}/webmention"
LINK = f'<{WEBMENTION}>; rel="webmention"'

POST, LIST, PICTURE = "/posts/a-post/", "/posts/", "/posts/a-post/picture.png"
POST_IN_A_FILE = "/posts/2026/a-post.html"
CACHED_POST, POST_FOR_MEMBERS = "/posts/cached/", "/posts/for-members/"
PROGRAM_POST = "/posts/of-a-program"
OTHER_LINK = "</style.css>; rel=preload"

LIMITS = FetchLimits(user_agent="Test (Webmention)", allow_networks=(ip_network("127.0.0.0/8"),), timeout_s=5)
LISTENS_WITHIN_S = 20
UNPACKED = [str(Path(__file__).parent / "debian" / "usr" / folder) for folder in ("sbin", "bin")]
"""Where setup.sh puts the servers that are not installed."""

ENDS_WITHIN_S = 10


def blocks(language: str) -> list[str]:
    """The code blocks of the documentation in a language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def nginx(place: Path, port: int, program: str) -> list[str]:
    maps, headers = blocks("nginx")
    (place / "snippets").mkdir()
    (place / "snippets" / "linkback.conf").write_text(headers)
    (place / "maps.conf").write_text(maps)
    folders = "".join(f"{kind}_temp_path temporary;" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (place / "nginx.conf").write_text(f"""
        daemon off; master_process off; pid nginx.pid;
        events {{}}
        http {{
            access_log off; {folders}
            types {{ text/html html; image/png png; }}
            include maps.conf;
            server {{
                listen 127.0.0.1:{port};
                root blog;
                include snippets/linkback.conf;
                location {PROGRAM_POST} {{ proxy_pass {program}; }}
                location {CACHED_POST} {{ add_header Cache-Control no-cache; include snippets/linkback.conf; }}
                location {POST_FOR_MEMBERS} {{ return 401; }}
                location {CACHED_POST}forgotten/ {{ add_header Cache-Control no-cache; }}
            }}
        }}""")
    return ["nginx", "-p", str(place), "-c", str(place / "nginx.conf"), "-e", "stderr"]


def apache(place: Path, port: int, program: str) -> list[str]:
    (block,) = blocks("apache")
    return write_apache(place, port, program, in_host=block)


def apache_htaccess(place: Path, port: int, program: str) -> list[str]:
    (block,) = blocks("apache")
    (place / "blog" / ".htaccess").write_text(block)
    return write_apache(place, port, program)


def write_apache(place: Path, port: int, program: str, in_host: str = "") -> list[str]:
    modules = ("mpm_event", "authz_core", "mime", "dir", "headers", "proxy", "proxy_http")
    loaded = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in modules)
    (place / "apache.conf").write_text(f"""{loaded}
        ServerRoot {place}
        DefaultRuntimeDir {place}
        PidFile apache.pid
        ErrorLog /dev/stderr
        ServerName 127.0.0.1
        Listen 127.0.0.1:{port}
        User www-data
        Group www-data
        TypesConfig /dev/null
        AddType text/html .html
        AddType image/png .png
        DirectoryIndex index.html
        <VirtualHost 127.0.0.1:{port}>
            DocumentRoot {place}/blog
            <Directory {place}/blog>
                AllowOverride FileInfo
            </Directory>
            ProxyPass {PROGRAM_POST} {program}{PROGRAM_POST}
            {in_host}
        </VirtualHost>""")
    return ["apache2", "-f", str(place / "apache.conf"), "-DFOREGROUND"]


def caddy(place: Path, port: int, program: str) -> list[str]:
    (block,) = blocks("caddy")
    (place / "Caddyfile").write_text(f"""
        {{
            admin off
        }}
        http://127.0.0.1:{port} {{
            bind 127.0.0.1
            root * {place}/blog
            {block}
            reverse_proxy {PROGRAM_POST} {program}
            file_server
        }}""")
    return ["caddy", "run", "--config", str(place / "Caddyfile"), "--adapter", "caddyfile"]


Recipe = Callable[[Path, int, str], list[str]]


async def ask(url: str, method: str = "GET") -> aiohttp.ClientResponse:
    """What is answered, without its body."""
    async with aiohttp.ClientSession() as session, session.request(method, url) as response:
        return response


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a blog in it, which Apache can read: started as root, it does so as somebody else."""
    with tempfile.TemporaryDirectory(prefix="lb") as name:
        Path(name).chmod(0o755)
        folders = [f"{path}index.html" for path in ("/", LIST, POST, CACHED_POST, f"{CACHED_POST}forgotten/")]
        for path in (*folders, POST_IN_A_FILE, PICTURE):
            file = Path(name, "blog", path.removeprefix("/"))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("<!doctype html><title>Hills</title>")
        yield Path(name)


@pytest.fixture
async def program(start_blog: Callable[[], Awaitable[Blog]]) -> str:
    """A blog that is a program, and names a pingback endpoint of its own; its address."""
    blog = await start_blog()

    async def answer(_request: web.Request) -> web.StreamResponse:
        headers = {"X-Pingback": "https://ours.example/xmlrpc.php", "Link": OTHER_LINK}
        return web.Response(text="<title>A post</title>", content_type="text/html", headers=headers)

    blog.answers[PROGRAM_POST] = answer
    return blog.url


@pytest.fixture(params=[nginx, apache, apache_htaccess, caddy])
async def server(request: pytest.FixtureRequest, place: Path, program: str) -> AsyncIterator[str]:
    """A blog behind each of the servers, set up as the documentation says; its address."""
    async with serving(request.param, place, program) as address:
        yield address


@asynccontextmanager
async def serving(recipe: Recipe, place: Path, program: str) -> AsyncIterator[str]:
    """Run a server on a free port while its address is used."""
    port = free_port()
    name, *arguments = recipe(place, port, program)
    binary = shutil.which(name, path=os.pathsep.join((os.environ["PATH"], "/usr/sbin", *UNPACKED)))
    assert binary, f"{name} is not installed; sh setup.sh test installs it"
    # Caddy writes down who it is, below these.
    environment = {**os.environ, "XDG_DATA_HOME": str(place), "XDG_CONFIG_HOME": str(place)}
    with (place / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(binary, *arguments, env=environment, stdout=log, stderr=log)
    try:
        await wait_until_it_listens(process, port, place / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        await end(process)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


async def wait_until_it_listens(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(LISTENS_WITHIN_S):
            while process.returncode is None:
                with suppress(ConnectionRefusedError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    return
                await asyncio.sleep(0.01)
    pytest.fail(f"nothing listens at port {port}: {words_of(log)}")


def words_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")


async def end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


@pytest.mark.parametrize("path", [POST, f"{POST}?utm_source=feed", POST_IN_A_FILE, CACHED_POST])
async def test_a_post_names_each_endpoint_exactly_once(server: str, path: str) -> None:
    for method in ("GET", "HEAD"):
        answer = await ask(server + path, method)
        assert answer.status == 200
        assert answer.headers.getall("X-Pingback") == [PINGBACK]
        assert answer.headers.getall("Link") == [LINK]


async def test_the_check_shows_what_the_documentation_says(server: str) -> None:
    (shown,) = blocks("text")
    answer = await ask(server + POST, "HEAD")
    lines = {f"{name}: {value}".lower() for name, value in answer.headers.items()}
    assert {line.lower() for line in shown.splitlines()} <= lines


async def test_senders_find_both_endpoints(server: str) -> None:
    target = parse_url(server + POST)
    async with Fetcher(LIMITS) as fetcher:
        found = await find(fetcher, target)
        page = await fetcher.fetch(target)
    assert (found.protocol, found.endpoint) == (Protocol.WEBMENTION, WEBMENTION)
    assert isinstance(page, Fetched)
    for_pingbacks = Advertisement(page.url, pingbacks=tuple(page.headers.getall("X-Pingback")))
    assert discover(target, for_pingbacks) == Endpoint(Protocol.PINGBACK, parse_url(PINGBACK))


@pytest.mark.parametrize("path", ["/", LIST, f"{LIST}?page=2", PICTURE])
async def test_what_is_no_post_names_none(server: str, path: str) -> None:
    answer = await ask(server + path)
    assert answer.status == 200
    assert not {"X-Pingback", "Link"} & set(answer.headers)


@pytest.mark.parametrize("server", [nginx, apache, caddy], indirect=True)
async def test_a_program_behind_it_that_names_its_own_does_not_make_it_two(server: str) -> None:
    answer = await ask(server + PROGRAM_POST)
    assert answer.headers.getall("X-Pingback") == [PINGBACK]
    assert set(", ".join(answer.headers.getall("Link")).split(", ")) == {OTHER_LINK, LINK}


@pytest.mark.parametrize("server", [nginx], indirect=True)
async def test_nginx_names_them_on_a_post_that_asks_for_a_password(server: str) -> None:
    answer = await ask(server + POST_FOR_MEMBERS)
    assert answer.status == 401
    assert answer.headers.getall("X-Pingback") == [PINGBACK]
    assert answer.headers.getall("Link") == [LINK]


@pytest.mark.parametrize("server", [nginx], indirect=True)
async def test_nginx_forgets_the_headers_where_a_location_adds_its_own_without_the_include(server: str) -> None:
    forgotten = await ask(f"{server}{CACHED_POST}forgotten/")
    assert forgotten.headers["Cache-Control"] == "no-cache"
    assert "X-Pingback" not in forgotten.headers


def test_the_tags_are_those_that_the_snippet_command_prints() -> None:
    (shown,) = blocks("html")
    printed = snippet("https://notes.example.com/posts/a-post/", SERVICE)
    assert printed.startswith(shown)
    assert "<!--#include" in printed.removeprefix(shown)
    assert "rel=" not in printed.removeprefix(shown)


def test_the_headers_file_sets_both_for_posts() -> None:
    (block,) = blocks("headers")
    path, *lines = block.splitlines()
    assert path == "/posts/*"
    assert all(line.startswith("  ") for line in lines)
    assert [line.strip().split(": ", 1) for line in lines] == [["X-Pingback", PINGBACK], ["Link", LINK]]


def test_the_vercel_file_sets_both_for_posts() -> None:
    (block,) = blocks("json")
    (rule,) = json.loads(block)["headers"]
    assert {header["key"]: header["value"] for header in rule["headers"]} == {"X-Pingback": PINGBACK, "Link": LINK}
    # A source without names in it is a regular expression for the whole path.
    assert all(re.fullmatch(rule["source"], path) for path in (POST, "/posts/a-post", POST_IN_A_FILE))
    assert not any(re.fullmatch(rule["source"], path) for path in ("/", LIST, PICTURE))
