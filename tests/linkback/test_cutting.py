"""What is left of a page when it is cut down to its microformats."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.cutting import MARK, cut, has_microformats

LONGEST = 160_000  # characters: what may be written, and the ends of what is open then


def document(html: str, fragment: str | None = None) -> str:
    return re.sub(r"\s*\n\s*", "", cut(html, fragment).document)


@pytest.mark.parametrize("name", ["h-entry", "h-card", "h-cite", "h-event", "h-review", "hentry"])
def test_a_page_that_may_have_an_item_is_looked_at(name: str) -> None:
    assert has_microformats(f'<body class="x {name} y">')


@pytest.mark.parametrize("page", ["", "<p>entry card event", '<p class="h-full vcard">', '<link href="/h-en">'])
def test_most_pages_are_not(page: str) -> None:
    assert not has_microformats(page)


def test_only_what_is_in_items_is_left() -> None:
    html = '<nav>x<a href="/">y</a></nav><div><p class="h-card" id="z">Ann</p></div><p class="p-name">z</p>'
    assert document(html) == '<p class="h-card">Ann</p>'


def test_of_items_what_says_something() -> None:
    html = (
        '<section class="h-entry wide" style="x" onclick="x" data-x="y"><h2 class="p-name big" title="x">A &amp; B</h2>'
        '<font>c</font><script>d</script><!-- e --><input class="u-url" value="/f">'
        '<time datetime="g" class="dt-end">h</time>'
        '<img src="i" srcset="j 2x" alt="&lt;k&gt;"><img class="p-org" alt="l"><span lang="fr">m</span></section>'
    )
    assert document(html) == (
        '<div class="h-entry"><p class="p-name">A &amp; B</p><span>c</span><data class="u-url" value="/f"></data>'
        '<time class="dt-other" datetime="g">h</time><img src="i" alt="">&lt;k&gt;<img class="p-other" alt="l">'
        "<span>m</span></div>"
    )


def test_the_classes_of_the_first_generation_are_translated() -> None:
    html = (
        '<div class="hfeed"><div class="hentry"><h1 class="entry-title p-x"><a rel="bookmark" href="/1">a</a></h1>'
        '<i class="author vcard"><b class="fn published">b</b></i><i class="author"><b class="fn p-name">c</b></i>'
        '<i class="published updated">d</i><div class="entry-content"><p class="u-like-of">e</p></div></div></div>'
    )
    assert document(html) == (
        '<div class="h-feed"><div class="h-entry"><p class="p-name"><a class="u-url" href="/1">a</a></p>'
        '<i class="h-card p-author"><b class="p-name">b</b></i><i class="h-card p-author"><b class="p-name">c</b></i>'
        '<i class="dt-published dt-updated">d</i><div class="e-content"><p>e</p></div></div></div>'
    )


def test_the_second_generation_goes_before_the_first() -> None:
    html = '<div class="hentry h-entry"><i class="entry-title">a</i><i class="p-name entry-title">b</i></div>'
    assert document(html) == '<div class="h-entry"><i>a</i><i class="p-name">b</i></div>'


def test_what_others_answered_is_left_out() -> None:
    answers = '<a class="u-comment h-cite">b</a><a class="p-like h-card">c</a><a class="u-like" href="d">e</a>'
    assert document(f'<p class="h-entry">a{answers}</p>') == '<p class="h-entry">a<a class="u-like" href="d">e</a></p>'


def test_what_the_fragment_names_is_marked() -> None:
    named = '<div id="b"><p class="h-card">b</p><p class="hentry">c</p><p class="h-entry">d</p></div>'
    html = f'<p class="h-entry" id="a">a</p>{named}'
    marked = (
        f'<p class="h-entry">a</p><p class="h-card">b</p><p id="{MARK}" class="h-entry">c</p>'
        f'<p id="{MARK}" class="h-entry">d</p>'
    )
    assert document(html, "b") == marked
    assert MARK not in document(html, "c")
    assert MARK not in document(html + f'<p id="{MARK}" class="h-entry">e')


def test_what_the_page_says_of_itself_is_noted() -> None:
    page = cut(
        '<base><base href="/a"><base href="/b"><link rel="AUTHOR x" href="c"><a rel="me author" href="d">e</a>'
        '<a rel="me">f</a>'
        '<p class="h-entry u-comment"><a rel="author" href="g">h</a></p>',
        None,
    )
    assert (page.base, page.authors, page.mes) == ("/a", ["c", "d"], ["d"])


def test_of_long_content_only_the_properties_are_left() -> None:
    like = '<a class="u-like-of" href="x">y</a></p></div>'
    found = document(f'<div class="h-entry"><p class="e-content">{"<b>word </b>" * 9_999}{like}')
    assert found.count("word") < 3_000
    assert found.endswith(like)


def test_an_address_that_is_endless_is_left_out() -> None:
    assert document(f'<a class="h-card" href="{"x" * 5_000}">y</a>') == '<a class="h-card">y</a>'


class Depth(HTMLParser):
    """Measures how deep elements are nested."""

    now = deepest = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - not needed
        self.now += tag not in {"br", "img"}
        self.deepest = max(self.deepest, self.now)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - not needed
        self.now -= 1


names = st.sampled_from(("h-entry", "p-name e-content", "h-cite p-author u-url", "hentry", "author vcard", "", "x"))
starts = names.map(lambda name: f'<div class="{name}">') | st.sampled_from(("<br>", "<img alt=x>", "<p>", "<a href=x>"))


@given(st.lists(st.tuples(starts | st.text(max_size=5), st.sampled_from((1, 9, 999))), max_size=9))
def test_whatever_the_page_is_like_the_document_is_small_and_whole(parts: list[tuple[str, int]]) -> None:
    found = cut('<div class="h-entry">' + "".join(part * count for part, count in parts), "x").document
    assert len(found) <= LONGEST
    depth = Depth()
    depth.feed(found)
    assert depth.deepest <= 100
    assert depth.now == 0


@pytest.mark.parametrize("part", ['<p class="h-card">x</p>', "<i>x</i>", '<a class="u-a p-b h-cite">', "words " * 99])
def test_a_document_does_not_grow_without_end(part: str) -> None:
    assert len(cut('<div class="h-entry">' + part * 20_000, None).document) <= LONGEST
