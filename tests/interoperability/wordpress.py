"""Debian's WordPress on loopback, with a database of its own, installed and used as people do."""

import os
import re
import shutil
import signal
import subprocess
import urllib.parse
import urllib.request
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

HERE = Path(__file__).parent
Struct = dict[str, Any]

OURS = HERE / "programs" / "wordpress"
OWNER = ("owner", "not a secret on loopback")
AT_A_TIME = 3
"""Requests that are answered at once: while WordPress pings, its own pages are fetched."""


@dataclass(frozen=True)
class Published:
    """A post of WordPress."""

    number: str
    url: str


@dataclass(frozen=True)
class WordPress:
    """A blog."""

    url: str

    def publish(self, title: str, content: str, **further: object) -> Published:
        """Write a post, and let WordPress ping what it links to."""
        post = {"title": title, "description": content, **further}
        with xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc.php") as blog:
            number = str(blog.metaWeblog.newPost(1, *OWNER, post, True))  # noqa: FBT003 # the protocol's word for "publish"
            written = cast("Struct", blog.metaWeblog.getPost(number, *OWNER))
        fetch(f"{self.url}/wp-cron.php")
        return Published(number, written["permaLink"])

    def received(self, post: Published) -> list[tuple[str, str, str]]:
        """Kind, address and text of what a post has received."""
        with xmlrpc.client.ServerProxy(f"{self.url}/xmlrpc.php") as blog:
            comments = cast("list[Struct]", blog.wp.getComments(1, *OWNER, {"post_id": post.number}))
        return [(comment["type"], comment["author_url"], comment["content"]) for comment in comments]


@contextmanager
def wordpress(folder: Path) -> Iterator[WordPress]:
    """Unpack the package, start it, go through its installation, and end it all afterwards."""
    packages = sorted((HERE / "debian").glob("wordpress_*.deb"))
    assert packages, "There is no WordPress here yet: `sh setup.sh unit` downloads it."
    subprocess.run(["dpkg-deb", "--extract", packages[-1], folder], check=True)  # noqa: S607 # Debian's, wherever it is
    root = folder / "usr" / "share" / "wordpress"
    shutil.copy(OURS / "wp-config.php", root)
    content = folder / "content"
    shutil.copytree(OURS, content)
    with _database(folder) as socket, _web_server(root, WORDPRESS_SOCKET=socket, WORDPRESS_CONTENT=str(content)) as url:
        _install(url)
        yield WordPress(url)


def fetch(url: str, **form: str) -> str:
    """Fetch a page, or send a form."""
    data = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(url, data, timeout=60) as response:  # noqa: S310 # an address on loopback
        text: str = response.read().decode()
        return text


def _install(url: str) -> None:
    name, password = OWNER
    fetch(
        f"{url}/wp-admin/install.php?step=2",
        weblog_title="A blog of WordPress",
        user_name=name,
        admin_password=password,
        admin_password2=password,
        admin_email="owner@blog.example",
        blog_public="1",  # a blog that is hidden from search engines pings nobody
    )


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    data, socket, first = folder / "data", folder / "socket", folder / "first.sql"
    data.mkdir()
    first.write_text("CREATE DATABASE wordpress;\n")
    command = ["/usr/sbin/mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}", f"--init-file={first}"]
    quick = ["--skip-networking", "--skip-grant-tables", "--innodb-flush-log-at-trx-commit=0", "--user=root"]
    with _running(command + quick, "ready for connections"):
        yield str(socket)


@contextmanager
def _web_server(root: Path, **variables: str) -> Iterator[str]:
    command = ["php", "-S", "127.0.0.1:0", "-t", str(root)]
    with _running(
        command, r"\((http://[\d.:]+)\) started", PHP_CLI_SERVER_WORKERS=str(AT_A_TIME), **variables
    ) as started:
        yield started[1]


@contextmanager
def _running(command: list[str], started: str, **variables: str) -> Iterator[re.Match[str]]:
    """Run a server, from the line in which it says that it has started, to the end of the block."""
    environment = {**os.environ, **variables}
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stderr
        try:
            said = (re.search(started, line) for line in process.stderr)
            match = next(filter(None, said), None)
            assert match, f"{command[0]} has not started."
            yield match
        finally:
            os.killpg(process.pid, signal.SIGTERM)  # the workers of PHP do not end with their parent
