"""What strangers send to do harm is refused in clear words, costs little, and the service answers on."""

import asyncio
import io
import resource
import xmlrpc.client
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from conftest import Answer, Blog
from structlog.testing import capture_logs

from config.settings import FetchSettings, ServerSettings, Settings, SiteSettings, StoreSettings
from linkback.verdicts import FailureKind

UNREADABLE = (16, "The source cannot be read.")
NO_LINK = (17, "The source does not contain a link to the target.")
DOCUMENT_TYPE = (-32700, "A document type (<!DOCTYPE …>) is not accepted; leave it out.")
TOO_LARGE = "The request is larger than 65536 bytes, which is the most that is read here."

MB = 1_000_000
FETCH_TIMEOUT = 1.0
METADATA = "http://169.254.169.254/latest/meta-data/"


@asynccontextmanager
async def blog_at(address: str) -> AsyncIterator[Blog]:
    blog = Blog()
    runner = web.ServerRunner(web.Server(blog.handle), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, address, 0).start()
    blog.url = "http://{}:{}".format(*runner.addresses[0][:2])
    yield blog
    await runner.cleanup()


@pytest.fixture
async def ours() -> AsyncIterator[Blog]:
    """The owner's blog; its address may be fetched from."""
    async with blog_at("127.0.0.3") as blog:
        blog.page("/post", "<title>On hills</title>")
        yield blog


@pytest.fixture
async def theirs() -> AsyncIterator[Blog]:
    """The attacker's web server; its address may be fetched from."""
    async with blog_at("127.0.0.2") as blog:
        yield blog


@pytest.fixture
async def inner(ours: Blog) -> AsyncIterator[Blog]:
    """A server of the inner network, from which nothing may be fetched; it links to the post on every page."""
    async with blog_at("127.0.0.1") as blog:
        blog.linking("/", f"{ours.url}/post")
        yield blog


@pytest.fixture
def answer_within() -> float:
    return 2 * FETCH_TIMEOUT


@pytest.fixture
def settings(valkey_url: str, ours: Blog, answer_within: float) -> Settings:
    networks = (ip_network("127.0.0.2/32"), ip_network("127.0.0.3/32"))
    return Settings(
        server=ServerSettings(public_url="https://linkback.example", answer_within=answer_within),
        store=StoreSettings(url=valkey_url),
        fetch=FetchSettings(allow_networks=networks, timeout=FETCH_TIMEOUT),
        sites=(SiteSettings(id="ours", name="Our blog", home=f"{ours.url}/"),),
    )


@dataclass(frozen=True)
class Stage:
    """The running service, and what it is asked."""

    receiver: str
    ours: Blog
    theirs: Blog

    @property
    def target(self) -> str:
        return f"{self.ours.url}/post"

    async def post(self, path: str, body: bytes | io.BytesIO, content_type: str = "text/xml") -> str:
        headers = {"Content-Type": content_type}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.receiver + path, data=body, headers=headers) as response,
        ):
            assert response.status == 200
            return await response.text()

    async def fault_of_call(self, body: bytes | io.BytesIO) -> tuple[int, str]:
        """What the answer to an XML-RPC request says is wrong with it."""
        with pytest.raises(xmlrpc.client.Fault) as raised:
            xmlrpc.client.loads(await self.post("/pingback", body))
        return raised.value.faultCode, raised.value.faultString

    async def fault_of_source(self, source: str) -> tuple[int, str]:
        """What the answer to a pingback says is wrong with its source."""
        return await self.fault_of_call(pingback(source, self.target))

    async def answers_on(self) -> None:
        source = self.theirs.linking("/genuine", self.target)
        (answer,), _ = xmlrpc.client.loads(await self.post("/pingback", pingback(source, self.target)))
        assert "registered" in str(answer)


@pytest.fixture
async def stage(receiver: str, worker: None, ours: Blog, theirs: Blog) -> Stage:  # noqa: ARG001 - the worker works
    return Stage(receiver, ours, theirs)


def pingback(source: str, target: str) -> bytes:
    return xmlrpc.client.dumps((source, target), "pingback.ping").encode()


def laughs(root: str) -> str:
    """A document type whose last entity stands for a thousand million words."""
    entities = ['<!ENTITY l0 "ha">', *(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))]
    return f'<?xml version="1.0"?><!DOCTYPE {root} [{"".join(entities)}]>'


def call_of(parameter: str) -> str:
    return (
        "<methodCall><methodName>pingback.ping</methodName><params>"
        f"<param><value>{parameter}</value></param><param><value>{parameter}</value></param></params></methodCall>"
    )


class TestRequests:
    """What is posted to the endpoints."""

    async def test_an_xml_bomb_is_refused(self, stage: Stage) -> None:
        assert await stage.fault_of_call((laughs("methodCall") + call_of("&l9;")).encode()) == DOCUMENT_TYPE
        await stage.answers_on()

    @pytest.mark.parametrize("entity", ['<!ENTITY x SYSTEM "{}">', '<!ENTITY % x SYSTEM "{}"> %x;'])
    async def test_an_external_entity_is_refused_and_not_loaded(
        self, stage: Stage, entity: str, tmp_path: Path
    ) -> None:
        for address in (f"{stage.theirs.url}/secret", (tmp_path / "secret").as_uri()):
            call = f"<!DOCTYPE methodCall [{entity.format(address)}]>{call_of('&x;')}"
            assert await stage.fault_of_call(call.encode()) == DOCUMENT_TYPE
        assert stage.theirs.requests == []
        await stage.answers_on()

    async def test_an_entity_without_a_document_type_is_not_well_formed(self, stage: Stage) -> None:
        code, words = await stage.fault_of_call(call_of("&x;").encode())
        assert (code, "not well-formed" in words) == (-32700, True)
        await stage.answers_on()

    async def test_a_body_of_10_mb_is_refused_as_a_pingback_and_as_a_trackback(self, stage: Stage) -> None:
        call = call_of("a" * 10 * MB).encode()
        assert await stage.fault_of_call(io.BytesIO(call)) == (-32300, TOO_LARGE)
        form = io.BytesIO(b"url=" + b"a" * 10 * MB)
        answer = await stage.post(f"/trackback?target={stage.target}", form, "application/x-www-form-urlencoded")
        assert "<error>1</error>" in answer
        assert TOO_LARGE in answer
        await stage.answers_on()


