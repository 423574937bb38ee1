"""Webmention (W3C Recommendation of 2017-01-12), the sender's part: sections 3.1 and 4.3."""

from dataclasses import replace
from ipaddress import ip_network
from urllib.parse import parse_qs

import pytest
from conftest import Blog
from wire import FORM, LIMITS, OUR_PAGE, serve, tell

from linkback.mentions import Protocol

Headers = list[tuple[str, str]]


def link(value: str, name: str = "Link") -> Headers:
    return [(name, value)]


def rock(
    number: int, promise: str, endpoint: str, html: str = "<p>No link.</p>", headers: Headers | None = None
) -> object:
    """What the page of a discovery test of webmention.rocks answers, and where the webmention must go."""
    return pytest.param(headers or [], html, endpoint, id=f"webmention.rocks discovery test {number}: {promise}")


WRONG = '<link rel="webmention" href="/wrong">'

DISCOVERY = [
    rock(1, "HTTP Link header, unquoted rel, relative URL", "/wm", headers=link("</wm>; rel=webmention")),
    rock(2, "HTTP Link header, unquoted rel, absolute URL", "/wm", headers=link("<{blog}/wm>; rel=webmention")),
    rock(3, "HTML <link> tag, relative URL", "/wm", '<link rel="webmention" href="/wm">'),
    rock(4, "HTML <link> tag, absolute URL", "/wm", '<link href="{blog}/wm" rel="webmention">'),
    rock(5, "HTML <a> tag, relative URL", "/wm", '<p><a rel="webmention" href="/wm">here</a></p>'),
    rock(6, "HTML <a> tag, absolute URL", "/wm", '<p><a href="{blog}/wm" rel="webmention">here</a></p>'),
    rock(7, "HTTP Link header with strange casing", "/wm", headers=link("<{blog}/wm>; rel=webmention", "LinK")),
    rock(8, "HTTP Link header, quoted rel", "/wm", headers=link('<{blog}/wm>; rel="webmention"')),
    rock(9, "multiple rel values on a <link> tag", "/wm", '<link rel="webmention somethingelse" href="/wm">'),
    rock(10, "multiple rel values on a Link header", "/wm", headers=link('<{blog}/wm>; rel="webmention other"')),
    rock(
        *(11, "multiple endpoints: the Link header before <link> and <a>", "/wm"),
        '<link rel="webmention" href="/wrong"><a rel="webmention" href="/wrong/too">wrong</a>',
        link("</wm>; rel=webmention"),
    ),
    rock(
        *(12, "exact match on rel=webmention", "/wm"),
        '<link rel="not-webmention" href="/wrong"><link rel="webmention" href="/wm">',
    ),
    rock(
        *(13, "a false endpoint inside an HTML comment", "/wm"),
        '<!-- <a href="/wrong" rel="webmention"></a> --><a href="/wm" rel="webmention">right</a>',
    ),
    rock(
        *(14, "a false endpoint in escaped HTML", "/wm"),
        '<code>&lt;a href="/wrong" rel="webmention"&gt;</code><a href="/wm" rel="webmention">right</a>',
    ),
    rock(15, "the href is an empty string: the page itself", "/target", '<link rel="webmention" href="">'),
    rock(16, "an <a> comes before a <link>", "/wm", f'<a href="/wm" rel="webmention">right</a>{WRONG}'),
    rock(
        17,
        "a <link> comes before an <a>",
        "/wm",
        '<link rel="webmention" href="/wm"><a href="/wrong" rel="webmention">',
    ),
    rock(
        *(18, "multiple HTTP Link headers", "/wm"),
        headers=[*link("</wrong>; rel=other"), *link("</wm>; rel=webmention")],
    ),
    rock(
        *(19, "a single HTTP Link header with multiple values", "/wm"),
        headers=link('</wrong>; rel="other", </wm>; rel="webmention"'),
    ),
    rock(
        *(20, "a <link> tag without an href is passed over", "/wm"),
        '<link rel="webmention"><a href="/wm" rel="webmention">right</a>',
    ),
    rock(
        21, "the endpoint has query string parameters", "/wm?query=yes", '<link rel="webmention" href="/wm?query=yes">'
    ),
    rock(22, "the endpoint is relative to the path", "/target/wm", '<link rel="webmention" href="target/wm">'),
    pytest.param(
        *(link('<{blog}/x>; rel="self"'), '<link rel="webmention" href="/wm">', "/wm"),
        id="3.1.2 a Link header with other relations does not end the search",
    ),
    pytest.param([], '<link rel="WebMention" href="/wm">', "/wm", id="3.1.2 relations are compared in any case"),
    pytest.param(
        *([], '<base href="/base/"><link rel="webmention" href="wm">', "/base/wm"),
        id="3.1.2 an endpoint in HTML is resolved as HTML resolves it",
    ),
]


@pytest.mark.parametrize(("headers", "html", "endpoint"), DISCOVERY)
async def test_3_1_2_sender_discovers_the_endpoint_and_sends_there(
    theirs: Blog, headers: Headers, html: str, endpoint: str
) -> None:
    serve(theirs, endpoint.partition("?")[0], status=202)
    told = [(name, value.format(blog=theirs.url)) for name, value in headers]
    target = serve(theirs, "/target", text=html.format(blog=theirs.url), content_type="text/html", headers=told)
    result = await tell(target)
    assert (result.outcome, result.protocol, result.endpoint) == ("sent", Protocol.WEBMENTION, theirs.url + endpoint)
    assert [(request.method, request.path_qs) for request in theirs.requests] == [
        ("GET", "/target"),
        ("POST", endpoint),
    ]


