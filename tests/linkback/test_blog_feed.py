import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from garbage import edited
from hypothesis import example, given
from hypothesis import strategies as st

from linkback.blog_feed import MAX_TITLE, MOST_ITEMS, BlogFeed, FeedItem, NotAFeedError, read_feed
from linkback.plain_text import clean
from linkback.urls import parse_url

FEEDS = Path(__file__).with_name("feeds_of_blogs")
CASES = sorted(FEEDS.glob("*.json"))
URL = "https://blog.example/feed"

BROKEN = "let a feed validator look at it."


def read(feed: str | bytes, *, url: str = URL, media_type: str = "", charset: str = "") -> BlogFeed:
    body = feed.encode() if isinstance(feed, str) else feed
    return read_feed(body, url=parse_url(url), media_type=media_type, charset=charset)


def feed_of(case: Path) -> Path:
    """The feed to which an expectation belongs: the file of the same name."""
    [feed] = [path for path in case.parent.iterdir() if path.stem == case.stem and path != case]
    return feed


def expectation(said: dict[str, Any]) -> BlogFeed:
    """What must be read in a feed; what is left out is empty, and digests are not told beforehand."""
    items = tuple(
        FeedItem(
            item["url"],
            item["title"],
            item.get("language", ""),
            datetime.fromisoformat(item["published_at"]) if "published_at" in item else None,
            "",
        )
        for item in said["items"]
    )
    return replace(BlogFeed(), **{**said, "items": items, "hubs": tuple(said.get("hubs", ()))})


def without_digests(feed: BlogFeed) -> BlogFeed:
    return replace(feed, items=tuple(replace(item, digest="") for item in feed.items))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_feed_is_read_as_the_file_beside_it_says(case: Path) -> None:
    said = json.loads(case.read_text("utf-8"))
    body = feed_of(case).read_bytes()
    if "error" in said:
        with pytest.raises(NotAFeedError) as refused:
            read(body, **said["given"])
        assert str(refused.value) == said["error"]
    else:
        assert without_digests(read(body, **said["given"])) == expectation(said["feed"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_every_feed_has_its_expectation_and_every_time_is_in_utc(case: Path) -> None:
    said = json.loads(case.read_text("utf-8"))
    if "feed" in said:
        items = read(feed_of(case).read_bytes(), **said["given"]).items
        assert {item.published_at.tzinfo for item in items if item.published_at} <= {UTC}
        assert len({item.digest for item in items}) == len(items)
        assert all(len(item.digest) == 32 for item in items)


def rss(*items: str, head: str = "", namespaces: str = "") -> str:
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:wfw="http://wellformedweb.org/CommentAPI/"'
        f" {namespaces}><channel><title>Blog</title>{head}{''.join(items)}</channel></rss>"
    )


def atom(*entries: str) -> str:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">'
        f"<title>Blog</title><updated>2025-01-01T00:00:00Z</updated>{''.join(entries)}</feed>"
    )


def json_feed(*items: dict[str, object]) -> str:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Blog", "items": items})


POST = "<link>https://blog.example/1</link>"
TITLE, WORDS = "<title>One</title>", "<description>&lt;p&gt;Some &lt;b&gt;words&lt;/b&gt;.&lt;/p&gt;</description>"
FULL = "<content:encoded><![CDATA[<p>All words</p>]]></content:encoded>"
RSS_ITEM = f"<item>{POST}{TITLE}{WORDS}{FULL}</item>"

LINK, UPDATED = '<link href="https://blog.example/1"/>', "<updated>2025-01-01T00:00:00Z</updated>"
CONTENT = '<content type="html">&lt;p&gt;Words&lt;/p&gt;</content>'
ATOM_ENTRY = f"<entry>{LINK}{TITLE}{UPDATED}{CONTENT}</entry>"
XHTML = '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Two</p>{space}<p>paragraphs.</p></div></content>'

JSON_ITEM: dict[str, object] = {
    "id": "1",
    "url": "https://blog.example/1",
    "title": "One",
    "content_html": "<p>Words</p>",
    "date_modified": "2025-01-01T00:00:00Z",
}


def digest(feed: str, **given_with_it: str) -> str:
    """What stands for all that a feed says of the post /1."""
    [found] = [item.digest for item in read(feed, **given_with_it).items if item.url.endswith("/1")]
    return found


