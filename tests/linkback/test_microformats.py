"""What a page says in microformats of itself, its author and the post that it links to."""

import json
import sys
from datetime import UTC, datetime
from inspect import stack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.authorship import MAX_NAME, Author, read_author
from linkback.mentions import Kind
from linkback.microformats import MAX_SUMMARY, MAX_TITLE, Entry, read_entry
from linkback.sanitising import MAX_CONTENT, MAX_WORDS, TAGS
from linkback.sites import Post, Site, Sites
from linkback.urls import parse_url

PAGES = Path(__file__).with_name("microformats")
SOURCE = "https://alice.example/notes/1"
TARGET = "https://bob.example/post/7"
SITES = Sites([Site(id="bob", name="Bob", home=parse_url("https://bob.example/"))])
POST: Post = SITES.locate(parse_url(TARGET)) or pytest.fail("the target is no post")
LINK = f'<a href="{TARGET}">Bob</a>'
REPLY = f'<a class="u-in-reply-to" href="{TARGET}">Bob</a>'


def read(page: str, url: str = SOURCE) -> Entry | None:
    return read_entry(page, url=parse_url(url), post=POST, sites=SITES)


def entry(inside: str, classes: str = "h-entry", around: str = "") -> Entry:
    return read(f'<div class="{classes}">{inside}</div>{around}') or pytest.fail("the page has no entry")


def expectation(page: Path) -> tuple[str, Entry | None]:
    """Where a page came from, if that is not SOURCE, and what must be read in it: null, or what is not empty."""
    case: dict[str, Any] = json.loads(page.with_suffix(".json").read_text("utf-8"))
    said = case["entry"]
    if said:
        said["kind"] = Kind(said["kind"])
        said["author"] = Author(**said.get("author", {}))
        said["published_at"] = datetime.fromisoformat(said["published_at"]) if "published_at" in said else None
    return case.get("given", {}).get("url", SOURCE), Entry(**said) if said else None


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.html")), ids=lambda page: page.stem)
def test_a_page_is_read_as_the_file_beside_it_says(page: Path) -> None:
    url, expected = expectation(page)
    assert read(page.read_text("utf-8"), url) == expected


class TestKind:
    """What the entry does with the post."""

    @pytest.mark.parametrize(
        ("name", "kind"),
        [
            ("repost-of", Kind.REPOST),
            ("repost", Kind.REPOST),
            ("like-of", Kind.LIKE),
            ("like", Kind.LIKE),
            ("in-reply-to", Kind.REPLY),
            ("reply-to", Kind.REPLY),
            ("bookmark-of", Kind.BOOKMARK),
            ("bookmark", Kind.BOOKMARK),
            ("mention", Kind.MENTION),
            ("url", Kind.MENTION),
        ],
    )
    def test_a_property_says_it_if_it_leads_to_the_post(self, name: str, kind: Kind) -> None:
        assert entry(f'<a class="u-{name}" href="{TARGET}">Bob</a>').kind is kind
        assert entry(f'<a class="u-{name}" href="https://bob.example/post/8">Bob</a>{LINK}').kind is Kind.MENTION

    def test_the_first_of_several_counts_not_the_first_on_the_page(self) -> None:
        kinds = ["bookmark-of", "in-reply-to", "like-of", "repost-of"]
        found = [
            entry("".join(f'<a class="u-{name}" href="{TARGET}"></a>' for name in kinds[:count])).kind
            for count in range(1, 5)
        ]
        assert found == [Kind.BOOKMARK, Kind.REPLY, Kind.LIKE, Kind.REPOST]

    @pytest.mark.parametrize("address", ["http://www.bob.example/post/7/#top", "//bob.example/post/7?utm_source=x"])
    def test_the_post_is_known_by_any_of_its_addresses(self, address: str) -> None:
        assert entry(f'<a class="u-like-of" href="{address}"></a>').kind is Kind.LIKE

    @pytest.mark.parametrize("address", ["", "x", "http://[", "javascript:x", "https://bob.example:1/post/7", "\u202e"])
    def test_what_is_no_address_of_the_post_says_nothing(self, address: str) -> None:
        assert entry(f'<a class="u-like-of" href="{address}"></a>').kind is Kind.MENTION

    @pytest.mark.parametrize(
        "quotation",
        [
            f'<div class="u-like-of h-cite"><a class="u-url" href="{TARGET}">Bob</a></div>',
            f'<a class="u-like-of h-cite" href="{TARGET}">Bob</a>',
            f'<a class="p-like-of h-cite" href="{TARGET}"><img alt="Bob"></a>',
            f'<div class="p-like-of h-entry"><p class="p-name">x</p><data class="u-url" value="{TARGET}"></data></div>',
            f'<link class="u-like-of" href="{TARGET}">',
            f'<data class="u-like-of" value="{TARGET}"></data>',
            f'<span class="u-like-of">{TARGET}</span>',
        ],
    )
    def test_the_post_may_be_quoted(self, quotation: str) -> None:
        assert entry(quotation).kind is Kind.LIKE

    @pytest.mark.parametrize("answer", ["yes", "no", "maybe", "interested", " Yes\n"])
    def test_an_rsvp_answers_the_post(self, answer: str) -> None:
        found = entry(f'{REPLY}<data class="p-rsvp" value="{answer}">well</data>')
        assert (found.kind, found.rsvp) == (Kind.RSVP, answer.strip().lower())

    def test_without_a_valid_answer_it_is_a_reply(self) -> None:
        found = entry(f'{REPLY}<data class="p-rsvp" value="perhaps">well</data>')
        assert (found.kind, found.rsvp) == (Kind.REPLY, "")

    def test_an_answer_to_something_else_is_none_to_us(self) -> None:
        found = entry(f'<a class="u-in-reply-to" href="https://carol.example/"></a><i class="p-rsvp">yes</i>{LINK}')
        assert (found.kind, found.rsvp, found.content) == (Kind.MENTION, "", "")