class TestSources:
    """What stands at the address that a ping names."""

    @pytest.mark.parametrize("content_type", ["text/html", "application/xhtml+xml", "application/xml"])
    async def test_an_xml_bomb_has_no_link(self, stage: Stage, content_type: str) -> None:
        page = f"{laughs('html')}<html><body><p>&l9;</p></body></html>"
        source = stage.theirs.page("/bomb", page, content_type=content_type)
        assert await stage.fault_of_source(source) == NO_LINK
        await stage.answers_on()

    @pytest.mark.parametrize("content_type", ["text/html", "application/xhtml+xml"])
    async def test_a_link_in_an_external_entity_is_no_link_and_not_loaded(
        self, stage: Stage, content_type: str, tmp_path: Path
    ) -> None:
        link = f'<a href="{stage.target}">a link</a>'
        (tmp_path / "link").write_text(link, encoding="utf-8")
        elsewhere = stage.theirs.page("/link", link)
        for number, address in enumerate((elsewhere, (tmp_path / "link").as_uri())):
            page = f'<!DOCTYPE html [<!ENTITY x SYSTEM "{address}">]><html><body><p>&x;</p></body></html>'
            source = stage.theirs.page(f"/{number}", page, content_type=content_type)
            assert await stage.fault_of_source(source) == NO_LINK
        assert [request.path for request in stage.theirs.requests] == ["/0", "/1"]
        await stage.answers_on()

    async def test_a_page_of_10_mb_is_read_to_the_bound_only(self, stage: Stage) -> None:
        filling = "<p>Many words about nothing at all.</p>\n" * (10 * MB // 40)
        source = stage.theirs.page("/long", f'{filling}<a href="{stage.target}">a link</a>')
        assert await stage.fault_of_source(source) == NO_LINK
        await stage.answers_on()

    async def test_a_gzip_bomb_is_unpacked_to_the_bound_only(self, stage: Stage) -> None:
        stage.theirs.answers["/bomb"] = packed(gzip_bomb(500))
        before = peak_memory_mb()
        assert await stage.fault_of_source(f"{stage.theirs.url}/bomb") == NO_LINK
        assert peak_memory_mb() - before < 50
        await stage.answers_on()

    @pytest.mark.parametrize("answer_within", [FETCH_TIMEOUT])
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
    async def test_a_redirect_to_this_machine_is_not_followed(self, stage: Stage, inner: Blog, host: str) -> None:
        source = redirect(stage.theirs, f"http://{host}:{inner.url.rpartition(':')[2]}/")
        assert await stage.fault_of_source(source) == UNREADABLE
        assert inner.requests == []
        await stage.answers_on()

    @pytest.mark.parametrize("answer_within", [FETCH_TIMEOUT])
    async def test_a_redirect_to_the_cloud_s_metadata_is_not_followed(self, stage: Stage) -> None:
        with capture_logs() as events:
            assert await stage.fault_of_source(redirect(stage.theirs, METADATA)) == UNREADABLE
        failures = [event for event in events if event["event"] == "not fetched"]
        assert [failure["kind"] for failure in failures] == [FailureKind.ADDRESS_REFUSED]
        assert "169.254.169.254" in failures[0]["detail"]
        await stage.answers_on()

    async def test_a_source_that_pours_without_end_is_cut_off(self, stage: Stage) -> None:
        endless = Endless(b"<p>words " * 1000, pause=0)
        stage.theirs.answers["/endless"] = endless.answer
        assert await stage.fault_of_source(f"{stage.theirs.url}/endless") == NO_LINK
        await endless.cut_off.wait()
        assert endless.sent < 20 * MB
        await stage.answers_on()

    async def test_a_source_that_drips_without_end_is_cut_off(self, stage: Stage) -> None:
        endless = Endless(b"<p>", pause=FETCH_TIMEOUT / 20)
        stage.theirs.answers["/endless"] = endless.answer
        assert await stage.fault_of_source(f"{stage.theirs.url}/endless") == UNREADABLE
        await endless.cut_off.wait()
        await stage.answers_on()


class Endless:
    """A page that never ends: a portion, a pause in seconds, a portion …, until the reader hangs up."""

    def __init__(self, portion: bytes, pause: float) -> None:
        self._portion = portion
        self._pause = pause
        self.sent = 0
        self.cut_off = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        try:
            while True:
                await response.write(self._portion)
                self.sent += len(self._portion)
                await asyncio.sleep(self._pause)
        finally:
            self.cut_off.set()


def redirect(blog: Blog, where: str) -> str:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": where})

    blog.answers["/redirect"] = answer
    return f"{blog.url}/redirect"


def packed(body: bytes) -> Answer:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type="text/html", headers={"Content-Encoding": "gzip"})

    return answer


def gzip_bomb(megabytes: int) -> bytes:
    """So many megabytes of nothing, packed to a thousandth; the same block again and again."""
    packer = zlib.compressobj(wbits=31)
    begin, block = (packer.compress(bytes(MB)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return begin + block * (megabytes - 1)


def peak_memory_mb() -> float:
    """The most that this process, with its receiver and its worker, has ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