class TestDigest:
    """It changes if and only if what the feed says of the post does."""

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (rss(RSS_ITEM), rss(RSS_ITEM.replace("One", "Two"))),
            (rss(RSS_ITEM), rss(RSS_ITEM.replace("Some", "Other"))),
            (rss(RSS_ITEM), rss(RSS_ITEM.replace("All", "Other"))),
            (rss(RSS_ITEM), rss(RSS_ITEM.replace("&lt;b", "&lt;i").replace("/b", "/i"))),
            (rss(RSS_ITEM), rss(RSS_ITEM.replace(FULL, ""))),
            (rss(RSS_ITEM), rss(RSS_ITEM.replace("All words", '<iframe src="https://video.example/"></iframe>'))),
            (
                rss(RSS_ITEM.replace("All words", '<iframe src="https://video.example/1"></iframe>')),
                rss(RSS_ITEM.replace("All words", '<iframe src="https://video.example/2"></iframe>')),
            ),
            (rss(RSS_ITEM), rss(RSS_ITEM.replace(TITLE, f'{TITLE}<enclosure url="https://blog.example/a.ogg"/>'))),
            (atom(ATOM_ENTRY), atom(ATOM_ENTRY.replace("One", "Two"))),
            (atom(ATOM_ENTRY), atom(ATOM_ENTRY.replace("Words", "Other"))),
            (atom(ATOM_ENTRY), atom(ATOM_ENTRY.replace("2025-01-01", "2025-01-02"))),
            (atom(ATOM_ENTRY), atom(ATOM_ENTRY.replace(LINK, f'{LINK}<link rel="via" href="https://a.example/"/>'))),
            (json_feed(JSON_ITEM), json_feed(JSON_ITEM | {"title": "Two"})),
            (json_feed(JSON_ITEM), json_feed(JSON_ITEM | {"content_html": "<p>Other</p>"})),
            (json_feed(JSON_ITEM), json_feed(JSON_ITEM | {"content_text": "Words"})),
            (json_feed(JSON_ITEM), json_feed(JSON_ITEM | {"summary": "Words"})),
            (json_feed(JSON_ITEM), json_feed(JSON_ITEM | {"date_modified": "2025-01-01T00:00:01Z"})),
            (json_feed(JSON_ITEM), json_feed(JSON_ITEM | {"date_modified": "today"})),
            (json_feed(JSON_ITEM), json_feed(JSON_ITEM | {"external_url": "https://a.example/"})),
            (json_feed(JSON_ITEM), json_feed(JSON_ITEM | {"attachments": [{"url": "https://blog.example/a.ogg"}]})),
        ],
    )
    def test_a_change_of_what_a_post_says_changes_it(self, before: str, after: str) -> None:
        assert digest(before) != digest(after)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (rss(RSS_ITEM), rss("<item><link>/2</link></item>", RSS_ITEM)),
            (rss(RSS_ITEM), rss(RSS_ITEM, head="<lastBuildDate>Tue, 04 Nov 2025 18:22:10 +0000</lastBuildDate>")),
            (rss(RSS_ITEM), rss(RSS_ITEM, head="<title>Another name</title><language>fr</language>")),
            (rss(RSS_ITEM), rss(RSS_ITEM.replace("><", ">\n\t\t<"))),
            (rss(RSS_ITEM), rss(RSS_ITEM.replace("All words", "All\n  words"))),
            (rss(RSS_ITEM), rss(RSS_ITEM.replace("&lt;b", "\n&lt;b").replace("Some ", "Some"))),
            (
                rss(RSS_ITEM),
                rss(RSS_ITEM.replace(WORDS, "<description><![CDATA[<p>Some <b>words</b>.</p>]]></description>")),
            ),
            (rss(RSS_ITEM), rss(RSS_ITEM.replace(TITLE, f"{TITLE}<slash:comments>3</slash:comments>"))),
            (rss(RSS_ITEM), rss(RSS_ITEM.replace(TITLE, f"{TITLE}<comments>/1#comments</comments>"))),
            (rss(RSS_ITEM), rss(RSS_ITEM.replace(TITLE, f"{TITLE}<wfw:commentRss>/1/feed</wfw:commentRss>"))),
            (rss(RSS_ITEM), rss(RSS_ITEM.replace(TITLE, f"{TITLE}<pubDate>Tue, 04 Nov 2025 18:22:10 GMT</pubDate>"))),
            (atom(ATOM_ENTRY), atom(ATOM_ENTRY.replace("00:00Z", "00:00.000+00:00"))),
            (atom(ATOM_ENTRY), atom(ATOM_ENTRY).replace("<updated>2025-01-01", "<updated>2026-02-02", 1)),
            (atom(ATOM_ENTRY), atom(ATOM_ENTRY.replace(LINK, f"<thr:total>4</thr:total>{LINK}"))),
            (
                atom(ATOM_ENTRY.replace(LINK, f'{LINK}<link rel="replies" href="/1/comments" thr:count="1"/>')),
                atom(ATOM_ENTRY.replace(LINK, f'{LINK}<link rel="replies" href="/1/comments" thr:count="2"/>')),
            ),
            (atom(ATOM_ENTRY), atom(ATOM_ENTRY.replace(LINK, f'<link rel="replies" href="/1/comments"/>{LINK}'))),
            (
                atom(ATOM_ENTRY.replace(CONTENT, XHTML.format(space=""))),
                atom(ATOM_ENTRY.replace(CONTENT, XHTML.format(space="\n\t"))),
            ),
            (json_feed(JSON_ITEM), json_feed({"id": "2", "url": "/2"}, JSON_ITEM)),
            (json_feed(JSON_ITEM), json.dumps(json.loads(json_feed(JSON_ITEM)), indent=2)),
            (json_feed(JSON_ITEM), json_feed(dict(reversed(JSON_ITEM.items())))),
            (json_feed(JSON_ITEM), json_feed(JSON_ITEM | {"date_modified": "2025-01-01T01:00:00+01:00"})),
            (json_feed(JSON_ITEM), json_feed(JSON_ITEM | {"_comments": {"total": 4}})),
        ],
    )
    def test_nothing_else_does(self, before: str, after: str) -> None:
        assert digest(before) == digest(after)

    def test_it_is_the_same_wherever_the_feed_was_got_from(self) -> None:
        """A hub delivers what the blog would have sent, and the blog may have moved to https."""
        feed = rss('<item><link>/1</link><description>&lt;a href="/2"&gt;x&lt;/a&gt;</description></item>')
        assert digest(feed, url="http://blog.example/feed") == digest(feed, url="https://www.blog.example/rss.xml")

    def test_what_is_left_out_is_not_the_same_as_what_moves_elsewhere(self) -> None:
        text, summary = JSON_ITEM | {"content_text": "x"}, JSON_ITEM | {"summary": "x"}
        assert digest(json_feed(text)) != digest(json_feed(summary))