class TestChoice:
    """Which of several entries is meant."""

    def test_the_one_with_the_address_of_the_page_whatever_it_is(self) -> None:
        others = '<div class="h-entry"><a class="u-url" href="/other"></a></div>'
        found = entry('<p class="p-name">A</p><a class="u-url" href="/notes/1"></a>', "h-event", others)
        assert found.title == "A"

    def test_an_h_entry_before_other_things(self) -> None:
        assert (
            entry('<p class="p-name">A</p>', around='<div class="h-review"></div><div class="h-cite"></div>').title
            == "A"
        )

    def test_among_other_things_the_only_one(self) -> None:
        assert entry('<p class="p-name">A</p>', "h-recipe", '<div class="h-card"></div>').title == "A"

    def test_none_if_several_are_alike(self) -> None:
        assert read('<div class="h-entry">a</div><div class="h-entry">b</div>') is None

    def test_a_fragment_names_one_by_what_is_around_it(self) -> None:
        page = '<div class="h-entry">a</div><div id="x"><p>.</p><div class="h-entry">b</div></div>'
        assert (read(page, f"{SOURCE}#x") or Entry()).title == "b"

    def test_a_fragment_names_one_by_its_own_address(self) -> None:
        notes = [f'<p class="h-entry"><a class="u-url" href="#{name}">{name}</a></p>' for name in "xyz"]
        page = f'<div class="h-feed">{"".join(notes)}</div>'
        assert (read(page, f"{SOURCE}#y") or Entry()).title == "y"

    def test_a_fragment_that_names_several_names_none(self) -> None:
        page = '<div class="h-entry">a</div><div id="x"><p class="h-entry">b</p><p class="h-entry">c</p></div>'
        assert read(page, f"{SOURCE}#x") is None

    def test_an_entry_is_named_and_not_the_quotation_in_it(self) -> None:
        named = '<div id="x" class="h-entry"><i class="p-name">b</i><p class="h-cite u-like-of">c</p></div>'
        page = f'<p class="h-entry">a</p>{named}'
        found = read(page, f"{SOURCE}#x")
        assert found
        assert found.title == "b"

    @pytest.mark.parametrize("fragment", ["nowhere", "part", "", "%22%3E"])
    def test_a_fragment_that_names_no_entry_is_passed_over(self, fragment: str) -> None:
        page = '<div class="h-entry"><p class="p-name">a</p><p id="part"><i class="h-card">b</i></p></div>'
        assert (read(page, f"{SOURCE}#{fragment}") or Entry()).title == "a"

    @pytest.mark.parametrize("page", ["", "words", "<p>words", f"<p>{LINK}", '<div class="h-feed">', '<p class="h-x">'])
    def test_a_page_without_entry_says_nothing(self, page: str) -> None:
        assert read(page) is None


