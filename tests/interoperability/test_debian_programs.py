"""Programs of Debian, unchanged, send to us and are sent to."""

import pytest
from conftest import Blog
from others import entries, run


@pytest.mark.usefixtures("worker")
async def test_xmlrpc_c_pings_and_reads_our_faults(receiver: str, ours: Blog, theirs: Blog) -> None:
    post = f"{ours.url}/post"
    source = theirs.linking("/a", post)
    ping = ("xmlrpc", f"{receiver}/pingback", "pingback.ping", f"s/{source}", f"s/{post}")
    done = await run(*ping)
    assert done.code == 0
    assert "registered" in done.out
    again = await run(*ping)
    assert again.code != 0
    assert "XML-RPC fault code 48" in again.err
    assert await entries(receiver, post) == [("A page that links", source)]


async def test_xmlrpc_c_reads_what_methods_there_are(receiver: str) -> None:
    done = await run("xmlrpc", f"{receiver}/xmlrpc", "system.listMethods")
    assert "String: 'pingback.ping'" in done.out
