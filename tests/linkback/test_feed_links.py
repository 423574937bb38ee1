import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.feed_links import find_feed
from linkback.urls import parse_url

PAGE = "https://home.example/blog/"


def found(html: str) -> str:
    return find_feed(html, url=parse_url(PAGE))


def link(href: str, rel: str = "alternate", media_type: str = "application/rss+xml") -> str:
    return f'<link rel="{rel}" type="{media_type}" href="{href}">'


@pytest.mark.parametrize(
    ("html", "feed"),
    [
        (link("/feed.xml"), "https://home.example/feed.xml"),
        (f"<title>Home</title><script>1</script>{link('/after')}", "https://home.example/after"),
        (link("feed.xml"), "https://home.example/blog/feed.xml"),
        (link("https://feeds.example/home?a=1&amp;b=2#top"), "https://feeds.example/home?a=1&b=2"),
        (link("/a", media_type="application/atom+xml"), "https://home.example/a"),
        (link("/j", media_type="application/feed+json"), "https://home.example/j"),
        (link("/a", media_type=" Application/Atom+XML; charset=utf-8 "), "https://home.example/a"),
        (link("/a", rel="home ALTERNATE"), "https://home.example/a"),
        (f"<body><p>{link('/in-the-body')}", "https://home.example/in-the-body"),
        (f'<base href="/elsewhere/"><base href="/ignored/">{link("a")}', "https://home.example/elsewhere/a"),
        (f'{link("a")}<base href="https://cdn.example/">', "https://cdn.example/a"),
        (f'<base href="mailto:me">{link("a")}', "https://home.example/blog/a"),
    ],
)
def test_the_feed_that_a_page_names_is_found(html: str, feed: str) -> None:
    assert found(f"<!DOCTYPE html><html><head>{html}") == feed


@pytest.mark.parametrize(
    "html",
    [
        "",
        "plain words",
        link("/wp-json/wp/v2/posts/1", media_type="application/json"),
        link("/oembed", media_type="application/json+oembed"),
        link("/de/", media_type="text/html"),
        link("/feed", rel="stylesheet"),
        link("/feed", rel="alternates"),
        link(""),
        link("  "),
        link("javascript:alert(1)"),
        link("http://[::1"),
        '<link rel="alternate" type="application/rss+xml">',
        '<a rel="alternate" type="application/rss+xml" href="/feed">Feed</a>',
        f"<!-- {link('/feed')} -->",
        f"<template>{link('/feed')}</template>",
        f"<script>document.write('{link('/feed')}')</script>",
    ],
)
def test_what_names_no_feed_has_none(html: str) -> None:
    assert found(html) == ""


def test_the_first_that_can_be_fetched_is_taken() -> None:
    """Blogs name the feed of their comments, and those of their other formats, after it."""
    html = link("ftp://home.example/feed") + link("/feed/") + link("/comments/feed/")
    assert found(html) == "https://home.example/feed/"


@given(st.text(), st.text())
def test_there_is_no_page_that_cannot_be_looked_at(html: str, href: str) -> None:
    address = found(html + link(href))
    assert address == "" or parse_url(address).text == address