class TestBounds:
    def test_no_more_than_the_first_thousand_posts_are_read(self) -> None:
        items = [f"<item><link>/{number}</link></item>" for number in range(MOST_ITEMS + 5)]
        assert [item.url for item in read(rss(*items)).items][-1] == f"https://blog.example/{MOST_ITEMS - 1}"
        entries: list[dict[str, object]] = [
            {"id": str(number), "url": f"/{number}"} for number in range(MOST_ITEMS + 5)
        ]
        assert len(read(json_feed(*entries)).items) == MOST_ITEMS

    def test_a_title_is_no_longer_than_the_longest(self) -> None:
        [item] = read(rss(f"<item>{POST}<title>{'long ' * 100}</title></item>")).items
        assert len(item.title) <= MAX_TITLE
        assert item.title.endswith("…")

    def test_a_feed_that_is_the_name_of_a_file_is_not_that_file(self, tmp_path: Path) -> None:
        file = tmp_path / "feed.xml"
        file.write_text(rss(RSS_ITEM))
        with pytest.raises(NotAFeedError):
            read(str(file))

    @pytest.mark.parametrize("end", ["", "\n"])
    def test_entities_that_grow_are_not_let_grow(self, end: str) -> None:
        entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">{end}' for n in range(9))
        feed = f'<!DOCTYPE rss [{end}<!ENTITY e0 "ha">{end}{entities}]>{end}' + rss(
            f"<item>{POST}<title>&e9;</title></item>"
        )
        titles = [item.title for item in read(feed).items]
        assert all(len(title) <= MAX_TITLE for title in titles)
        assert "haha" not in "".join(titles)

    def test_an_entity_cannot_be_a_file(self, tmp_path: Path) -> None:
        file = tmp_path / "secret"
        file.write_text("the secret")
        feed = f'<!DOCTYPE rss [\n<!ENTITY x SYSTEM "{file.as_uri()}">\n]>\n' + rss(
            f"<item>{POST}<title>&x;</title></item>"
        )
        assert "the secret" not in str(read(feed))


