"""What is left of the HTML that strangers write."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.sanitising import ATTRIBUTES, MAX_CONTENT, MAX_WORDS, SCHEMES, TAGS, paragraph, safe_html

REL = "nofollow ugc noopener"


class Reader(HTMLParser):
    """Writes down everything in some HTML that is more than words."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.others: list[str] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_decl(self, decl: str) -> None:
        self.others.append(decl)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)


def assert_harmless(html: str) -> None:
    read = Reader(html)
    assert read.others == []
    for tag, attributes in read.tags:
        assert tag in TAGS
        assert attributes.keys() <= ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set())
        if tag == "a":
            assert attributes["rel"] == REL
            assert (attributes.get("href") or "https:").partition(":")[0].lower() in SCHEMES


NASTY = (
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg><script>", "<style>*{}</style>", "<!-- -->"),
    *('<a href="javascript:alert(1)">', "<a href='JAVA\tSCRIPT:x' onclick=x>", '<a href="&#106;avascript:x">', "</a>"),
    *('<p onmouseover="x" style="x" class="x" id="x">', "<b", "<math><mtext><table><mglyph><style>", "<noscript>"),
    *('<a href="https://eve.example/" target=_top rel=me>', '<a href="/x">', '<a href="//x">', '<a href="data:x">'),
    *(
        "<template><p>",
        "<iframe srcdoc='<script>'>",
        "<textarea></textarea>",
        "<![CDATA[",
        "<?php",
        "<!DOCTYPE",
        "&lt;",
    ),
    *("<select><option>", "<form action=x><input>", "<base href=x>", "<meta http-equiv=refresh>", "<title></title>"),
    *("]]>", "-->", "</p>", '"', "'", ">", "<", "\x00", "\u202e", "\ud800", "<plaintext>", "<xmp>", "<table><td>"),
)
htmls = st.lists(st.sampled_from(NASTY) | st.text(max_size=9), max_size=20).map("".join)


@given(htmls)
def test_whatever_comes_nothing_but_the_allowed_is_left(html: str) -> None:
    assert_harmless(safe_html(html, html))


@given(htmls)
def test_what_is_safe_stays_safe_when_it_is_cleaned_again(html: str) -> None:
    safe = safe_html(html, html)
    again = safe_html(safe, safe)
    assert_harmless(again)
    assert Reader(again).words == Reader(safe).words


@given(st.text())
def test_a_paragraph_contains_words_only(words: str) -> None:
    assert {tag for tag, _ in Reader(paragraph(words)).tags} <= {"p"}
    assert_harmless(paragraph(words))


def test_simple_markup_stays() -> None:
    html = (
        "<p>A <b>b</b> <i>c</i> <em>d</em> <strong>e</strong> <code>f</code> <del>g</del> <q>h</q> <cite>i</cite></p>"
    )
    html += "<ul><li>j</li></ul><ol><li>k</li></ol><blockquote>l<br>m</blockquote><pre>n\n  o</pre>"
    assert safe_html(html, "") == html


def test_the_words_of_other_markup_stay() -> None:
    assert safe_html("<h1>One</h1> <table><tr><td>two</td></tr></table> <u>three</u>", "") == "One two three"


@pytest.mark.parametrize(
    "tag", ["script", "style", "template", "textarea", "iframe", "title", "svg", "math", "noembed"]
)
def test_what_is_not_meant_to_be_read_goes_with_its_content(tag: str) -> None:
    assert safe_html(f"a<{tag}>hidden</{tag}>b", "") == "ab"


@pytest.mark.parametrize(
    "address", ["https://eve.example/?a=1&amp;b=2", "http://eve.example/", "mailto:eve@eve.example"]
)
def test_links_stay_and_are_told_to_be_a_strangers(address: str) -> None:
    html = f'<a class="u-url" rel="me" target="_top" href="{address}" title="x">x</a>'
    assert safe_html(html, "") == f'<a href="{address}" rel="{REL}">x</a>'


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:x", " javascript:x", "java&#10;script:x", "JavaScript:x", "&#1;javascript:x", "vbscript:x"),
        *("data:text/html,x", "file:///x", "/there", "there", "//eve.example/", "?q", "#top", "", "https:"),
    ],
)
def test_links_to_nowhere_on_the_web_lose_their_address(address: str) -> None:
    assert safe_html(f'<a href="{address}">x</a>', "") == f'<a rel="{REL}">x</a>'


def test_an_abbreviation_keeps_what_it_stands_for() -> None:
    html = '<abbr title="&quot;World&quot; &amp; Web">W&amp;W</abbr>'
    assert safe_html(html, "") == html


def test_letters_that_trick_the_eye_or_break_a_feed_are_dropped() -> None:
    assert safe_html("a\u202eb&#x202e;c&#x200b;d\ufffee&#11;f&#12;g\x0ch&#31;i", "") == "abcde f g h i"


def test_line_ends_stay_for_the_sake_of_code() -> None:
    assert safe_html("<pre>a\n\n\tb\r\nc</pre>", "") == "<pre>a\n\n\tb\nc</pre>"


def test_html_that_is_long_is_shown_by_its_first_words() -> None:
    assert len(safe_html("<p>" + "b" * (MAX_CONTENT - 7) + "</p>", "words")) == MAX_CONTENT
    assert safe_html("<p>" + "b" * (MAX_CONTENT - 6) + "</p>", "its <words>") == "<p>its &lt;words&gt;</p>"
    assert safe_html("&" * MAX_CONTENT, "& " * MAX_WORDS) == "<p>" + "&amp; " * (MAX_WORDS // 2 - 1) + "&amp;…</p>"


def test_no_words_are_no_paragraph() -> None:
    assert paragraph(" \u200b\n") == ""


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("unit", "count"),
    [
        ("<b>", 10**6),
        ("<b>", 16_000),
        ("<div>", 10**6),
        ("<div>", 10_000),
        ("<table>", 7_000),
        ("<p><a href=x>", 3_500),
    ],
)
def test_hostile_html_takes_little_time(unit: str, count: int) -> None:
    assert_harmless(safe_html(unit * count, "words"))


def test_many_attributes_take_little_time() -> None:
    assert safe_html("<p " + " ".join(f"a{n}=1" for n in range(5_000)) + ">", "words") == "<p></p>"
