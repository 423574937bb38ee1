"""Which links of a page of ours are announced, how they are spelled, and what its first words are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.links import LONGEST_EXCERPT, read_content
from linkback.urls import parse_url

PAGE = "https://www.ours.example/post"


def links(html: str, page: str = PAGE) -> list[str]:
    content = read_content(html.encode("utf-8", "replace"), url=parse_url(page), charset="utf-8")
    return [link.raw for link in content.links]


def excerpt(html: str) -> str:
    return read_content(html.encode(), url=parse_url(PAGE), charset="utf-8").excerpt


def a(name: str, classes: str = "") -> str:
    return f'<a class="{classes}" href="https://{name}.example/">{name}</a>'


def names(html: str) -> list[str]:
    return [link.removeprefix("https://").removesuffix(".example/") for link in links(html)]


class TestPart:
    """The part of a page that counts."""

    def test_the_content_of_the_h_entry_goes_before_all_else(self) -> None:
        html = f"""<main>{a("main")}<article class="h-entry">{a("article")}
            <div class="e-content"><p>{a("content")}</p><footer>{a("note")}</footer></div></article></main>"""
        assert names(html) == ["content", "note"]

    def test_what_the_h_entry_answers_and_likes_counts_wherever_it_stands(self) -> None:
        html = f"""<div class="h-entry"><header>{a("author", "p-author h-card")}{a("asked", "u-in-reply-to")}</header>
            <div class="u-like-of h-cite">{a("liked", "u-url")}</div>{a("shared", "u-repost-of")}
            {a("kept", "u-bookmark-of")}{a("copy", "u-syndication")}<div class="e-content">{a("content")}</div>
            </div>{a("other", "u-like-of")}"""
        assert names(html) == ["asked", "liked", "shared", "kept", "content"]

    def test_the_comments_of_others_do_not_count(self) -> None:
        html = f"""<div class="h-entry"><div class="e-content">{a("content")}</div>
            <div class="u-comment h-cite"><div class="e-content">{a("spam")}</div></div>
            <div class="h-entry">{a("answer", "u-in-reply-to")}<div class="e-content">{a("more")}</div></div></div>
            <div class="h-entry"><div class="e-content">{a("next")}</div></div>"""
        assert names(html) == ["content"]

    def test_the_classes_of_wordpress_themes_mean_the_same(self) -> None:
        html = f'<article class="post hentry">{a("tag")}<div class="entry-content">{a("content")}</div></article>'
        assert names(html) == ["content"]

    def test_an_article_goes_before_main_and_comments_nested_in_it_do_not_count(self) -> None:
        html = f"<main>{a('main')}<article>{a('article')}<article>{a('comment')}</article>{a('end')}</article></main>"
        assert names(html) == ["article", "end"]

    def test_of_several_articles_the_first_outside_of_the_sides_counts(self) -> None:
        teaser, first, following = (f"<article>{a(name)}</article>" for name in ("teaser", "first", "next"))
        html = f"<aside>{teaser}</aside>{first}{following}"
        assert names(html) == ["first"]

    def test_main_goes_before_the_rest(self) -> None:
        assert names(f"<body>{a('body')}<main>{a('main')}</main></body>") == ["main"]

    @pytest.mark.parametrize("part", ["body", "main", "article"])
    @pytest.mark.parametrize("side", ["nav", "header", "footer", "aside"])
    def test_navigation_headers_footers_and_asides_do_not_count(self, part: str, side: str) -> None:
        assert names(f"<{part}><{side}><p>{a('side')}</p></{side}>{a('words')}</{part}>") == ["words"]

    @pytest.mark.parametrize("tag", ["template", "textarea", "script", "style", "title"])
    def test_what_nobody_sees_does_not_count(self, tag: str) -> None:
        assert names(f"<{tag}><p class='h-entry'>{a('hidden')}</p></{tag}><!-- {a('comment')} -->{a('seen')}") == [
            "seen"
        ]


class TestLink:
    """How links are spelled, and which are passed over."""

    @pytest.mark.parametrize(
        "written",
        [
            "https://bob.example/a?b=1&c=2#part",
            "HTTP://Bob.Example:80/%7euser/../x?utm_source=y#",
            "HTTPS://Bob.example/a/../b?#",
            "https://bob.example",
            "https://bücher.example/ü",
        ],
    )
    def test_a_link_is_spelled_as_in_the_page(self, written: str) -> None:
        assert links(f'<a href="{written.replace("&", "&amp;")}">words</a>') == [written]

    @pytest.mark.parametrize(
        ("written", "resolved"),
        [
            (" https://bob.example/a\n", "https://bob.example/a"),
            ("//bob.example/a#b", "https://bob.example/a#b"),
            ("https://bob.example/a b", "https://bob.example/a%20b"),
        ],
    )
    def test_a_link_that_is_not_absolute_or_not_clean_is_resolved(self, written: str, resolved: str) -> None:
        assert links(f'<a href="{written}">words</a>') == [resolved]

    def test_relative_links_follow_the_base(self) -> None:
        assert links('<base href="https://cdn.example/x/"><a href="y">words</a>') == ["https://cdn.example/x/y"]

    @pytest.mark.parametrize(
        "written",
        [
            *("/other", "#part", "", "https://ours.example/x", "http://www.ours.example/x", "//WWW.OURS.EXAMPLE:443/x"),
            *(
                "mailto:bob@bob.example",
                "javascript:alert(1)",
                "ftp://bob.example/",
                "https://",
                "https://u:p@bob.example/",
            ),
        ],
    )
    def test_links_within_the_site_and_to_no_page_are_passed_over(self, written: str) -> None:
        assert links(f'<a href="{written}">words</a><a name="x"></a>') == []

    def test_another_port_is_another_site(self) -> None:
        assert links('<a href="http://localhost:8001/">x</a>', "http://localhost:8000/") == ["http://localhost:8001/"]

    def test_each_page_counts_once_in_its_first_spelling(self) -> None:
        html = '<a href="https://bob.example/a#b">x</a><a href="https://carol.example/">y</a><a href="HTTPS://bob.example/a">z</a>'
        assert links(html) == ["https://bob.example/a#b", "https://carol.example/"]

    def test_links_of_maps_count_and_pictures_do_not(self) -> None:
        html = '<map><area href="https://bob.example/"></map><img src="https://cdn.example/a.png"><link href="https://x.example">'
        assert links(html) == ["https://bob.example/"]


class TestExcerpt:
    """The first words of the part that counts."""

    def test_it_is_the_first_paragraph_that_has_words(self) -> None:
        first = "<p>The <b>first</b><br>words.<script>x</script></p>"
        html = f"<p>By Ann</p><article><h1>Title</h1><p> <img></p>{first}<p>More.</p></article>"
        assert excerpt(html) == "The first words."

    def test_a_long_one_is_cropped(self) -> None:
        assert len(excerpt(f"<p>{'word ' * 100}</p>")) <= LONGEST_EXCERPT

    def test_a_page_without_paragraphs_has_none(self) -> None:
        assert excerpt("<div>words</div>") == ""


TAGS = st.sampled_from(
    [
        *(
            "<article>",
            "</article>",
            "<main>",
            "</main>",
            "<nav>",
            "</nav>",
            "</p>",
            "<p>",
            "<template>",
            "</template>",
        ),
        *(
            '<div class="h-entry">',
            '<div class="e-content">',
            "</div>",
            '<a href="https://b.example/',
            '">',
            "<br>",
            "\x00",
        ),
    ]
)


@given(st.lists(TAGS | st.text(max_size=5), max_size=40).map("".join))
def test_every_link_of_every_page_leads_elsewhere(html: str) -> None:
    assert all(parse_url(link).host != "www.ours.example" for link in links(html))