class TestBrokenFeeds:
    """A feed is read as far as it can be; where that is nowhere, the error says what is wrong."""

    @pytest.mark.parametrize(
        ("body", "media_type", "message"),
        [
            ("", "application/rss+xml", "The document is empty."),
            (" \r\n\ufeff\0 ", "", "The document is empty."),
            ("Busy, come back later.", "text/plain", "This is neither XML nor JSON, and so no feed."),
            ("<opml><body/></opml>", "text/xml", "This is XML, but neither RSS nor Atom."),
            (
                "<rss><channel><title>Cut",
                "",
                f"The XML is broken (no element found), and there is no post in it; {BROKEN}",
            ),
            ("<feed><a></b>", "", f"The XML is broken (mismatched tag), and there is no post in it; {BROKEN}"),
            (
                '<!DOCTYPE rss [\n<!ENTITY path "C:\\data">\n]>\n<rss><channel><item>&path;</item></channel></rss>',
                "",
                f"The XML is broken, and in a way that cannot be passed over; {BROKEN}",
            ),
            (
                '<rss><item><gml:Point srsName="EPSG:x"><gml:pos>1 x</gml:pos>',
                "",
                f"The XML is broken, and in a way that cannot be passed over; {BROKEN}",
            ),
            ("</gml:pos>", "", f"The XML is broken, and in a way that cannot be passed over; {BROKEN}"),
            (
                "<!-- --><HTML><head><base href='/blog/'><link rel=alternate type='application/atom+xml' href=a.xml>",
                "",
                "This is a web page, and no feed. It names https://blog.example/blog/a.xml as one.",
            ),
            (
                "{",
                "",
                "The JSON is broken (Expecting property name enclosed in double quotes: line 1 column 2 (char 1)).",
            ),
            ("nothing", "application/feed+json", "The JSON is broken (Expecting value: line 1 column 1 (char 0))."),
            *(
                (
                    body,
                    "application/json",
                    "This is JSON, but no JSON Feed: its version does not name https://jsonfeed.org/version/1.",
                )
                for body in ("[]", "{}", '{"version": 1}', '"text"', '{"version": "https://api.example/v1"}')
            ),
        ],
    )
    def test_what_is_no_feed_is_refused_and_the_error_says_what_it_is(
        self, body: str, media_type: str, message: str
    ) -> None:
        with pytest.raises(NotAFeedError) as refused:
            read(body, media_type=media_type)
        assert str(refused.value) == message

    @pytest.mark.parametrize("depth", [1000, 100_000])
    def test_json_that_is_nested_too_deep_is_no_feed(self, depth: int) -> None:
        with pytest.raises(NotAFeedError):
            read('{"items":' + "[" * depth)

    def test_xml_that_is_called_json_is_read(self) -> None:
        assert len(read(rss(RSS_ITEM), media_type="application/json").items) == 1

    @pytest.mark.parametrize("tail", ["", "</rss>", "<!-- <item> --></rss>"])
    def test_the_last_post_of_a_feed_is_not_taken_for_cut_off(self, tail: str) -> None:
        code = "<description><![CDATA[ <item> ]]></description>"
        feed = rss(f"<item>{POST}{code}</item>").replace("</rss>", tail)
        assert len(read(feed).items) == 1

    def test_entries_with_a_prefix_are_cut_off_as_well(self) -> None:
        feed = '<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:link href="/1"/></a:entry>'
        assert len(read(feed).items) == 1
        assert len(read(f'{feed}<a:entry><a:link href="/2"/><a:title>Ha').items) == 1


