"""Where a page takes linkbacks, and by which protocol."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.mentions import Protocol
from linkback.protocols.discovery import Advertisement, Endpoint, discover
from linkback.urls import parse_url

PAGE = "https://t.example/a/b?q=1"


def found(
    html: str = "", *, links: tuple[str, ...] = (), pingbacks: tuple[str, ...] = (), url: str = PAGE, target: str = PAGE
) -> Endpoint | None:
    return discover(parse_url(target), Advertisement(parse_url(url), links, pingbacks, html))


def webmention(url: str) -> Endpoint:
    return Endpoint(Protocol.WEBMENTION, parse_url(url))


def pingback(url: str) -> Endpoint:
    return Endpoint(Protocol.PINGBACK, parse_url(url))


def trackback(url: str) -> Endpoint:
    return Endpoint(Protocol.TRACKBACK, parse_url(url))


class TestLinkHeader:
    """RFC 8288 section 3."""

    @pytest.mark.parametrize(
        ("value", "endpoint"),
        [
            ("</wm>; rel=webmention", "https://t.example/wm"),
            ('<wm?x=1>; rel="foo WebMention"', "https://t.example/a/wm?x=1"),
            ('<>; rel="webmention"', "https://t.example/a/b?q=1"),
            (
                r'</x,y>; rel="other", </wm;z>; title="a, \"b\"; rel=webmention"; rel="webmention"',
                "https://t.example/wm;z",
            ),
            ('</n>; rel="not-webmention", </wm>; rel=webmention', "https://t.example/wm"),
            ("</wm> ;REL = webmention", "https://t.example/wm"),
            ("</wm>;rel=webmention,</x>;rel=other", "https://t.example/wm"),
            ('</wm>; crossorigin; rel="webmention"', "https://t.example/wm"),
            ('</wm>; anchor=""; rel=webmention', "https://t.example/wm"),
            (f'</wm>; anchor="{PAGE}"; rel=webmention', "https://t.example/wm"),
            ("<mailto:a@t.example>; rel=webmention, </wm>; rel=webmention", "https://t.example/wm"),
        ],
    )
    def test_the_first_usable_link_with_the_relation_is_the_endpoint(self, value: str, endpoint: str) -> None:
        assert found(links=(value,), url=PAGE + "#f") == webmention(endpoint)

    @pytest.mark.parametrize(
        "value",
        [
            '</a>; rel="x"; rel="webmention"',
            '</a>; anchor="#part"; rel=webmention',
            '</a>; anchor="/elsewhere"; rel=webmention',
            '</a>; title="; rel=webmention"',
            "</a>; rev=webmention",
            "</a>",
            "/a; rel=webmention",
            "<javascript:alert(1)>; rel=webmention",
            "",
        ],
    )
    def test_another_relation_or_another_context_is_none(self, value: str) -> None:
        assert found(links=(value,)) is None

    def test_a_header_with_other_relations_does_not_stop_the_search_in_the_page(self) -> None:
        html = '<link rel="webmention" href="/wm">'
        assert found(html, links=("</x>; rel=preload",)) == webmention("https://t.example/wm")

    def test_relative_links_of_headers_do_not_know_the_base_of_the_page(self) -> None:
        html = '<base href="https://cdn.example/">'
        assert found(html, links=("</wm>; rel=webmention",)) == webmention("https://t.example/wm")


class TestWebmentionInPages:
    @pytest.mark.parametrize(
        "html",
        [
            "<link rel=webmention href=/wm>",
            "<LINK REL='WebMention' HREF='/wm'>",
            '<a class="x" rel="me\n\twebmention  nofollow" href=" /wm "></a>',
            '<head><base href="https://t.example/"></head><a rel=webmention href="wm">',
            '<link rel="webmention" href="mailto:a@t.example"><link rel="webmention" href="/wm">',
            '<link rel="webmention" href="http://u:p@t.example/"><link rel="webmention" href="/wm">',
            '<noscript><a rel="webmention" href="/wm"></a></noscript>',
            "<title>Open <!-- </title><link rel=webmention href=/wm>",
        ],
    )
    def test_attributes_are_read_as_browsers_read_them(self, html: str) -> None:
        assert found(html) == webmention("https://t.example/wm")

    @pytest.mark.parametrize(
        "html",
        [
            '<!-- <link rel="webmention" href="/wm"> -->',
            '<!--[if IE]><a rel="webmention" href="/wm"></a><![endif]-->',
            '<pre>&lt;link rel="webmention" href="/wm"&gt;</pre>',
            '<template><div><a rel="webmention" href="/wm"></a></div></template>',
            '<script>document.write(\'<link rel="webmention" href="/wm">\')</script>',
            '<style>/* <link rel="webmention" href="/wm"> */</style>',
            '<textarea><a rel="webmention" href="/wm"></a></textarea>',
            '<iframe><a rel="webmention" href="/wm"></a></iframe>',
            '<link rel="webmention">',
            '<link rev="webmention" href="/wm">',
            '<area rel="webmention" href="/wm">',
            '<p data-rel="webmention" href="/wm">webmention</p>',
        ],
    )
    def test_what_is_no_element_of_the_page_names_no_endpoint(self, html: str) -> None:
        assert found(html) is None


class TestPingback:
    """Pingback 1.0 section 2."""

    @pytest.mark.parametrize(
        "html",
        [
            '<link rel="pingback" href="http://a.example/x?b=1&amp;c=2" />',
            '<link rel="pingback" href="http://a.example/x?b=1&amp;c=2"/>',
            '<link rel="pingback" href="http://a.example/x?b=1&amp;c=2">',
            # what the specification does not ask for, but pages have
            "<link rel='pingback' href='http://a.example/x?b=1&amp;c=2'>",
            '<link href="http://a.example/x?b=1&amp;c=2" rel="pingback">',
            '<link rel="me pingback" href="http://a.example/x?b=1&amp;c=2">',
            '<LINK REL="PingBack" HREF="http://a.example/x?b=1&amp;c=2">',
            '<link rel="pingback" href="//a.example/x?b=1&amp;c=2">',
        ],
    )
    def test_the_link_is_found_exact_or_not(self, html: str) -> None:
        scheme = "https" if '"//' in html else "http"
        assert found(html) == pingback(f"{scheme}://a.example/x?b=1&c=2")

    def test_four_entities_are_expanded_and_no_others_and_none_twice(self) -> None:
        html = '<link rel="pingback" href="http://a.example/?a=&amp;lt;&eacute;&copy=1">'
        assert found(html) == pingback("http://a.example/?a=&lt;&eacute;&copy=1")

    def test_the_exact_text_goes_before_what_only_browsers_read(self) -> None:
        html = '<link href=\'/lenient\' rel=pingback><link rel="pingback" href="https://t.example/exact">'
        assert found(html) == pingback("https://t.example/exact")

    def test_the_header_wins(self) -> None:
        html = '<link rel="pingback" href="https://t.example/link">'
        assert found(html, pingbacks=("https://t.example/header",)) == pingback("https://t.example/header")

    def test_the_first_header_is_the_one(self) -> None:
        endpoints = ("https://t.example/first", "https://t.example/second")
        assert found(pingbacks=endpoints) == pingback("https://t.example/first")

    def test_a_relative_header_is_relative_to_the_page(self) -> None:
        assert found('<base href="/elsewhere/">', pingbacks=("xmlrpc.php",)) == pingback(
            "https://t.example/a/xmlrpc.php"
        )

    @pytest.mark.parametrize("header", ["", "  ", "mailto:a@t.example"])
    def test_a_header_that_names_nothing_leaves_the_word_to_the_page(self, header: str) -> None:
        html = '<link rel="pingback" href="https://t.example/link">'
        assert found(html, pingbacks=(header,)) == pingback("https://t.example/link")

    @pytest.mark.parametrize(
        "html",
        [
            '<link rel="pingback" href="">',
            "<link rel=pingback href=' '>",
            '<link rel="pingback">',
            '<a rel="pingback" href="/ping">ping</a>',
            '<pre>&lt;link rel="pingback" href="/ping"&gt;</pre>',
            "<template><link rel='pingback' href='/ping'></template>",
            "<!-- <link rel='pingback' href='/ping'> -->",
        ],
    )
    def test_an_empty_or_escaped_link_is_none(self, html: str) -> None:
        assert found(html) is None

    def test_a_link_header_is_never_one_of_pingback(self) -> None:
        assert found(links=("</ping>; rel=pingback",)) is None


def rdf(identifier: str, ping: str, title: str = "A title") -> str:
    return f"""<!--
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
         xmlns:dc="http://purl.org/dc/elements/1.1/"
         xmlns:trackback="http://madskills.com/public/xml/rss/module/trackback/">
