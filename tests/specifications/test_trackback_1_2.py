"""TrackBack 1.2, by section, and the list of a post's trackbacks of 1.1: what our receiver and our sender do."""

import re
from urllib.parse import parse_qs, quote, urlencode

import pytest
from conftest import Blog
from lxml import etree
from wire import FORM, OUR_PAGE, ask, serve, tell

from linkback.mentions import Protocol
from linkback.protocols.trackback_listing import post_id, rdf_block
from linkback.store.connection import Store


async def ping(receiver: str, target: str, form: bytes | dict[str, str], content_type: str = FORM) -> tuple[str, str]:
    """The <error> and the <message> that a ping is answered with."""
    body = form if isinstance(form, bytes) else urlencode(form).encode()
    answered = await ask("POST", f"{receiver}/trackback?target={quote(target, safe='')}", body, content_type)
    assert (answered.status, answered.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    response = etree.fromstring(answered.body)
    assert response.tag == "response"
    assert [child.tag for child in response] == ["error", "message"]
    return response.findtext("error", ""), response.findtext("message", "")


async def listed(receiver: str, target: str) -> list[dict[str, str]]:
    """The trackbacks that are listed for a post."""
    answered = await ask("GET", f"{receiver}/trackback?target={quote(target, safe='')}&__mode=rss")
    items = etree.fromstring(answered.body).iterfind("rss/channel/item")
    return [{str(child.tag): child.text or "" for child in item} for item in items]


TAKEN = [
    pytest.param(
        {}, ("A page that links", "Somebody wrote something worth reading about hills."), id="url alone is enough"
    ),
    pytest.param({"title": "T & U"}, ("T & U", ""), id="title is what the entry is called"),
    pytest.param({"excerpt": "Words."}, ("", "Words."), id="excerpt is what it says"),
    pytest.param(
        {"title": "T", "excerpt": "E", "blog_name": "B", "other": "x"}, ("T", "E"), id="all of them, and others"
    ),
    pytest.param({"title": "<b>T</b> &amp; U"}, ("T & U", ""), id="texts are shown as text"),
]


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(("fields", "shown"), TAKEN)
async def test_sending_a_ping(
    receiver: str, ours: Blog, theirs: Blog, fields: dict[str, str], shown: tuple[str, str]
) -> None:
    target = f"{ours.url}/post"
    source = theirs.linking("/a", target)
    error, _ = await ping(receiver, target, {"url": source, **fields})
    [item] = await listed(receiver, target)
    assert (error, item["link"]) == ("0", source)
    for name, words in zip(("title", "description"), shown, strict=True):
        assert words in item[name]


CHARSETS = [
    pytest.param("utf-8", "Über die Hügel: œuvre", id="charset of the Content-Type: UTF-8"),
    pytest.param("iso-8859-1", "À propos des collines", id="charset of the Content-Type: ISO-8859-1"),
    pytest.param("windows-1252", "Les “collines”, une œuvre", id="charset of the Content-Type: windows-1252"),
    pytest.param("shift_jis", "丘について", id="charset of the Content-Type: Shift_JIS"),
    pytest.param("euc-jp", "丘について", id="charset of the Content-Type: EUC-JP"),
]


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(("charset", "title"), CHARSETS)
@pytest.mark.parametrize("place", ["header", "field"])
async def test_sending_a_ping_in_a_charset(
    receiver: str, ours: Blog, theirs: Blog, charset: str, title: str, place: str
) -> None:
    target = f"{ours.url}/post"
    form = {"url": theirs.linking("/a", target), "title": title, **({"charset": charset} if place == "field" else {})}
    content_type = f"{FORM}; charset={charset}" if place == "header" else FORM
    await ping(receiver, target, urlencode(form, encoding=charset).encode(), content_type)
    assert [item["title"] for item in await listed(receiver, target)] == [title]


REFUSED = [
    pytest.param("/post", b"", "lacks its url", id="url is required: nothing was sent"),
    pytest.param("/post", b"title=T&excerpt=E&blog_name=B", "lacks its url", id="url is required: all but that"),
    pytest.param("/post", b"url=", "lacks its url", id="url is required: it is empty"),
    pytest.param("/post", b"url=https://a.example/&url=https://b.example/", "more than one url", id="url is one"),
    pytest.param("/post", b"url=nonsense", "not an http", id="url is a permalink: no URL"),
    pytest.param("/post", b"url=mailto:a@b.example", "not an http", id="url is a permalink: no web page"),
    pytest.param("/post", b"excerpt=" + b"x" * 70_000, "larger than 65536 bytes", id="a ping that is too long"),
    pytest.param("", b"url=https://a.example/", r"lacks \?target=", id="a ping URL that names no entry"),
    pytest.param(
        "https://b.example/", b"url=https://a.example/", "no site", id="a ping URL of an entry that is not ours"
    ),
]


@pytest.mark.parametrize(("target", "form", "words"), REFUSED)
async def test_response_error_1_with_a_message(
    receiver: str, ours: Blog, store: Store, target: str, form: bytes, words: str
) -> None:
    error, message = await ping(receiver, ours.url + target if target.startswith("/") else target, form)
    assert error == "1"
    assert re.search(words, message)
    assert await store.client.keys("lb:*mention*") == []


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param('<a href="{target}">x</a>', "0", id="the page at the url links to the entry"),
        pytest.param("<p>{target}</p>", "1", id="the page at the url does not link to the entry"),
    ],
)
async def test_response_tells_whether_the_ping_was_taken(
    receiver: str, ours: Blog, theirs: Blog, text: str, error: str
) -> None:
    target = f"{ours.url}/post"
    source = theirs.page("/a", text.format(target=target))
    assert (await ping(receiver, target, {"url": source}))[0] == error


