import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.imports.texts import address, email, html_of, html_of_lines, words_of
from linkback.sanitising import MAX_CONTENT


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("", ""),
        ("\n\n", ""),
        ("one", "<p>one</p>"),
        ("one\ntwo\r\n\r\nthree\rfour", "<p>one<br>two</p><p>three<br>four</p>"),
        ("one\n \t\n\n\ntwo", "<p>one</p><p>two</p>"),
        ("<p>one</p>\n\n<p>two</p>", "<p>one</p><p>two</p>"),
        ("so:\n<blockquote>one\ntwo</blockquote>\nyes", "<p>so:</p><blockquote>one\ntwo</blockquote><p>yes</p>"),
        ("<blockquote>one\n\ntwo</blockquote>", "<blockquote>one<p>two</p></blockquote>"),
        ("<ul>\n<li>a</li>\n<li>b</li>\n</ul>", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("<pre>a\n\n  b</pre>\nc", "<pre>a\n\n  b</pre><p>c</p>"),
        ("a < b & c &amp; d &#8217;", "<p>a &lt; b &amp; c &amp; d \u2019</p>"),
        ("<b>bold\n\nstill</b>", "<p><b>bold</b></p><p><b>still</b></p>"),
        ('<img src="x" onerror="alert(1)"><script>alert(1)</script>', ""),
    ],
)
def test_paragraphs_are_made_of_lines(text: str, html: str) -> None:
    assert html_of_lines(text) == html


def test_what_is_too_long_keeps_as_many_paragraphs_as_fit() -> None:
    paragraphs = [f"{number} {'word ' * 100}" for number in range(50)]
    html = html_of_lines("\n\n".join(paragraphs))
    assert MAX_CONTENT - 600 < len(html) <= MAX_CONTENT
    assert html.startswith("<p>0 word word")
    assert html.endswith("word</p><p>…</p>")


@given(st.text() | st.text(alphabet="<>/bpreul&;\n \"'=a", max_size=100))
def test_whatever_is_written_its_html_is_safe_and_stays_so(text: str) -> None:
    html = html_of_lines(text)
    assert html_of(html) == html
    assert "<script" not in html
    assert words_of(html).strip() == words_of(html)


def test_the_words_of_html_stand_on_lines_of_their_own() -> None:
    assert words_of("<p>a<br>\nb</p>\n<ul><li>c</li><li>d</li></ul><p>&lt;e&gt;</p>") == "a\nb\n\nc\n\nd\n\n<e>"


@pytest.mark.parametrize("text", ["", "http://", "javascript:alert(1)", "example.org", "http://user@a.example/"])
def test_what_is_no_address_of_the_web_is_none(text: str) -> None:
    assert address(text) == ""


def test_an_address_is_handed_back_as_it_was_written() -> None:
    assert address(" HTTP://A.example/%7ea?b ") == "HTTP://A.example/%7ea?b"


@pytest.mark.parametrize(
    ("text", "found"), [(" a@b.example ", "a@b.example"), ("a", ""), ("a b@c", ""), ("a@b" + "c" * 300, ""), ("", "")]
)
def test_only_what_looks_like_an_e_mail_address_is_one(text: str, found: str) -> None:
    assert email(text) == found