async def test_webmention_rocks_discovery_test_23_a_redirect_leads_to_a_relative_endpoint_and_is_asked_for_once(
    theirs: Blog,
) -> None:
    serve(theirs, "/page/wm", status=202)
    theirs.page("/page/there", '<link rel="webmention" href="wm">')
    target = serve(theirs, "/target", status=302, headers={"Location": "/page/there"})
    result = await tell(target)
    assert (result.outcome, result.endpoint) == ("sent", f"{theirs.url}/page/wm")
    assert [request.path for request in theirs.requests] == ["/target", "/page/there", "/page/wm"]
    assert (await sent_form(theirs))["target"] == [target]


@pytest.mark.parametrize(
    ("content_type", "html"),
    [
        pytest.param("text/html", "<p>No endpoint.</p>", id="a page that names no endpoint"),
        pytest.param("text/plain", WRONG, id="a document that is no HTML is not read as HTML"),
        pytest.param(
            "text/html", f"<template>{WRONG}</template><script>{WRONG}</script>", id="what is no part of the page"
        ),
    ],
)
async def test_3_1_2_a_target_without_endpoint_is_sent_nothing(theirs: Blog, content_type: str, html: str) -> None:
    serve(theirs, "/wrong", status=202)
    assert (await tell(theirs.page("/target", html, content_type=content_type))).outcome == "no_endpoint"
    assert [request.method for request in theirs.requests] == ["GET"]


async def test_3_1_2_a_target_of_any_media_type_may_name_its_endpoint_in_a_header(theirs: Blog) -> None:
    serve(theirs, "/wm", status=202)
    picture = serve(theirs, "/a.png", body=b"\x89PNG", content_type="image/png", headers=link("</wm>; rel=webmention"))
    assert (await tell(picture)).outcome == "sent"


def target_of(blog: Blog, endpoint: str = "/wm", **response: object) -> str:
    """A page whose endpoint answers like that."""
    serve(blog, endpoint.partition("?")[0], **response)
    return blog.page("/target", f'<link rel="webmention" href="{endpoint}">')


async def sent_form(blog: Blog) -> dict[str, list[str]]:
    request = blog.requests[-1]
    assert (request.method, request.content_type) == ("POST", FORM)
    return parse_qs((await request.read()).decode("ascii"), strict_parsing=True)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("", id="a plain target"),
        pytest.param("#part", id="the fragment of the target stays"),
        pytest.param("?a=1&b=2&c=%C3%A9", id="the query of the target stays"),
        pytest.param("?b=2&a=1&utm_source=x", id="the target is told as it is linked to"),
    ],
)
async def test_3_1_3_sender_posts_source_and_target_as_a_form(theirs: Blog, written: str) -> None:
    target = target_of(theirs, status=202) + written
    await tell(target)
    assert await sent_form(theirs) == {"source": [OUR_PAGE.url], "target": [target]}


async def test_3_1_3_the_query_of_the_endpoint_is_kept_and_not_sent_in_the_body(theirs: Blog) -> None:
    await tell(target_of(theirs, "/wm?site=7&amp;x=y", status=202))
    assert theirs.requests[-1].path_qs == "/wm?site=7&x=y"
    assert set(await sent_form(theirs)) == {"source", "target"}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *(pytest.param(status, "sent", id=f"{status} is a success") for status in (200, 201, 202, 203, 204, 226)),
        *(pytest.param(status, "refused", id=f"{status} is an error of ours") for status in (400, 403, 405, 413)),
        *(pytest.param(status, "failed", id=f"{status} is no success") for status in (302, 429, 500, 503)),
    ],
)
async def test_3_1_3_any_2xx_is_a_success(theirs: Blog, status: int, outcome: str) -> None:
    result = await tell(target_of(theirs, status=status))
    assert (result.outcome, result.status) == (outcome, status)


async def test_3_1_3_the_location_of_a_201_is_where_the_status_can_be_seen(theirs: Blog) -> None:
    result = await tell(target_of(theirs, status=201, headers={"Location": "/status/7"}))
    assert result.location == f"{theirs.url}/status/7"


async def test_3_1_4_the_endpoint_is_discovered_anew_each_time(theirs: Blog) -> None:
    await tell(target_of(theirs, "/old", status=202))
    await tell(target_of(theirs, "/new", status=202))
    assert [request.path for request in theirs.requests] == ["/target", "/old", "/target", "/new"]


@pytest.mark.parametrize("endpoint", ["http://127.0.0.2/wm", "http://[::1]/wm", "http://127.1.2.3:8080/wm"])
async def test_4_3_nothing_is_sent_to_an_endpoint_on_loopback(theirs: Blog, endpoint: str) -> None:
    target = theirs.page("/target", f'<link rel="webmention" href="{endpoint}">')
    result = await tell(target, replace(LIMITS, allow_networks=(ip_network("127.0.0.1/32"),)))
    assert (result.outcome, result.endpoint, result.status) == ("refused", endpoint, None)
