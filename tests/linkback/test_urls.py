"""Which spellings of a URL are one, and what is no URL of ours."""

from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linkback.urls import MAX_LENGTH, Url, UrlError, parse_url, untracked

# What real URLs are made of, so that many of the texts are URLs, and what breaks parsers.
pieces = st.sampled_from(
    [
        *("http", "https", "://", "//", "/", ":", "@", "?", "#", "&", "=", ".", "..", "%", "%2", "%2e", "%2F", "%41"),
        *("%zz", "a", "B", "é", "ß", "丘", "\u3002", "xn--", "-", "_", "[", "]", "::1", "127", "0x7f", "80", "+", ";"),
        *("\u00ad", "\u200d", "\ud800", "\U0001f600", "\uff0f", "utm_source", "www."),
    ]
)
urls = st.lists(pieces).map(lambda parts: "https://h.example/" + "".join(parts))
hosts = st.lists(pieces).map(lambda parts: "https://" + "".join(parts))
references = st.lists(pieces).map("".join) | st.text(max_size=30)


def parsed(text: str) -> Url | None:
    try:
        return parse_url(text)
    except UrlError:
        return None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("HTTP://Example.COM:80", "http://example.com/"),
        ("https://e.com:443/%7euser/%2f", "https://e.com/~user/%2F"),
        ("https://e.com/a/../b/./c", "https://e.com/b/c"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://BÜCHER.example/", "https://xn--bcher-kva.example/"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://e.com./", "https://e.com/"),
        ("https://e\u3002com\u3002/", "https://e.com/"),
        ("https://e.com:/", "https://e.com/"),
        ("https://e.com:080/", "https://e.com:80/"),
        ("http://e.com:443/", "http://e.com:443/"),
        ("https://e.com#part", "https://e.com/"),
        ("https://e.com?", "https://e.com/?"),
        ("https://e.com/a?b=2&a=1", "https://e.com/a?b=2&a=1"),
        ("https://e.com/a?b=é+c%20d", "https://e.com/a?b=%C3%A9+c%20d"),
        ("https://e.com/%c3%a9", "https://e.com/%C3%A9"),
        ("https://e.com/%", "https://e.com/%25"),
        ("https://e.com/%2e%2E/a", "https://e.com/a"),
        ("https://e.com/../../a/..", "https://e.com/"),
        ("https://e.com/a/.", "https://e.com/a/"),
        ("https://e.com/a//b", "https://e.com/a//b"),
        ('https://e.com/"<>^`{|}', "https://e.com/%22%3C%3E%5E%60%7B%7C%7D"),
        ("https://e.com/?q=http://f.com/?a;b", "https://e.com/?q=http://f.com/?a;b"),
        ("http://[2001:DB8::0:1]:8080/", "http://[2001:db8::1]:8080/"),
        ("http://[::ffff:1.2.3.4]/", "http://[::ffff:102:304]/"),
        ("http://1.2.3.4/", "http://1.2.3.4/"),
        ("http://localhost:8000/", "http://localhost:8000/"),
        ("https://a_b.example/", "https://a_b.example/"),
    ],
)
def test_equal_spellings_have_one_key(text: str, key: str) -> None:
    assert parse_url(text).key == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://e.com/a", "https://e.com/a/"),
        ("https://e.com/a", "https://e.com/A"),
        ("https://e.com/a", "http://e.com/a"),
        ("https://e.com/a", "https://www.e.com/a"),
        ("https://e.com/a", "https://e.com:8443/a"),
        ("https://e.com/a?b=2&a=1", "https://e.com/a?a=1&b=2"),
        ("https://e.com/a", "https://e.com/a?"),
        ("https://e.com/a?b=c+d", "https://e.com/a?b=c%20d"),
        ("https://e.com/a/b", "https://e.com/a%2Fb"),
    ],
)
def test_spellings_that_may_mean_two_pages_have_two_keys(one: str, other: str) -> None:
    assert parse_url(one).key != parse_url(other).key


def test_raw_is_what_was_written_and_text_is_what_is_fetched() -> None:
    url = parse_url("HTTPS://E.com/a?utm_source=x&id=1#c3")
    assert url.raw == "HTTPS://E.com/a?utm_source=x&id=1#c3"
    assert url.text == "https://e.com/a?utm_source=x&id=1"
    assert url.key == "https://e.com/a?id=1"
    assert url.fragment == "c3"


def test_two_urls_are_equal_if_they_differ_in_spelling_alone() -> None:
    assert parse_url("HTTP://e.com:80/%7Ea") == parse_url("http://e.com/~a")
    assert parse_url("http://e.com/a#b") != parse_url("http://e.com/a#c")