async def test_a_ping_is_a_post_and_never_a_get(receiver: str, ours: Blog, store: Store) -> None:
    answered = await ask("GET", f"{receiver}/trackback?target={ours.url}/post&url=https://a.example/&title=T")
    assert (answered.status, answered.headers["location"]) == (303, f"{ours.url}/post")
    assert await store.client.keys("lb:*mention*") == []


@pytest.mark.usefixtures("worker")
async def test_a_ping_url_may_hold_its_entry_in_its_path(receiver: str, ours: Blog, theirs: Blog) -> None:
    target = f"{ours.url}/post"
    form = urlencode({"url": theirs.linking("/a", target)})
    answered = await ask("POST", f"{receiver}/trackback/{post_id(target)}", form, FORM)
    assert "<error>0</error>" in answered.text
    assert len(await listed(receiver, target)) == 1


async def test_1_1_mode_rss_of_an_entry_without_trackbacks_is_an_empty_list(receiver: str, ours: Blog) -> None:
    answered = await ask("GET", f"{receiver}/trackback?target={ours.url}/post&__mode=rss")
    response = etree.fromstring(answered.body)
    assert (answered.media_type, response.findtext("error")) == ("text/xml", "0")
    assert [child.tag for child in response.iterfind("rss/channel/*")] == ["title", "link", "description", "language"]


async def test_1_1_mode_rss_of_an_entry_that_is_not_ours_is_an_error(receiver: str) -> None:
    answered = await ask("GET", f"{receiver}/trackback?target=https://b.example/&__mode=rss")
    assert etree.fromstring(answered.body).findtext("error") == "1"


def rdf(identifier: str, ping_url: str, title: str = "T") -> str:
    """The block of an entry, as the specification has it."""
    return f"""<!--
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
         xmlns:dc="http://purl.org/dc/elements/1.1/"
         xmlns:trackback="http://madskills.com/public/xml/rss/module/trackback/">
<rdf:Description rdf:about="{identifier}" dc:identifier="{identifier}" dc:title="{title}" trackback:ping="{ping_url}" />
</rdf:RDF> -->"""


SUCCESS = b'<?xml version="1.0" encoding="utf-8"?>\n<response>\n<error>0</error>\n</response>'
OTHER = rdf("{blog}/other", "/wrong")
OURS = rdf("{blog}/target", "{blog}/tb")

