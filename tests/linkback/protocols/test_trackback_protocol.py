"""Trackback pings in all their charsets, and the answers to them."""

import time
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.mentions import Ping, Protocol
from linkback.protocols.trackback import (
    LONGEST_EXCERPT,
    LONGEST_SITE_NAME,
    LONGEST_TITLE,
    MOST_FIELDS,
    TrackbackError,
    decode,
    encode_error,
    encode_success,
)
from linkback.safe_xml import parse_xml, xml_text

URL = "https://theirs.example/a"
TARGET = "https://ours.example/post"
JAPANESE = "丘について書きました"


def read(body: bytes, charset: str = "") -> Ping:
    ping = decode(body, charset, TARGET)
    assert isinstance(ping, Ping)
    return ping


def error(body: bytes) -> str:
    answer = decode(body, "", TARGET)
    assert isinstance(answer, TrackbackError)
    return answer.message


def form(encoding: str = "utf-8", **fields: str) -> bytes:
    return urlencode({"url": URL, **fields}, encoding=encoding).encode()


def title(written: str) -> str:
    return read(form(title=written)).title


def test_a_ping_is_decoded() -> None:
    body = form(title="Hills", excerpt="I walked & wrote.", blog_name="Their blog")
    assert decode(body, "utf-8", TARGET) == Ping(
        Protocol.TRACKBACK, URL, TARGET, title="Hills", excerpt="I walked & wrote.", site_name="Their blog"
    )


def test_only_the_url_is_needed() -> None:
    assert read(b"url=" + quote_plus(URL).encode()) == Ping(Protocol.TRACKBACK, URL, TARGET)


@pytest.mark.parametrize(
    "body", [b"", b"title=x", b"url=", b"url=%20+", b"URL=https://theirs.example/", b"\xff\xfe", b"{}"]
)
def test_a_ping_without_its_url_is_an_error_that_names_it(body: bytes) -> None:
    assert "lacks its url" in error(body)


def test_a_ping_with_two_urls_is_an_error() -> None:
    assert "more than one url" in error(b"url=https://a.example/&url=https://b.example/")


def test_a_ping_of_too_many_fields_is_an_error() -> None:
    assert f"{MOST_FIELDS} fields" in error(form() + b"&a=b" * MOST_FIELDS)
    assert read(form() + b"&a=b" * (MOST_FIELDS - 1)).source == URL


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (" https://theirs.example/a\n", URL),
        ("https://theirs.example/?p=4&q=5", "https://theirs.example/?p=4&q=5"),
        ("https://theirs.example/?p=4&amp;copy=5&copy=6", "https://theirs.example/?p=4&copy=5&copy=6"),
    ],
)
def test_the_url_is_read_without_white_space_and_without_escapes_of_html(written: str, meant: str) -> None:
    assert read(form(url=written)).source == meant


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        *(("utf-8", "Über œuvre \U0001f600"), ("iso-8859-1", "À propos"), ("windows-1252", "“œuvre” €")),
        *(("iso-8859-15", "œuvre €"), ("shift_jis", JAPANESE), ("euc-jp", JAPANESE), ("iso-2022-jp", JAPANESE)),
        *(("koi8-r", "Привет"), ("gbk", "你好"), ("big5", "你好"), ("euc-kr", "안녕")),
    ],
)
def test_the_charset_is_the_content_types_else_that_of_the_form(charset: str, text: str) -> None:
    assert read(form(charset, title=text), charset).title == text
    assert read(form(charset, title=text, charset=charset)).title == text
    assert read(form(charset, title=text, charset="koi8-u"), charset).title == text


def test_bytes_that_are_not_percent_encoded_are_read_as_well() -> None:
    assert read(f"url={URL}&title={JAPANESE}".encode("euc-jp"), "euc-jp").title == JAPANESE


@pytest.mark.parametrize("label", ["", "utf-7", "no-such", "x-user-defined", "utf-16", "\x00", "\udcff"])
@pytest.mark.parametrize(
    ("charset", "text"),
    [
        *(("utf-8", "Über œuvre"), ("windows-1252", "Les “collines” de l\u2019été"), ("iso-8859-1", "Über die Hügel")),
        *(("shift_jis", JAPANESE), ("euc-jp", JAPANESE), ("iso-2022-jp", JAPANESE), ("utf-8", JAPANESE)),
    ],
)
def test_without_a_label_of_use_the_bytes_tell_the_charset(label: str, charset: str, text: str) -> None:
    assert read(form(charset, excerpt=text), label).excerpt == text


