"""The arrows between the packages and inside the domain, and that breaking one would be noticed."""

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
DOMAIN = ROOT / "linkback"
CLOCKS = {"now", "utcnow", "today"}

BETWEEN_PACKAGES, INSIDE_THE_DOMAIN, PURITY, REDIS, SETTINGS = (contract["name"] for contract in CONTRACTS["contracts"])


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the packages of a folder against its pyproject.toml; what is in the folder is found before all else."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and their contracts, to break."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in CONTRACTS["root_packages"]:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_all_contracts_are_kept() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "statement", "broken"),
    [
        ("workers/loop.py", "import service.posts", BETWEEN_PACKAGES),
        ("service/health.py", "from workers import loop", BETWEEN_PACKAGES),
        ("workers/verify.py", "import commands.processes", BETWEEN_PACKAGES),
        ("config/logs.py", "import service.keys", BETWEEN_PACKAGES),
        ("linkback/store/keys.py", "from config import settings", BETWEEN_PACKAGES),
        ("linkback/urls.py", "from linkback import sites", INSIDE_THE_DOMAIN),
        ("linkback/verdicts.py", "import linkback.protocols.trackback", INSIDE_THE_DOMAIN),
        ("linkback/feeds/entry.py", "from linkback.store import records", INSIDE_THE_DOMAIN),
        ("linkback/page.py", "import linkback.fetching", INSIDE_THE_DOMAIN),
        ("linkback/markup.py", "from linkback import page", INSIDE_THE_DOMAIN),
        ("linkback/protocols/pingback.py", "from linkback.feeds import rss", INSIDE_THE_DOMAIN),
        ("linkback/news.py", "", INSIDE_THE_DOMAIN),
        ("linkback/mentions.py", "import time", PURITY),
        ("linkback/protocols/xmlrpc.py", "import structlog", PURITY),
        ("linkback/page.py", "import asyncio", PURITY),
        ("linkback/store/jobs.py", "import aiohttp", PURITY),
        ("linkback/fetching.py", "import redis", PURITY),
        ("service/posts.py", "import redis.asyncio", REDIS),
        ("commands/serve.py", "from redis.exceptions import RedisError", REDIS),
        ("service/pingback.py", "from config.settings import Settings", SETTINGS),
    ],
)
def test_a_planted_import_is_caught(copy: Path, module: str, statement: str, broken: str) -> None:
    with (copy / module).open("a") as source:
        source.write(f"\n{statement}\n")
    done = lint_imports(copy)
    assert done.returncode == 1, done.stderr
    assert f"{broken} BROKEN" in done.stdout


def uses_of_a_server_or_a_clock(source: str) -> list[str]:
    """Find what the contracts cannot see: one module of a library, and one method of a class."""
    return [use for node in ast.walk(ast.parse(source)) for use in _uses(node)]


def _uses(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names):
            yield from (alias.name for alias in names if alias.name.startswith("aiohttp.web"))
        case ast.ImportFrom(module="aiohttp", names=names):
            yield from ("aiohttp.web" for alias in names if alias.name == "web")
        case ast.ImportFrom(module=str(module)) if module.startswith("aiohttp.web"):
            yield module
        case ast.Attribute(attr=method) if method in CLOCKS:
            yield method


@pytest.mark.parametrize("module", sorted(DOMAIN.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_domain_has_no_web_server_and_no_clock(module: Path) -> None:
    uses = uses_of_a_server_or_a_clock(module.read_text())
    # A server's Retry-After may be a date, which the fetcher alone turns into seconds from now.
    assert uses == (["now"] if module == DOMAIN / "fetching.py" else [])


@pytest.mark.parametrize(
    ("statement", "use"),
    [
        ("from aiohttp import ClientSession, web", "aiohttp.web"),
        ("import aiohttp.web", "aiohttp.web"),
        ("from aiohttp.web import Request", "aiohttp.web"),
        ("from aiohttp.web_request import Request", "aiohttp.web_request"),
        ("received_at = datetime.now(UTC)", "now"),
        ("day = date.today", "today"),
    ],
)
def test_a_planted_server_or_clock_is_caught(statement: str, use: str) -> None:
    assert uses_of_a_server_or_a_clock(statement) == [use]