<rdf:Description rdf:about="{identifier}" dc:identifier="{identifier}" dc:title="{title}" trackback:ping="{ping}" />
</rdf:RDF>
-->"""


class TestTrackback:
    """TrackBack 1.2, section "Auto-discovery of TrackBack ping URLs"."""

    def test_the_block_of_the_entry_that_is_linked_to_is_chosen_among_others(self) -> None:
        html = rdf("https://t.example/2", "https://t.example/tb/2") + rdf(
            "https://t.example/1", "https://t.example/tb/1"
        )
        assert found(html, url="https://t.example/1", target="https://t.example/1") == trackback(
            "https://t.example/tb/1"
        )

    def test_no_block_is_chosen_when_none_is_about_the_target(self) -> None:
        assert found(rdf("https://t.example/2", "https://t.example/tb/2")) is None

    @pytest.mark.parametrize(
        "target",
        ["https://t.example/old", "https://t.example/1#part", "http://t.example/1", "https://t.example/1?utm_source=x"],
    )
    def test_a_target_is_recognised_by_the_address_that_it_leads_to(self, target: str) -> None:
        html = rdf("https://t.example/1", "https://t.example/tb/1")
        assert found(html, url="https://t.example/1", target=target) == trackback("https://t.example/tb/1")

    def test_entities_of_the_ping_url_are_expanded_once(self) -> None:
        endpoint = found(rdf("https://t.example/1", "/tb?a=1&amp;b=2"), url="https://t.example/1")
        assert endpoint == trackback("https://t.example/tb?a=1&b=2")

    @pytest.mark.parametrize("title", ["Fish & chips", "a < b", "&nbsp;"])
    def test_a_title_that_breaks_the_xml_does_not_hide_the_endpoint(self, title: str) -> None:
        html = rdf("https://t.example/1", "/tb?a=1&amp;b=2", title)
        assert found(html, url="https://t.example/1") == trackback("https://t.example/tb?a=1&b=2")

    def test_other_prefixes_mean_the_same(self) -> None:
        html = rdf("https://t.example/1", "/tb").replace("dc:", "d:").replace(":dc=", ":d=")
        assert found(html, url="https://t.example/1") == trackback("https://t.example/tb")

    def test_a_block_that_does_not_end_is_none(self) -> None:
        assert found(rdf(PAGE, "/tb").partition("</rdf:RDF>")[0]) is None

    @pytest.mark.parametrize("ping", ["", " ", "mailto:a@t.example"])
    def test_a_ping_url_that_cannot_be_used_is_none(self, ping: str) -> None:
        assert found(rdf(PAGE, ping)) is None

    def test_no_entity_of_the_pages_own_is_followed(self) -> None:
        block = rdf(PAGE, "&file;").replace(
            "<rdf:RDF ", '<rdf:RDF><!DOCTYPE r [<!ENTITY file SYSTEM "file:///etc/passwd">]><rdf:RDF '
        )
        assert found(block) == trackback("https://t.example/a/&file")


OLD = "http://webmention.org/"


@pytest.mark.parametrize(
    ("html", "links", "endpoint"),
    [
        (f'<link rel="{OLD}" href="/old">', (), "https://t.example/old"),
        ("", (f'</old>; rel="{OLD}"',), "https://t.example/old"),
        ('<a rel="webmention" href="/new">', (f'</old>; rel="{OLD}"',), "https://t.example/new"),
        (f'<link rel="{OLD} webmention" href="/both">', (), "https://t.example/both"),
    ],
)
def test_the_relation_of_old_counts_where_there_is_none_of_today(
    html: str, links: tuple[str, ...], endpoint: str
) -> None:
    assert found(html, links=links) == webmention(endpoint)


def test_webmention_goes_before_pingback_and_pingback_before_trackback() -> None:
    wm, ping = '<a rel="webmention" href="/wm"></a>', "<link rel='pingback' href='/ping'>"
    tb = rdf(PAGE, "/tb")
    assert found(tb + ping + wm, pingbacks=("/header",)) == webmention("https://t.example/wm")
    assert found(tb + ping) == pingback("https://t.example/ping")
    assert found(tb) == trackback("https://t.example/tb")
    assert found("<p>Words</p>") is None


PIECES = st.sampled_from(
    [
        *(
            "<",
            ">",
            '"',
            "'",
            ",",
            ";",
            "=",
            "\\",
            " ",
            "rel",
            "webmention",
            "pingback",
            "href",
            "anchor",
            "<a ",
            "<link ",
        ),
        *(
            '<link rel="pingback" href="',
            "<rdf:RDF ",
            "</rdf:RDF>",
            "dc:identifier='",
            "trackback:ping=",
            "<!--",
            "-->",
        ),
        *("&#", "&amp;", "http://", "[::1", "\x00", "\ud800", "é", "<template>", "<base href="),
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=40).map("".join))
def test_whatever_a_page_and_its_headers_say_there_is_an_answer(text: str) -> None:
    endpoint = found(text, links=(text,), pingbacks=(text,))
    assert endpoint is None or endpoint.url.scheme in {"http", "https"}


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "piece",
    [
        *(
            "<rdf:RDF ",
            "dc:identifier='",
            'dc:identifier="',
            '<link rel="pingback" href="',
            "<a rel=webmention href=x:>",
        ),
        *('<x>; a="', "<", '"\\', "<div>", "<!--", "<rdf:RDF></rdf:RDF>", "<template>", "; rel"),
    ],
)
def test_a_hostile_page_costs_no_more_than_its_length(piece: str) -> None:
    text = piece * (262_144 // len(piece))
    found(text, links=(text[:8_000],), pingbacks=(text,))
