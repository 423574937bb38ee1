"""What becomes of the words that a person types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from linkback.comment_html import comment_html
from linkback.sanitising import TAGS


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Well said.", "<p>Well said.</p>"),
        ("One.\n\nTwo.", "<p>One.</p>\n<p>Two.</p>"),
        ("One.\r\n \r\n\r\nTwo.", "<p>One.</p>\n<p>Two.</p>"),
        ("A line\nand another", "<p>A line<br>and another</p>"),
        ("a < b && c > d", "<p>a &lt; b &amp;&amp; c &gt; d</p>"),
        ("Tom & Jerry &amp; co &#233;", "<p>Tom &amp; Jerry &amp; co é</p>"),
        ("I <3 this", "<p>I &lt;3 this</p>"),
        ("<em>very</em> <strong>well</strong>", "<p><em>very</em> <strong>well</strong></p>"),
        ("<ul>\n<li>a</li>\n<li>b</li>\n</ul>", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("<blockquote>You said</blockquote>\n\nNo.", "<blockquote>You said</blockquote>\n<p>No.</p>"),
        ("<script>alert(1)</script>Hello", "<p>Hello</p>"),
        ('<b onclick="x()">bold</b>', "<p><b>bold</b></p>"),
        ('<img src="x" onerror="y">after', "<p>after</p>"),
        ("", ""),
    ],
)
def test_blank_lines_make_paragraphs_and_simple_markup_is_kept(typed: str, shown: str) -> None:
    assert comment_html(typed) == shown


def test_links_are_told_to_be_a_strangers_and_lead_nowhere_dangerous() -> None:
    shown = comment_html('<a href="https://a.example/" onclick="x()">a</a> <a href="javascript:alert(1)">b</a>')
    assert shown == (
        '<p><a href="https://a.example/" rel="nofollow ugc noopener">a</a> <a rel="nofollow ugc noopener">b</a></p>'
    )


@given(st.text())
def test_any_text_gives_allowed_markup_only(typed: str) -> None:
    shown = comment_html(typed)
    elements = lxml_html.fromstring(f"<div>{shown}</div>").iterdescendants()
    assert {str(element.tag) for element in elements} <= TAGS


@given(st.text(st.characters(categories=("L", "N", "P", "S"), exclude_characters="<>&")))
def test_words_without_markup_are_shown_as_they_are(typed: str) -> None:
    shown = comment_html(typed)
    assert lxml_html.fromstring(f"<div>{shown}</div>").text_content().strip() == typed.strip()