class TestWords:
    """Title, summary and content."""

    def test_they_are_cropped(self) -> None:
        found = entry(f'<p class="p-name">{"name " * 99}</p><p class="p-summary">{"summary " * 99}</p>')
        assert (len(found.title), len(found.summary)) <= (MAX_TITLE, MAX_SUMMARY)
        assert (found.title[-5:], found.summary[-8:]) == ("name…", "summary…")

    @pytest.mark.parametrize("name", ["I agree", "I AGREE…", "i agree with bob. "])
    def test_a_title_that_repeats_the_words_is_none(self, name: str) -> None:
        assert entry(f'<p class="p-name">{name}</p><p class="e-content">I agree with Bob</p>').title == ""
        assert entry(f'<p class="p-name">{name}</p><p class="p-summary">I agree with Bob</p>').title == ""

    def test_a_summary_goes_before_the_beginning_of_the_content(self) -> None:
        content = '<div class="e-content"><p>One.</p><p>Two.</p></div>'
        assert entry(content).summary == "One. Two."
        assert entry(content + '<p class="p-summary">Three.</p>').summary == "Three."

    def test_only_what_answers_has_content(self) -> None:
        content = '<p class="e-content">Well.</p>'
        assert entry(content + REPLY).content == "Well."
        assert entry(content + REPLY + '<i class="p-rsvp">no</i>').content == "Well."
        assert entry(content + f'<a class="u-like-of" href="{TARGET}"></a>').content == ""
        assert entry(content + LINK).content == ""

    @pytest.mark.parametrize("name", ["p-content", "p-summary", "p-name", "e-description"])
    def test_a_reply_says_something_where_it_can(self, name: str) -> None:
        found = entry(f'{REPLY}<p class="{name}">a &lt; b</p><p class="e-content"><img src="x"></p>')
        assert found.content in {"a &lt; b", "<p>a &lt; b</p>"}
        assert (found.summary, found.title) == ("a < b", "")

    def test_links_in_it_are_resolved(self) -> None:
        content = '<p class="e-content"><a href="../x?y#z">x</a> <a href="w">w</a>'
        found = read(f'<base href="/blog/"><div class="h-entry">{REPLY}{content}')
        assert found
        assert '"https://alice.example/x?y#z"' in found.content
        assert '"https://alice.example/blog/w"' in found.content

    def test_an_image_is_shown_by_its_words(self) -> None:
        found = entry(f'{REPLY}<p class="e-content">A <img src="/x.png" alt=":loaf:"> <img src="/y.png"> of bread.</p>')
        assert (found.content, found.summary) == ("A :loaf:  of bread.", "A :loaf: of bread.")

    @pytest.mark.parametrize("count", [900, 1_000, 1_200, 100_000])
    def test_a_long_reply_is_whole_or_ends_with_an_ellipsis(self, count: int) -> None:
        found = entry(f'<div class="e-content"><p>{"<b>word</b> six. " * count}</p></div>{REPLY}').content
        assert found.endswith("six. </p>") if len(found) > MAX_WORDS + 100 else found.endswith("…</p>")
        assert len(found) <= MAX_CONTENT

    def test_what_comes_after_a_long_content_is_read(self) -> None:
        found = entry(
            f'<div class="e-content">{"<p>words</p>" * 9_999}{REPLY}</div><p class="p-name">The <b>name</b></p>'
        )
        assert (found.kind, found.title) == (Kind.REPLY, "The name")


