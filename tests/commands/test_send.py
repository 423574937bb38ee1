"""`linkback send` as its owner meets it: a real process, real pages, no service and no store."""

import asyncio
import json
import os
import pty
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from conftest import Answer, Blog

ROOT = Path(__file__).parents[2]
WITHIN_S = 60
LOOPBACK_ALLOWED = {"LINKBACK_FETCH__ALLOW_NETWORKS": '["127.0.0.0/8"]'}


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def results(self) -> list[dict[str, Any]]:
        results: list[dict[str, Any]] = json.loads(self.out)["results"]
        return results


async def run(*arguments: str, stderr: int = asyncio.subprocess.PIPE, **variables: str) -> Done:
    """Run `linkback send` in the middle of nowhere, without any settings file."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LINKBACK_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "commands.main", "send", *arguments),
        cwd=ROOT,
        env={**environment, **LOOPBACK_ALLOWED, "TERM": "xterm", **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
    )
    async with asyncio.timeout(WITHIN_S):
        out, err = await process.communicate()
    return Done(process.returncode or 0, out.decode(), (err or b"").decode())


def answering(status: int, text: str = "", **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        await request.read()
        return web.Response(status=status, text=text, headers=headers)

    return answer


@pytest.fixture
def taking(theirs: Blog) -> str:
    """A page that takes webmentions."""
    theirs.answers["/wm"] = answering(201, "Thank you.", Location="/mentions/7")
    return theirs.page("/taking", '<link rel="webmention" href="/wm">')


@pytest.fixture
def refusing(theirs: Blog) -> str:
    theirs.answers["/no"] = answering(400, "Not [/] from you.")
    return theirs.page("/refusing", '<link rel="webmention" href="/no">')


@pytest.fixture
def silent(theirs: Blog) -> str:
    """A page that takes nothing."""
    return theirs.page("/silent", "<p>Words.</p>")


def linking(ours: Blog, *targets: str) -> str:
    return ours.page("/ours", "".join(f'<p><a href="{target}">words</a></p>' for target in targets))


async def test_all_links_are_told_and_the_table_says_what_became_of_each(
    ours: Blog, taking: str, refusing: str, silent: str
) -> None:
    done = await run(linking(ours, taking, "/inside", refusing, silent))
    heading, *lines = (line.split() for line in done.out.splitlines())
    assert heading == ["Target", "Protocol", "Endpoint", "Status", "Outcome", "Answer"]
    endpoint = taking.removesuffix("taking")
    assert lines == [
        [taking, "webmention", f"{endpoint}wm", "201", "sent", "Thank", "you.", f"{endpoint}mentions/7"],
        [refusing, "webmention", f"{endpoint}no", "400", "refused", "Not", "[/]", "from", "you."],
        [silent, "no", "endpoint"],
    ]
    assert (done.code, done.err) == (1, "")


async def test_json_is_one_document_on_standard_output(ours: Blog, taking: str, silent: str) -> None:
    source = linking(ours, f"{taking}#é", silent)
    done = await run(source, "--json")
    assert json.loads(done.out) == {
        "source": source,
        "dry_run": False,
        "results": [
            {
                "target": f"{taking}#é",
                "protocol": "webmention",
                "endpoint": taking.replace("taking", "wm"),
                "outcome": "sent",
                "status": 201,
                "answer": "Thank you.",
                "location": taking.replace("taking", "mentions/7"),
            },
            {
                "target": silent,
                "protocol": None,
                "endpoint": "",
                "outcome": "no_endpoint",
                "status": None,
                "answer": "",
                "location": "",
            },
        ],
    }
    assert (done.code, done.err) == (0, "")


async def test_named_targets_are_told_instead_of_the_links_each_once(
    ours: Blog, theirs: Blog, taking: str, silent: str
) -> None:
    done = await run(linking(ours, silent), taking, f"{taking}?x#part", taking, "--json")
    assert [result["target"] for result in done.results] == [taking, f"{taking}?x#part"]
    assert all(request.path != "/silent" for request in theirs.requests)


async def test_a_dry_run_finds_the_endpoints_and_sends_nothing(ours: Blog, theirs: Blog, taking: str) -> None:
    done = await run(linking(ours, taking), "--dry-run", "--json")
    assert json.loads(done.out)["dry_run"] is True
    assert [(result["outcome"], result["protocol"]) for result in done.results] == [("found", "webmention")]
    assert [request.method for request in theirs.requests] == ["GET"]
    assert done.code == 0


async def test_receivers_are_told_who_asks(ours: Blog, theirs: Blog, taking: str) -> None:
    await run(linking(ours, taking), LINKBACK_SERVER__PUBLIC_URL="https://linkback.example")
    agents = {request.headers["User-Agent"] for request in (*ours.requests, *theirs.requests)}
    assert agents == {"Linkback/0.1 (+https://linkback.example; Webmention)"}


async def test_the_settings_file_is_heeded(ours: Blog, tmp_path: Path, taking: str) -> None:
    settings = tmp_path / "linkback.toml"
    settings.write_text('[server]\npublic_url = "https://elsewhere.example"\n')
    done = await run(linking(ours, taking), "--config", str(settings))
    assert done.code == 0
    assert "https://elsewhere.example" in ours.requests[0].headers["User-Agent"]


class TestExitCode:
    async def test_nothing_to_send_is_0(self, ours: Blog) -> None:
        done = await run(linking(ours))
        assert (done.code, done.err) == (0, "")
        assert "nothing to send" in done.out

    async def test_a_target_that_fails_is_1(self, ours: Blog, theirs: Blog) -> None:
        done = await run(linking(ours, f"{theirs.url}/nowhere"), "--json")
        assert (done.code, done.results[0]["outcome"], done.results[0]["status"]) == (1, "failed", 404)

    async def test_an_endpoint_in_an_inner_network_is_refused_with_1(self, ours: Blog, theirs: Blog) -> None:
        target = theirs.page("/target", '<link rel="webmention" href="http://10.0.0.1/wm">')
        done = await run(linking(ours, target))
        assert done.code == 1
        assert "fetch.allow_networks" in done.out

    async def test_a_source_that_cannot_be_read_is_2(self, ours: Blog) -> None:
        done = await run(f"{ours.url}/nowhere", "--json")
        assert (done.code, done.out) == (2, "")
        assert "The source cannot be read: HTTP 404" in done.err

    async def test_a_source_in_an_inner_network_that_is_not_allowed_is_2(self, ours: Blog, taking: str) -> None:
        done = await run(linking(ours, taking), LINKBACK_FETCH__ALLOW_NETWORKS="[]")
        assert done.code == 2
        assert "fetch.allow_networks" in done.err
        assert ours.requests == []

    @pytest.mark.parametrize(
        "arguments", [(), ("ours.example/post",), ("https://ours.example/", "ftp://theirs.example/")]
    )
    async def test_a_command_that_cannot_be_followed_is_2(self, arguments: tuple[str, ...]) -> None:
        done = await run(*arguments)
        assert (done.code, done.out) == (2, "")
        assert done.err

    async def test_settings_that_cannot_be_used_are_2(self) -> None:
        done = await run("https://ours.example/", "--config", "/no/such/file")
        assert done.code == 2
        assert "There is no settings file /no/such/file" in done.err

    async def test_help_tells_the_exit_codes(self) -> None:
        done = await run("--help")
        assert done.code == 0
        assert "Exit codes: 0 if all was sent" in done.out


class TestDeletedSource:
    """Webmention section 3.1.5."""

    async def test_its_targets_are_told_when_they_are_named(self, ours: Blog, theirs: Blog, taking: str) -> None:
        source = ours.page("/deleted", "", status=410)
        done = await run(source, taking, "--json")
        assert (done.code, done.results[0]["outcome"]) == (0, "sent")
        assert theirs.requests[-1].path == "/wm"

    async def test_without_targets_it_is_2_with_advice(self, ours: Blog) -> None:
        done = await run(ours.page("/deleted", "", status=410))
        assert done.code == 2
        assert "name the targets" in done.err


class TestMany:
    """Pages with many links."""

    async def test_no_more_than_ten_are_told_at_a_time_and_results_keep_the_order_of_the_page(
        self, ours: Blog, start_blog: Callable[[], Awaitable[Blog]]
    ) -> None:
        under_way, most = 0, 0
        enough = asyncio.Event()

        async def slow(_request: web.Request) -> web.StreamResponse:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            if under_way == 10:
                enough.set()
            await enough.wait()
            await asyncio.sleep(0)
            under_way -= 1
            return web.Response(text="")

        blogs = [await start_blog() for _ in range(25)]
        for blog in blogs:
            blog.answers["/"] = slow
        targets = [f"{blog.url}/" for blog in blogs]
        done = await run(linking(ours, *targets), "--json")
        assert [result["target"] for result in done.results] == targets
        assert most == 10

    async def test_a_terminal_gets_a_progress_bar_and_standard_output_stays_clean(
        self, ours: Blog, theirs: Blog
    ) -> None:
        targets = [theirs.page(f"/{number}", "") for number in range(6)]
        ours_end, its_end = pty.openpty()
        done = await run(linking(ours, *targets), "--json", stderr=its_end)
        os.close(its_end)
        shown = os.read(ours_end, 65_536).decode()
        os.close(ours_end)
        assert "Sending" in shown
        assert "6/6" in shown
        assert len(done.results) == 6

    async def test_without_a_terminal_there_is_none(self, ours: Blog, theirs: Blog) -> None:
        done = await run(linking(ours, *(theirs.page(f"/{number}", "") for number in range(6))))
        assert done.err == ""
