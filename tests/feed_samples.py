"""Feeds to write: a sample, and strategies for Hypothesis that put any text into any field."""

import contextlib
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import feedparser
from hypothesis import strategies as st

from linkback.feeds.entry import Alternate, Entry, Feed

ENTRY = Entry(
    id="urn:uuid:0b5ad5e6-3a6c-8d4b-9b0a-5f6d2c1e7a90",
    url="https://alice.example/notes?p=4&lang=fr#c2",
    title="Réponse à « Post 7 »",
    author_name="Alice",
    published_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    updated_at=datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC),
    in_reply_to="urn:uuid:11111111-3a6c-8d4b-9b0a-5f6d2c1e7a90",
    in_reply_to_url="https://bob.example/post/7",
    category="webmention",
    kind="reply",
    author_url="https://alice.example/",
    author_photo="https://alice.example/a.jpg?s=1&t=2",
    source="https://alice.example/notes?p=4&lang=fr",
    text="if a < b & b < c",
    html="<p>if a &lt; b &amp; b &lt; c</p>",
    language="en-GB",
)
FEED = Feed(
    id="urn:uuid:22222222-3a6c-8d4b-9b0a-5f6d2c1e7a90",
    title="Commentaires sur\u202f: Post 7",
    url="https://bob.example/post/7",
    self_url="https://links.example/comments?target=https://bob.example/post/7&type=all",
    description="Ce que d\u2019autres blogs disent de «\u202fPost 7\u202f»",
    language="fr-CA",
    updated_at=datetime(2026, 2, 1, 12, 0, tzinfo=UTC),
    entries=(ENTRY,),
    alternates=(Alternate("text/x-one", "https://links.example/1?a&b"), Alternate("text/x-two", "https://two.example")),
)
EMPTY_FEED = replace(FEED, description="", language="", updated_at=None, entries=(), alternates=())
BARE_ENTRY = replace(ENTRY, kind="", author_url="", author_photo="", source="", text="", html="", language="")

MARKUP = ("]]>", "<![CDATA[", "<!DOCTYPE x>", '<!ENTITY a "b">', "<?xml?>", "<b>", "</b>", "<script>", "<!--", "-->")
ESCAPES = ("&amp;", "&lt;", "&nbsp;", "&#8;", "&bogus;", "\\u0000", "&", "<", ">", '"', "'", "\\")
SPACES = (" ", "\t", "\r", "\r\n", "\n", "\u00a0", "\u2028")
SCRIPTS = ("été", "e\u0301", "漢字かな", "한국어", "العربية", "עברית", "ไทย", "नमस्ते", "Ελληνικά", "Русский", "ᚠᛇᚻ", "𐍈")
EMOJI = ("👍🏽", "👩\u200d👩\u200d👧", "🏴\u200d☠\ufe0f")
FORBIDDEN = ("\x00", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff", "\ud800", "\udfff", "\ud83d\ude00")
UNUSUAL = ("\x7f", "\x85", "\x9f", "\ufeff", "\u202e", "\U0010ffff")

fragments = st.sampled_from((*MARKUP, *ESCAPES, *SPACES, *SCRIPTS, *EMOJI, *FORBIDDEN, *UNUSUAL))
texts = st.lists(fragments | st.text(st.characters(exclude_categories=()), max_size=8)).map("".join)
times = st.datetimes(datetime(1999, 1, 1), datetime(2099, 1, 1), timezones=st.timezones())  # noqa: DTZ001 zones are added


def _of(kind: type[Entry | Feed | Alternate], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Anything in the fields: any text, if nothing else is said."""
    names = kind.__dataclass_fields__
    return st.builds(kind, **{name: fields.get(name, texts) for name in names})


entries: st.SearchStrategy[Entry] = _of(Entry, published_at=times, updated_at=times)
feeds: st.SearchStrategy[Feed] = _of(
    Feed,
    updated_at=st.none() | times,
    entries=st.lists(entries, max_size=3).map(tuple),
    alternates=st.lists(_of(Alternate), max_size=2).map(tuple),
)
"""Feeds with any text in every field, addresses too."""

likely_entries = st.builds(
    replace, st.just(ENTRY), title=texts, author_name=texts, text=texts, html=texts, kind=texts, published_at=times
)
likely_feeds = st.builds(
    replace,
    st.just(FEED),
    title=texts,
    description=texts,
    language=st.sampled_from(["", "fr", "en-GB"]),
    updated_at=st.none() | times,
    entries=st.lists(likely_entries, max_size=4).map(tuple),
)
"""Feeds with any text where people write, and addresses that are some."""


def allowed(text: str) -> str:
    """What XML 1.0 lets pass (section 2.2)."""
    return re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)


def as_feed_readers_see(document: bytes, media_type: str) -> Any:  # noqa: ANN401 feedparser has no types
    """Read it with feedparser, which must not change titles that it takes for HTML: they are plain text."""
    headers = {"content-type": f"{media_type}; charset=utf-8"}
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