@pytest.mark.parametrize(
    ("text", "authority"),
    [("https://e.com:443/", "e.com"), ("https://e.com:80/", "e.com:80"), ("http://[::1]:8080/", "[::1]:8080")],
)
def test_the_authority_is_what_a_host_header_has(text: str, authority: str) -> None:
    assert parse_url(text).authority == authority


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        (None, None),
        ("", ""),
        ("utm_source=x&UTM_Medium=y&fbclid=z", None),
        ("b=1&utm_source=x&a=2&gclid=3", "b=1&a=2"),
        ("replytocom=5&p=4", "p=4"),
        ("utm=1&my_utm_source=2&fbclid2=3", "utm=1&my_utm_source=2&fbclid2=3"),
        ("a&&b", "a&&b"),
    ],
)
def test_parameters_that_only_count_clicks_are_dropped_and_the_order_of_the_others_is_kept(
    query: str | None, kept: str | None
) -> None:
    assert untracked(query) == kept


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not an http or https URL"),
        ("e.com/a", "not an http or https URL"),
        ("//e.com/a", "not an http or https URL"),
        ("ftp://x/", "not an http or https URL"),
        ("javascript:alert(1)", "not an http or https URL"),
        ("data:text/html,x", "not an http or https URL"),
        ("mailto:a@e.com", "not an http or https URL"),
        ("http://", "names no host"),
        ("http:///a", "names no host"),
        ("http:e.com", "names no host"),
        ("http://:80/", "names no host"),
        ("http://user@good.example/", "user name"),
        ("http://user:word@good.example/", "user name"),
        ("http://good.example\\@evil.example/", "backslash"),
        ("http://e.com/a b", "space"),
        (" http://e.com/", "space"),
        ("http://e.com/\r\nX-A: b", "control character"),
        ("http://e.com/\x00", "control character"),
        ("http://e.com/\ud800", "half a character"),
        ("http://e.com:99999/", "not a URL"),
        ("http://e.com:a/", "not a URL"),
        ("http://e.com:0/", "port 0"),
        ("http://127.1/", "IPv4"),
        ("http://0x7f000001/", "IPv4"),
        ("http://2130706433/", "IPv4"),
        ("http://0177.0.0.1/", "IPv4"),
        ("http://1.2.3.256/", "IPv4"),
        ("http://[::1/", "not a URL"),
        ("http://[::1]a/", "IPv6"),
        ("http://a[::1]/", "IPv6"),
        ("http://[fe80::1%25eth0]/", "IPv6"),
        ("http://[:::1]/", "URL"),
        ("http://a..b/", "host name"),
        ("http://a b.example/", "space"),
        ("http://ex%41mple.com/", "host name"),
        ("http://é..example/", "host name"),
        ("http://" + "a" * 64 + ".example/", "host name"),
        ("http://" + "a." * 127 + "example/", "host name"),
        ("http://e.com/" + "a" * MAX_LENGTH, f"longer than {MAX_LENGTH}"),
        ("http://e.com/" + "é" * (MAX_LENGTH // 4), f"longer than {MAX_LENGTH}"),
    ],
)
def test_what_cannot_be_the_url_of_a_web_page_is_refused_and_told_why(text: str, why: str) -> None:
    with pytest.raises(UrlError, match=why) as caught:
        parse_url(text)
    assert caught.value.text == text
    assert caught.value.why in str(caught.value)


def test_a_number_in_full_width_digits_is_the_address_that_it_would_be_connected_to() -> None:
    assert parse_url("http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/").host == "127.0.0.1"


@given(st.text() | urls | hosts)
@example("http://[v1.a:b]/")
@example("http://\u2100/")
@example("http://e.com:\u0663/")
def test_whatever_comes_it_is_a_url_or_a_url_error(text: str) -> None:
    url = parsed(text)
    if url is not None:
        assert url.raw == text
        assert url.scheme in {"http", "https"}
        assert url.text.isascii()
        assert urlsplit(url.text).hostname == url.host


@given(urls | hosts)
def test_a_canonical_form_is_its_own_canonical_form(text: str) -> None:
    url = parsed(text)
    if url is not None:
        assert parse_url(url.key).key == url.key
        assert parse_url(url.text).text == url.text
        assert parse_url(url.text).key == url.key


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("", "https://t.example/a/b?q=1"),
        ("#c", "https://t.example/a/b?q=1"),
        ("/wm", "https://t.example/wm"),
        ("wm?x=1", "https://t.example/a/wm?x=1"),
        ("../wm", "https://t.example/wm"),
        ("../../../wm", "https://t.example/wm"),
        ("?x", "https://t.example/a/b?x"),
        ("//o.example", "https://o.example/"),
        (" http://o.example/x\n", "http://o.example/x"),
        ("/a\nb", "https://t.example/ab"),
    ],
)
def test_a_reference_is_resolved_against_its_page(reference: str, text: str) -> None:
    assert parse_url("https://t.example/a/b?q=1#f").join(reference).text == text


@pytest.mark.parametrize(
    "reference", ["javascript:alert(1)", "mailto:a@e.com", "data:,x", "//[", "http://", "//u@e.com/", "\\\\e.com"]
)
def test_a_reference_to_anything_else_than_a_web_page_is_an_error(reference: str) -> None:
    with pytest.raises(UrlError):
        parse_url("https://t.example/a").join(reference)


@given(urls, references)
def test_joining_gives_a_url_of_the_web_or_a_url_error(base: str, reference: str) -> None:
    url = parsed(base)
    if url is None:
        return
    try:
        joined = url.join(reference)
    except UrlError:
        return
    assert joined.scheme in {"http", "https"}
    assert parse_url(joined.text).text == joined.text
