import contextlib
import io
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from linkback.feeds.entry import Entry, Feed
from linkback.feeds.rss import write_rss

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
THR = "{http://purl.org/syndication/thread/1.0}"

ENTRY = Entry(
    id="urn:uuid:0b5ad5e6-3a6c-8d4b-9b0a-5f6d2c1e7a90",
    url="https://alice.example/notes?p=4&lang=fr#c2",
    title="Réponse à « Post 7 »",
    author_name="Alice",
    published_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    updated_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    in_reply_to="https://bob.example/post/7",
    in_reply_to_url="https://bob.example/post/7",
    category="pingback",
    text="if a < b & b < c",
    html="<p>if a &lt; b &amp; b &lt; c</p>",
)
FEED = Feed(
    id="https://bob.example/post/7",
    title="Commentaires sur\u202f: Post 7",
    url="https://bob.example/post/7",
    self_url="https://links.example/comments.rss?target=https://bob.example/post/7&type=all",
    description="Ce que d\u2019autres blogs disent de «\u202fPost 7\u202f»",
    language="fr-CA",
    updated_at=datetime(2026, 2, 1, 12, 0, tzinfo=UTC),
    entries=(ENTRY,),
)

MARKUP = ("]]>", "<![CDATA[", "<!DOCTYPE x>", '<!ENTITY a "b">', "<?xml?>", "<b>", "</b>", "<script>", "<!--", "-->")
ESCAPES = ("&amp;", "&lt;", "&nbsp;", "&#8;", "&bogus;", "&", "<", ">", '"', "'")
SPACES = (" ", "\t", "\r", "\r\n", "\n", "\u00a0", "\u2028")
SCRIPTS = ("été", "e\u0301", "漢字かな", "한국어", "العربية", "עברית", "ไทย", "नमस्ते", "Ελληνικά", "Русский", "ᚠᛇᚻ", "𐍈")
EMOJI = ("👍🏽", "👩\u200d👩\u200d👧", "🏴\u200d☠\ufe0f")
FORBIDDEN = ("\x00", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800", "\udfff", "\ud83d\ude00")
UNUSUAL = ("\x7f", "\x85", "\x9f", "\ufeff", "\u202e", "\U0010ffff")

fragments = st.sampled_from((*MARKUP, *ESCAPES, *SPACES, *SCRIPTS, *EMOJI, *FORBIDDEN, *UNUSUAL))
texts = st.lists(fragments | st.text(st.characters(exclude_categories=()), max_size=8)).map("".join)
times = st.datetimes(datetime(1999, 1, 1), datetime(2099, 1, 1), timezones=st.timezones())  # noqa: DTZ001 zones are added
entries = st.builds(
    replace, st.just(ENTRY), title=texts, author_name=texts, text=texts, html=texts, category=texts, published_at=times
)
feeds = st.builds(
    replace,
    st.just(FEED),
    title=texts,
    description=texts,
    language=st.sampled_from(["", "fr", "en-GB"]),
    updated_at=st.none() | times,
    entries=st.lists(entries, max_size=4).map(tuple),
)


def allowed(text: str) -> str:
    """What XML 1.0 lets pass (section 2.2)."""
    return re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def parsed(feed: Feed) -> etree._Element:
    return etree.fromstring(write_rss(feed))[0]


def item_of(entry: Entry) -> etree._Element:
    return parsed(replace(FEED, entries=(entry,)))[-1]


def child(parent: etree._Element, name: str) -> etree._Element:
    found = parent.find(name, None)
    assert found is not None, f"there is no {name}"
    return found


def said(element: etree._Element, name: str) -> str:
    return element.findtext(name, "", None)


def as_feed_readers_see(document: bytes) -> Any:  # noqa: ANN401 feedparser has no types
    """Read it with feedparser, which must not change titles that it takes for HTML: they are plain text."""
    headers = {"content-type": "application/rss+xml; charset=utf-8"}
    return feedparser.parse(
        io.BytesIO(document), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )


def as_feedparser_shows(text: str) -> str:
    """What feedparser does to any text: it trims, and mends what looks like a wrong encoding."""
    shown = allowed(text).strip()
    with contextlib.suppress(UnicodeError):
        shown = shown.encode("iso-8859-1").decode("utf-8")
    return "".join(_without_latin_1_controls(char) for char in shown)


def _without_latin_1_controls(char: str) -> str:
    return bytes([ord(char)]).decode("cp1252", "ignore") or char if "\x80" <= char <= "\x9f" else char


@given(feeds)
def test_any_text_is_carried_whole_but_for_what_xml_forbids(feed: Feed) -> None:
    channel = parsed(feed)
    assert said(channel, "title") == allowed(feed.title)
    assert said(channel, "description") == allowed(feed.description)
    items = channel.findall("item")
    assert [said(item, "title") for item in items] == [allowed(entry.title) for entry in feed.entries]
    assert [said(item, f"{DC}creator") for item in items] == [allowed(entry.author_name) for entry in feed.entries]
    assert [said(item, f"{CONTENT}encoded") for item in items] == [allowed(entry.html) for entry in feed.entries]


@given(feeds)
def test_a_feed_reader_finds_nothing_to_mend_in_any_feed(feed: Feed) -> None:
    read = as_feed_readers_see(write_rss(feed))
    assert not read.bozo
    assert read.version == "rss20"
    assert read.feed.get("title", "") == as_feedparser_shows(feed.title)
    assert [entry.get("title", "") for entry in read.entries] == [as_feedparser_shows(e.title) for e in feed.entries]
    assert [entry.id for entry in read.entries] == [entry.id for entry in feed.entries]


@given(feeds)
def test_each_element_stands_as_often_as_rss_2_0_allows(feed: Feed) -> None:
    channel = parsed(feed)
    head = Counter(child.tag for child in channel if child.tag != "item")
    always = {"title", "link", "description", "generator", "docs", f"{ATOM}link"}
    assert always <= head.keys() <= always | {"language", "lastBuildDate"}
    assert set(head.values()) == {1}
    for item in channel.findall("item"):
        counts = Counter(child.tag for child in item)
        always = {"title", "link", "guid", "pubDate", "category", f"{DC}creator", f"{THR}in-reply-to"}
        assert always <= counts.keys() <= always | {"description", f"{CONTENT}encoded"}
        assert set(counts.values()) == {1}


@given(feeds)
def test_equal_feeds_give_equal_bytes(feed: Feed) -> None:
    in_utc = tuple(replace(entry, published_at=entry.published_at.astimezone(UTC)) for entry in feed.entries)
    assert write_rss(replace(feed, entries=in_utc)) == write_rss(feed)


def test_a_feed_reader_sees_who_wrote_what_where_and_when() -> None:
    read = as_feed_readers_see(write_rss(FEED))
    assert (read.feed.title, read.feed.link, read.feed.language) == (FEED.title, FEED.url, "fr-CA")
    assert read.feed.updated_parsed[:6] == (2026, 2, 1, 12, 0, 0)
    (entry,) = read.entries
    assert (entry.title, entry.link, entry.author) == (ENTRY.title, ENTRY.url, "Alice")
    assert (entry.id, entry.guidislink) == (ENTRY.id, False)
    assert entry.published_parsed[:6] == (2026, 1, 2, 3, 4, 5)
    assert entry.content[0].value == ENTRY.html
    assert [tag.term for tag in entry.tags] == ["pingback"]


def test_entries_keep_their_order() -> None:
    feed = replace(FEED, entries=tuple(replace(ENTRY, id=f"urn:x:{number}") for number in (3, 1, 2)))
    assert [said(item, "guid") for item in parsed(feed).findall("item")] == ["urn:x:3", "urn:x:1", "urn:x:2"]


def test_a_feed_without_entries_is_valid_and_has_no_date() -> None:
    feed = replace(FEED, updated_at=None, entries=())
    read = as_feed_readers_see(write_rss(feed))
    assert not read.bozo
    assert read.entries == []
    assert (read.feed.title, read.feed.link) == (FEED.title, FEED.url)
    assert parsed(feed).find("lastBuildDate", None) is None


def test_the_document_begins_with_its_declaration_and_its_root_is_rss_2_0() -> None:
    document = write_rss(FEED)
    assert document.startswith(b"<?xml version=")
    assert b"<rss " in document[:512]
    root = etree.fromstring(document)
    assert (root.tag, root.get("version"), len(root)) == ("rss", "2.0", 1)


def test_namespaces_have_the_prefixes_that_simple_readers_look_for() -> None:
    document = write_rss(FEED)
    for name in (b"<atom:link ", b"<dc:creator>", b"<content:encoded>", b"<thr:in-reply-to "):
        assert name in document


@pytest.mark.parametrize("hours", [-8, 0, 5.5, 14])
def test_pub_date_and_last_build_date_are_rfc_822_in_utc(hours: float) -> None:
    when = datetime(2010, 3, 2, 7, 5, 9, 999_999, tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
    assert said(item_of(replace(ENTRY, published_at=when)), "pubDate") == "Tue, 02 Mar 2010 07:05:09 +0000"
    assert said(parsed(replace(FEED, updated_at=when)), "lastBuildDate") == "Tue, 02 Mar 2010 07:05:09 +0000"


def test_guid_is_the_entrys_id_and_no_permalink_and_nothing_else_changes_it() -> None:
    moved = replace(
        ENTRY, url="https://elsewhere.example/", title="New", html="<p>New</p>", in_reply_to_url="https://x.example/"
    )
    for entry in (ENTRY, moved):
        guid = child(item_of(entry), "guid")
        assert (guid.text, dict(guid.attrib)) == (ENTRY.id, {"isPermaLink": "false"})


def test_atom_link_names_the_feed_itself() -> None:
    link = child(parsed(FEED), f"{ATOM}link")
    assert dict(link.attrib) == {"href": FEED.self_url, "rel": "self", "type": "application/rss+xml"}


def test_in_reply_to_names_the_post_as_rfc_4685_section_3_asks() -> None:
    reply = child(item_of(replace(ENTRY, in_reply_to="urn:uuid:post")), f"{THR}in-reply-to")
    assert dict(reply.attrib) == {"ref": "urn:uuid:post", "href": "https://bob.example/post/7", "type": "text/html"}


def test_a_description_is_escaped_html_and_a_title_is_plain_text() -> None:
    item = item_of(replace(ENTRY, title="if a < b & b < c"))
    assert said(item, "description") == "if a &lt; b &amp; b &lt; c"
    assert said(item, "title") == "if a < b & b < c"


def test_what_is_not_known_is_left_out() -> None:
    feed = replace(FEED, language="", entries=(replace(ENTRY, text="", html=""),))
    assert parsed(feed).find("language", None) is None
    assert parsed(feed).find("item/description", None) is None
    assert parsed(feed).find(f"item/{CONTENT}encoded", None) is None


def test_no_element_that_holds_an_e_mail_address_is_written() -> None:
    assert list(parsed(FEED).iter(f"{DC}creator"))
    assert not list(parsed(FEED).iter("author", "managingEditor", "webMaster"))