@given(st.integers(0, 4_000_000_000), st.integers(-12 * 60, 14 * 60))
def test_the_dates_of_rss_atom_and_json_mean_the_same(seconds: int, minutes: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    there = moment.astimezone(timezone(timedelta(minutes=minutes)))
    entry = ATOM_ENTRY.replace("<updated>", f"<published>{there.isoformat()}</published><updated>")
    feeds = [
        rss(f"<item>{POST}<pubDate>{format_datetime(there)}</pubDate></item>"),
        atom(entry),
        json_feed(JSON_ITEM | {"date_published": there.isoformat()}),
    ]
    assert [read(feed).items[0].published_at for feed in feeds] == [moment] * 3


def read_or_refuse(body: bytes, media_type: str = "", charset: str = "") -> None:
    """Reading ends with a feed that can be used, or in NotAFeedError."""
    try:
        feed = read(body, media_type=media_type, charset=charset)
    except NotAFeedError:
        return
    for item in feed.items:
        assert parse_url(item.url)
        assert item.title == clean(item.title)
        assert item.published_at is None or item.published_at.utcoffset() == timedelta(0)


MEDIA_TYPES = st.sampled_from(["", "application/rss+xml", "text/html", "application/json", "x/y\r\n"])
CHARSETS = st.sampled_from(["", "utf-8", "utf-16", "idna", "hex", "undefined", "\udce9", "shift_jis"])


@given(st.binary(max_size=200), MEDIA_TYPES, CHARSETS)
@example(b"/dev/stdin", "", "")
@example(b"\xff\xfe\x00\xd8", "", "")
def test_any_bytes_are_a_feed_or_refused(body: bytes, media_type: str, charset: str) -> None:
    read_or_refuse(body, media_type, charset)


@given(st.data(), MEDIA_TYPES, CHARSETS)
def test_a_feed_that_was_damaged_on_the_way_is_a_feed_or_refused(
    data: st.DataObject, media_type: str, charset: str
) -> None:
    feed = data.draw(st.sampled_from([feed_of(case) for case in CASES])).read_bytes()
    read_or_refuse(data.draw(edited(feed)), media_type, charset)


PIECES = st.sampled_from(
    [
        *(
            "<rss>",
            "<channel>",
            "<item>",
            "</item>",
            '<feed xmlns="http://www.w3.org/2005/Atom">',
            "<entry>",
            "</entry>",
        ),
        *("<title>", "</title>", '<title type="xhtml">', "<link>", "</link>", '<link href="http://[::1"/>', "<guid>"),
        *('<content mode="base64">', '<content type="application/octet-stream">', "</content>", "<div>", "</div>"),
        *("<pubDate>", "0000-00-00", "2024-02-30T25:61:61Z", "99999999999999", "<updated>", "</updated>", "<image>"),
        *(
            '<!DOCTYPE rss [\n<!ENTITY e "\\d\\1">\n]>\n',
            "&e;",
            "&#1114112;",
            "&#xd800;",
            "&#99999999999;",
            "&nbsp;",
            "&",
        ),
        *(
            "<gml:pos>",
            "</gml:pos>",
            '<gml:Point srsName="EPSG:x">',
            "</gml:posList>",
            "<georss:point>",
            "1 x",
            "<where>",
        ),
        *("<![CDATA[", "]]>", "<!h<!h<", "<!--", "-->", "<?", "<!", '"', "'", "<", ">", "\0", "\x08", "\ud800", "é"),
        *(
            'xml:base="//["',
            "<a xml:base='http://['>",
            "<svg>",
            "<math:x>",
            "<x:y>",
            "<language>",
            "<source>",
            "<author>",
        ),
    ]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=15).map("".join))
def test_any_pieces_of_feeds_are_a_feed_or_refused(text: str) -> None:
    read_or_refuse(text.encode("utf-8", "surrogatepass"))


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(["/1", "\ud800", "2025-01-01"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["url", "type"]), inner, max_size=2),
    max_leaves=4,
)
KEYS = st.sampled_from(["url", "title", "content_html", "date_modified", "date_published", "language", "attachments"])


@given(st.lists(st.dictionaries(KEYS, VALUES) | VALUES, max_size=3), VALUES, VALUES)
def test_any_json_that_calls_itself_a_feed_is_one(items: list[object], hubs: object, title: object) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": title, "hubs": hubs, "items": items}
    body = json.dumps(feed).encode()
    read(body)
    read_or_refuse(body)