def test_utf_7_is_never_decoded() -> None:
    assert title("+ADw-script+AD4-") == read(form(title="+ADw-script+AD4-"), "utf-7").title == "+ADw-script+AD4-"


def test_a_character_that_the_sender_cut_in_two_spoils_nothing_else() -> None:
    body = b"url=https://theirs.example/a&title=%C3%9Cber+d%C3%A9j%C3..."
    assert read(body, "utf-8").title == "Über déj\ufffd..."


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Tom &#038; Jerry &#8217;s", "Tom & Jerry \u2019s"),
        ("Caf&eacute; &amp; bar", "Café & bar"),
        ("&amp;lt;", "&lt;"),
        ("&lt;b&gt; is a tag", "<b> is a tag"),
        ("a <b>bold</b> word", "a bold word"),
        ("a<br/>b", "ab"),
        ("1 < 2 > 0 and 2<3", "1 < 2 > 0 and 2<3"),
        ("x<script>alert(1)</script >y<STYLE type='a'>b</style>z", "xyz"),
        ("x<script>alert(1)", "x"),
        ("x<!-- y -->z<!doctype html>", "xz"),
        ("two\nlines\x00\u202e", "two lines"),
        ("&#0;&#x202e;x", "\ufffdx"),
    ],
)
def test_texts_become_plain_with_tags_dropped_first_and_entities_decoded_once(written: str, shown: str) -> None:
    assert title(written) == shown


def test_texts_are_cropped() -> None:
    ping = read(form(title="a" * 999, excerpt="b " * 999, blog_name="c" * 999))
    assert [len(text) for text in (ping.title, ping.site_name)] == [LONGEST_TITLE, LONGEST_SITE_NAME]
    assert ping.excerpt.endswith("b…")
    assert LONGEST_EXCERPT - 2 <= len(ping.excerpt) <= LONGEST_EXCERPT


@pytest.mark.parametrize(
    "part", ["<script ", "<script>", "<a", "<!--", "</script", "&#38;", "<script></script ", "\x1b$B"]
)
def test_a_text_made_to_be_slow_is_read_fast(part: str) -> None:
    body = form(excerpt=part * (60_000 // len(quote_plus(part))))
    began = time.perf_counter()
    read(body)
    assert time.perf_counter() - began < 0.5


@given(st.binary(max_size=100), st.text(alphabet=st.characters(), max_size=20))
def test_whatever_comes_is_a_ping_or_an_error(junk: bytes, charset: str) -> None:
    for body in (junk, b"url=" + junk, form() + b"&title=" + junk, form() + b"&charset=" + junk):
        assert isinstance(decode(body, charset, TARGET), Ping | TrackbackError)


@given(
    st.dictionaries(st.sampled_from(["title", "excerpt", "blog_name"]), st.text(alphabet=st.characters(codec="utf-8")))
)
def test_texts_are_always_fit_for_a_feed(fields: dict[str, str]) -> None:
    ping = read(form(**fields))
    for text in (ping.title, ping.excerpt, ping.site_name):
        assert text == xml_text(text)
        assert "\n" not in text


def test_the_answers_are_the_specifications() -> None:
    declaration = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    assert encode_success() == declaration + b"<response><error>0</error></response>"
    assert encode_success("Taken.") == declaration + b"<response><error>0</error><message>Taken.</message></response>"
    assert encode_error("a<b&c") == (
        declaration + b"<response><error>1</error><message>a&lt;b&amp;c</message></response>"
    )


@given(st.text(alphabet=st.characters()))
def test_an_answer_is_well_formed_whatever_its_message(message: str) -> None:
    for answer, code in ((encode_error(message), "1"), (encode_success(message), "0")):
        root = parse_xml(answer)
        assert root.findtext("error") == code
        assert (root.findtext("message") or "") == xml_text(message)