class TestDate:
    """When the entry was published."""

    @pytest.mark.parametrize(
        ("written", "moment"),
        [
            ("2020-03-04T05:06:07Z", datetime(2020, 3, 4, 5, 6, 7, tzinfo=UTC)),
            ("2020-03-04T05:06:07.89+02:00", datetime(2020, 3, 4, 3, 6, 7, tzinfo=UTC)),
            ("2020-03-04 05:06", datetime(2020, 3, 4, 5, 6, tzinfo=UTC)),
            ("2020-03-04T05:06-0130", datetime(2020, 3, 4, 6, 36, tzinfo=UTC)),
            ("2020-03-04", datetime(2020, 3, 4, tzinfo=UTC)),
            ("2020-064 5:06pm", datetime(2020, 3, 4, 17, 6, tzinfo=UTC)),
            ("yesterday", None),
            ("2020-13-44", None),
            ("0001-01-01T00:00+14:00", None),
            ("9999-12-31T23:59-14:00", None),
            ("12:00", None),
            ("", None),
        ],
    )
    def test_it_is_read_in_utc(self, written: str, moment: datetime | None) -> None:
        for html in (
            f'<time class="dt-published" datetime="{written}">then</time>',
            f'<i class="dt-published">{written}</i>',
        ):
            found = entry(html).published_at
            assert (found and found.replace(microsecond=0)) == moment

    def test_without_a_readable_one_the_last_change_counts(self) -> None:
        html = '<i class="dt-published">once</i><i class="dt-updated">2020-03-04</i>'
        assert entry(html).published_at == datetime(2020, 3, 4, tzinfo=UTC)


class TestPermalink:
    """Where the entry says that it can be read."""

    def test_its_own_site_goes_before_a_copy(self) -> None:
        html = '<a class="u-url" href="https://copy.example/1"></a><a class="u-url" href="https://www.alice.example/1#a"></a>'
        assert entry(html).url == "https://www.alice.example/1#a"

    @pytest.mark.parametrize("address", ["javascript:x", "mailto:a@alice.example", "http://[", TARGET, "tag:x"])
    def test_what_cannot_be_it_is_passed_over(self, address: str) -> None:
        assert entry(f'<a class="u-url" href="{address}"></a>').url == ""
        assert entry(f'<a class="u-url" href="{address}"></a><a class="u-url" href="x"></a>').url.endswith("/notes/x")

    def test_one_that_becomes_too_long_loses_its_fragment(self) -> None:
        assert entry(f'<a class="u-url" href="/{"é" * 300}#{"y" * 500}"></a>').url.endswith("%A9")

    def test_its_fragment_is_written_as_urls_are(self) -> None:
        assert entry("""<a class="u-url" href='/1#é"<'></a>""").url == "https://alice.example/1#%C3%A9%22%3C"


class TestAuthor:
    """Who wrote the entry."""

    @pytest.mark.parametrize(
        ("html", "author"),
        [
            ('<a class="p-author h-card" href="/">Ann</a>', Author("Ann", "https://alice.example/")),
            ('<a class="u-author h-card" href="/">Ann</a>', Author("Ann", "https://alice.example/")),
            ('<i class="p-author h-card"><b class="p-nickname">ann</b></i>', Author("ann")),
            (
                '<i class="p-author h-card"><img class="u-logo" src="/a">Ann</i>',
                Author("Ann", "", "https://alice.example/a"),
            ),
            ('<img class="p-author h-card" src="/a" alt="Ann">', Author("Ann", "", "https://alice.example/a")),
            ('<i class="p-author"> Ann\u202e\n Archer </i>', Author("Ann Archer")),
            ('<i class="p-author"></i><i class="p-author">Ann</i>', Author("Ann")),
            ('<i class="p-author h-card"><a class="u-url" href="javascript:x">Ann</a></i>', Author("Ann")),
            ('<i class="p-author h-card"><a class="p-name u-url" href="javascript:x">Ann</a></i>', Author("Ann")),
            ('<i class="h-card">Ann</i>', Author()),
            ('<p class="u-comment h-cite"><i class="p-author">Ann</i></p>', Author()),
            ('<p class="p-location h-card">Ann</p>', Author()),
        ],
    )
    def test_it_is_said_in_one_of_many_ways(self, html: str, author: Author) -> None:
        found = entry(html)
        assert (found.author, found.author_page) == (author, "")

    def test_a_name_is_cropped(self) -> None:
        assert len(entry(f'<i class="p-author">{"Ann " * 99}</i>').author.name) <= MAX_NAME

    def test_a_card_that_is_named_by_its_address_has_to_be_fetched(self) -> None:
        found = entry('<a class="p-author h-card" href="https://ann.example/">https://ann.example/</a>')
        assert (found.author, found.author_page) == (Author(url="https://ann.example/"), "https://ann.example/")

    def test_the_page_itself_is_not_fetched_again(self) -> None:
        found = entry(f'<a class="u-author" href="{SOURCE}"></a>')
        assert (found.author, found.author_page) == (Author(url=SOURCE), "")

    @pytest.mark.parametrize(
        "card",
        [
            '<a class="h-card" href="/a">Ann</a>',
            '<div class="h-feed"><a class="h-card" href="/a/">Ann</a></div>',
            '<div class="vcard"><a class="fn url" href="http://www.alice.example/a">Ann</a></div>',
            '<p class="h-review"><a class="p-author h-card" href="/a">Ann</a></p>',
        ],
    )
    def test_a_card_on_the_page_spares_the_fetch(self, card: str) -> None:
        found = entry('<a class="u-author" href="/a"></a>', around=card)
        assert (found.author.name, found.author_page) == ("Ann", "")

    def test_a_card_in_what_others_say_does_not(self) -> None:
        for around in ("u-comment h-cite", "h-cite", "h-entry p-comment"):
            card = f'<div class="{around}"><p class="h-x"><a class="h-card" href="/a">Eve</a></p></div>'
            assert entry(f'<a class="u-author" href="/a"></a>{card}').author_page == "https://alice.example/a"