DISCOVERY = [
    pytest.param(OURS, "/tb", id="Auto-discovery: the block of the page"),
    pytest.param(OTHER + OURS + OTHER, "/tb", id="Auto-discovery: the block whose identifier is the address"),
    pytest.param(OURS + rdf("{blog}/target", "/wrong"), "/tb", id="Auto-discovery: the first of two that match"),
    pytest.param(OURS[4:-3], "/tb", id="Auto-discovery: a block that stands in no comment"),
    pytest.param(
        rdf("{blog}/target", "{blog}/tb?id=5&amp;x=y"), "/tb?id=5&x=y", id="Auto-discovery: escapes are undone"
    ),
    pytest.param(rdf("{blog}/target", "/tb", "Fish & <chips>"), "/tb", id="Auto-discovery: a title that is no XML"),
    pytest.param(OURS.replace('"', "'"), "/tb", id="Auto-discovery: quoted by apostrophes"),
]


@pytest.mark.parametrize(("html", "ping_url"), DISCOVERY)
async def test_our_sender_finds_the_ping_url_and_pings_it(theirs: Blog, html: str, ping_url: str) -> None:
    serve(theirs, "/tb", body=SUCCESS, content_type="text/xml")
    target = theirs.page("/target", f"<p>Words.</p>{html.replace('{blog}', theirs.url)}")
    result = await tell(target)
    assert (result.outcome, result.protocol, result.endpoint) == ("sent", Protocol.TRACKBACK, theirs.url + ping_url)


@pytest.mark.parametrize(
    "html",
    [
        pytest.param(OTHER, id="Auto-discovery: no block is about this page"),
        pytest.param(rdf("{blog}/target", ""), id="Auto-discovery: a block without ping URL"),
        pytest.param(rdf("{blog}/target-2", "/wrong"), id="Auto-discovery: an identifier that only begins like it"),
    ],
)
async def test_our_sender_pings_nothing_for_what_is_about_another_page(theirs: Blog, html: str) -> None:
    assert (await tell(theirs.page("/target", html.replace("{blog}", theirs.url)))).outcome == "no_endpoint"
    assert [request.method for request in theirs.requests] == ["GET"]


async def test_our_sender_posts_a_form_and_says_its_charset(theirs: Blog) -> None:
    serve(theirs, "/tb", body=SUCCESS, content_type="text/xml")
    await tell(theirs.page("/target", rdf(f"{theirs.url}/target", "/tb")))
    request = theirs.requests[-1]
    assert (request.method, request.headers["Content-Type"]) == ("POST", f"{FORM}; charset=utf-8")
    fields = parse_qs((await request.read()).decode("ascii"), strict_parsing=True)
    assert (
        fields.items()
        >= {
            "url": [OUR_PAGE.url],
            "title": [OUR_PAGE.title],
            "excerpt": [OUR_PAGE.excerpt],
            "blog_name": [OUR_PAGE.site_name],
        }.items()
    )


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        pytest.param(SUCCESS, "sent", id="Response: error 0 is success"),
        pytest.param(
            *(b"<response><error>1</error><message>Closed.</message></response>", "refused"),
            id="Response: error 1 is failure",
        ),
        pytest.param(b"<response><error>2</error></response>", "refused", id="Response: any other code is failure"),
        pytest.param(b"<response><error/></response>", "refused", id="Response: an empty code is failure"),
        pytest.param(b"", "failed", id="Response: none is failure"),
        pytest.param(b"<html>Thank you!", "failed", id="Response: a page is failure"),
    ],
)
async def test_our_sender_reads_the_response(theirs: Blog, body: bytes, outcome: str) -> None:
    serve(theirs, "/tb", body=body, content_type="text/xml")
    assert (await tell(theirs.page("/target", rdf(f"{theirs.url}/target", "/tb")))).outcome == outcome


@pytest.mark.parametrize("title", ["On hills", "A & B <i>", "a --> b", '"', "--", "]]>"])
async def test_auto_discovery_finds_the_block_that_we_give_to_templates(theirs: Blog, title: str) -> None:
    serve(theirs, "/tb", body=SUCCESS, content_type="text/xml")
    block = rdf_block(f"{theirs.url}/target", title, f"{theirs.url}/tb?a=1&b=--")
    assert block.count("-->") == 1
    assert (await tell(theirs.page("/target", block))).endpoint == f"{theirs.url}/tb?a=1&b=--"