class TestAuthorPage:
    """Whom a page is about that was named as the author's."""

    @pytest.mark.parametrize(
        "page",
        [
            '<p class="h-card">Eve</p><p class="h-card"><a class="p-name u-url u-uid" href="/about">Ann</a></p>',
            '<p class="h-card">Eve</p><p class="h-card"><a class="p-name u-url" rel="me" href="/elsewhere">Ann</a></p>',
            '<link rel="me" href="https://ann.example/"><a class="h-card" href="https://ann.example">Ann</a>',
            '<a class="h-card" href="https://alice.example/about/">Ann</a>',
            '<p class="vcard"><a class="fn url uid" href="">Ann</a></p>',
            '<div class="h-feed"><a class="p-author h-card" href="/about">Ann</a><p class="h-entry">words</p></div>',
            '<a class="h-card" href="/moved">Ann</a>',
        ],
    )
    def test_its_representative_card_says_it(self, page: str) -> None:
        found = read_author(
            page, url=parse_url("https://alice.example/about"), author_page=parse_url("https://alice.example/moved")
        )
        assert found
        assert found.name == "Ann"

    @pytest.mark.parametrize(
        "page",
        [
            "",
            "Ann",
            '<a class="h-card" href="/other">Eve</a>',
            '<a class="h-card" href="/about">Ann</a><a class="h-card" href="/about">Eve</a>',
            '<div class="h-cite"><a class="p-author h-card" href="/about">Eve</a></div>',
            '<a class="h-card" href="/about"></a>',
        ],
    )
    def test_without_one_nothing_is_known(self, page: str) -> None:
        url = parse_url("https://alice.example/about")
        assert read_author(page, url=url, author_page=url) is None


CLASSES = (
    *("h-entry", "h-card", "h-cite", "h-feed", "h-event", "hentry", "vcard", "hfeed", "h-x", "p-author", "u-author"),
    *(
        "e-content",
        "p-content",
        "p-name",
        "e-name",
        "p-summary",
        "u-url",
        "u-uid",
        "dt-published",
        "dt-updated",
        "p-rsvp",
    ),
    *("u-in-reply-to", "u-like-of", "u-repost", "u-bookmark-of", "p-comment", "u-comment", "u-photo", "author", "fn"),
    *(
        "entry-title",
        "entry-content",
        "published",
        "url",
        "u-name",
        "dt-url",
        "dt-author",
        "e-url",
        "e-author",
        "p-url",
    ),
)
ADDRESSES = (
    "",
    "x",
    "javascript:x",
    TARGET,
    "https://ann.example/",
    "http://[",
    "#x",
    "//[",
    "data:x",
    "mailto:a@b.example",
)
VALUES = (
    "yes",
    "2020-02-02",
    "2020-02-02T20:20",
    "9999-12-31T23:59-1",
    "Z",
    "12:00",
    "<script>x</script>",
    "&lt;b onx=y&gt;",
)


@st.composite
def tags(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(("div", "a", "p", "span", "img", "time", "data", "link", "base", "i", "br", "abbr")))
    classes = " ".join(draw(st.lists(st.sampled_from(CLASSES), max_size=3)))
    address, value = draw(st.sampled_from(ADDRESSES)), draw(st.sampled_from(VALUES))
    rel = draw(st.sampled_from(("", "me", "author", "bookmark")))
    attributes = {"class": classes, "rel": rel, "onclick": "x", "style": "x", "id": "x"}
    attributes |= dict.fromkeys(("href", "src", "value"), address) | dict.fromkeys(("datetime", "title", "alt"), value)
    return f"<{name} " + " ".join(f'{key}="{text}"' for key, text in attributes.items()) + ">"


pages = st.lists(tags() | st.sampled_from(VALUES) | st.sampled_from(("</div>", "</p>", "</a>")) | st.text(max_size=9))


@given(pages.map("".join), st.sampled_from((SOURCE, f"{SOURCE}#x", "https://ann.example/")))
def test_whatever_a_page_is_like_what_is_read_does_no_harm(page: str, url: str) -> None:
    found = read(page, url) or Entry()
    for address in (found.url, found.author.url, found.author.photo, found.author_page):
        assert address == "" or parse_url(address).scheme in {"http", "https"}
    assert (len(found.title), len(found.summary), len(found.author.name)) <= (MAX_TITLE, MAX_SUMMARY, MAX_NAME)
    assert found.published_at is None or found.published_at.tzinfo is UTC
    names = {part.split(">")[0].split(" ")[0].strip("/") for part in found.content.split("<")[1:]}
    assert names <= TAGS
    assert "onclick" not in found.content
    assert 'href="javascript' not in found.content
    assert bool(found.rsvp) == (found.kind is Kind.RSVP)
    assert not found.content or found.kind in {Kind.REPLY, Kind.RSVP}


@given(st.text())
def test_any_text_is_a_page(page: str) -> None:
    assert read(page) is None
    assert read_author(page, url=parse_url(SOURCE), author_page=parse_url(SOURCE)) is None


def test_a_page_on_which_the_parser_fails_says_nothing() -> None:
    page = f'<div class="h-entry">{"<div>" * 90}{REPLY}'
    assert read(page)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(stack(0)) + 90)
    try:
        assert read(page) is None
    finally:
        sys.setrecursionlimit(limit)


HOSTILE = {
    "nothing but depth": '<div class="h-entry">' + "<div>" * 10_000,
    "entries in entries": '<div class="h-entry">' * 10_000,
    "entries that are many properties": '<div class="h-entry p-a p-name p-summary u-url e-content dt-published">'
    * 10_000,
    "properties in properties": '<div class="h-entry">'
    + '<div class="p-name e-content u-url">' * 95
    + "<br>x" * 50_000,
    "authors in authors": '<div class="hentry author vcard">' * 5_000,
    "many cards": '<a class="h-card" href="x">x</a>' * 50_000,
    "many quotations": '<div class="h-entry">' + '<a class="u-like-of h-cite" href="x">x</a>' * 50_000,
    "many entries": '<p class="h-entry"><a class="u-url u-in-reply-to" href="x">x</a></p>' * 30_000,
    "many attributes": '<div class="h-entry"><p class="p-name" ' + " ".join(f"a{n}=1" for n in range(60_000)) + ">x",
    "many classes": f'<div class="h-entry {"p-x " * 99_999}{" ".join(f"u-a{n} p-a{n}" for n in range(50_000))}">x',
    "a long class": f'<div class="h-entry p-{"a-" * 500_000}">x',
    "many paragraphs": '<div class="h-entry"><div class="e-content p-name p-summary">' + "<p>" * 99_999,
    "many line ends": '<div class="h-entry"><div class="e-content p-name">' + "<br>x" * 99_999,
    "many words": '<div class="h-entry">' + '<div class="e-content p-name">' * 90 + "wor ds \n" * 250_000,
    "many links": '<div class="hentry"><div class="entry-content">' + "<a href=x rel=bookmark>x</a>" * 50_000,
    "many rels": '<link rel="author me" href="x">' * 50_000 + '<div class="h-entry"><a class="u-author" href="y">',
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("page", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_page_is_read_in_little_time(page: str) -> None:
    read(page)
