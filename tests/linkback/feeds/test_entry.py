from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from linkback.comments import Comment, Standing, comment_id
from linkback.feeds.entry import entry_of, entry_of_comment
from linkback.mentions import Kind, Mention, Protocol, Reason, State, mention_id
from linkback.sites import Post, Site, Sites
from linkback.urls import parse_url

RECEIVED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def post_at(url: str, home: str = "https://bob.example/") -> Post:
    site = Site(id="bob", name="Bob", home=parse_url(home))
    return Sites([site]).locate(parse_url(url)) or pytest.fail(f"{url} is no post")


POST = post_at("https://bob.example/post/7")
MENTION = Mention(
    id=mention_id(parse_url("https://alice.example/notes"), POST),
    site_id="bob",
    post_key=POST.key,
    protocol=Protocol.TRACKBACK,
    source="https://alice.example/notes",
    target="https://bob.example/post/7#more",
    state=State.APPROVED,
    reason=Reason.LINKS,
    received_at=RECEIVED_AT,
    checked_at=RECEIVED_AT + timedelta(seconds=2),
    title="Notes",
    excerpt="Bob says it best.",
    site_name="Alice writes",
    author="Alice",
)


def test_an_entry_tells_what_the_mention_says() -> None:
    entry = entry_of(MENTION, POST)
    assert entry.id == f"urn:uuid:{MENTION.id}"
    assert (entry.url, entry.title, entry.author_name) == ("https://alice.example/notes", "Notes", "Alice")
    assert (entry.text, entry.categories) == ("Bob says it best.", ("trackback", "mention"))
    assert (entry.in_reply_to, entry.in_reply_to_url) == ("https://bob.example/post/7", "https://bob.example/post/7")


REPLY = replace(
    MENTION,
    protocol=Protocol.WEBMENTION,
    kind=Kind.REPLY,
    url="https://alice.example/permalink",
    author_url="https://alice.example/",
    author_photo="https://alice.example/a.jpg",
    content="<p>Bob says it <em>best</em>.</p>",
    language="fr",
    published_at=datetime(2020, 1, 1, tzinfo=UTC),
)


def test_an_entry_tells_what_microformats_told() -> None:
    entry = entry_of(REPLY, POST)
    assert (entry.url, entry.source) == ("https://alice.example/permalink", "https://alice.example/notes")
    assert (entry.author_url, entry.author_photo) == ("https://alice.example/", "https://alice.example/a.jpg")
    assert (entry.categories, entry.language) == (("webmention", "reply"), "fr")


@pytest.mark.parametrize("kind", [Kind.REPLY, Kind.RSVP])
def test_the_html_of_what_has_words_of_its_own_is_these_words(kind: Kind) -> None:
    assert entry_of(replace(REPLY, kind=kind), POST).html == "<p>Bob says it <em>best</em>.</p>"


def test_an_entry_is_dated_by_its_arrival_whatever_date_the_source_claims() -> None:
    claimed = replace(REPLY, published_at=datetime(2999, 1, 1, tzinfo=UTC))
    assert (entry_of(claimed, POST).published_at, entry_of(claimed, POST).updated_at) == (RECEIVED_AT, RECEIVED_AT)


def test_the_id_stays_when_the_blog_moves_and_the_source_is_edited() -> None:
    new_post = post_at("https://robert.example/post/7/", home="https://robert.example/")
    source = "https://alice.example/notes?utm_source=feed#top"
    moved = replace(MENTION, id=mention_id(parse_url(source), new_post), source=source, title="Edited")
    assert entry_of(moved, new_post).id == entry_of(MENTION, POST).id


def test_a_new_look_at_the_source_changes_no_date() -> None:
    later = replace(MENTION, checked_at=RECEIVED_AT + timedelta(days=30))
    assert entry_of(later, POST) == entry_of(MENTION, POST)
    assert (entry_of(later, POST).published_at, entry_of(later, POST).updated_at) == (RECEIVED_AT, RECEIVED_AT)


@pytest.mark.parametrize(
    ("author", "site_name", "shown"),
    [("Alice", "Notes", "Alice"), ("", "Notes", "Notes"), ("", "", "alice.example")],
)
def test_the_author_is_the_writer_else_the_site_else_the_host(author: str, site_name: str, shown: str) -> None:
    assert entry_of(replace(MENTION, author=author, site_name=site_name), POST).author_name == shown


@pytest.mark.parametrize(
    ("kind", "rsvp", "shown"),
    [
        (Kind.MENTION, "", "Alice"),
        (Kind.REPLY, "", "Alice"),
        (Kind.LIKE, "", "♥ Alice"),
        (Kind.REPOST, "", "♻ Alice"),
        (Kind.BOOKMARK, "", "★ Alice"),
        (Kind.RSVP, "yes", "✓ Alice"),
        (Kind.RSVP, "no", "✗ Alice"),
        (Kind.RSVP, "maybe", "? Alice"),
        (Kind.RSVP, "interested", "☆ Alice"),
        (Kind.RSVP, "", "Alice"),
    ],
)
def test_what_has_no_title_is_called_by_who_did_what_without_words(kind: Kind, rsvp: str, shown: str) -> None:
    assert entry_of(replace(MENTION, kind=kind, rsvp=rsvp, title=""), POST).title == shown
    assert entry_of(replace(MENTION, kind=kind, rsvp=rsvp), POST).title == "Notes"


@pytest.mark.parametrize(
    ("author", "site_name", "shown"),
    [("Alice", "Alice writes", "Alice"), ("", "Alice writes", "Alice writes"), ("", "", "alice.example")],
)
def test_an_entry_always_has_a_title(author: str, site_name: str, shown: str) -> None:
    assert entry_of(replace(MENTION, title="", author=author, site_name=site_name), POST).title == shown


def test_the_html_links_to_the_source_and_quotes_it() -> None:
    assert entry_of(MENTION, POST).html == (
        '<p><a href="https://alice.example/notes" rel="nofollow ugc noopener">Notes</a> (Alice writes)</p>'
        "<blockquote><p>Bob says it best.</p></blockquote>"
    )


@pytest.mark.parametrize(
    ("kind", "title", "words"),
    [(Kind.MENTION, "", "Alice writes"), (Kind.LIKE, "", "♥ Alice writes"), (Kind.LIKE, "On Alice writes", None)],
)
def test_the_html_says_nothing_twice_and_quotes_nothing_that_is_not_there(
    kind: Kind, title: str, words: str | None
) -> None:
    mention = replace(MENTION, kind=kind, title=title, author="", site_name="Alice writes", excerpt="")
    link = f'<a href="https://alice.example/notes" rel="nofollow ugc noopener">{words or title}</a>'
    assert entry_of(mention, POST).html == f"<p>{link}</p>"


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("https://alice.example/thread#post-77", "https://alice.example/thread#post-77"),
        ("https://alice.example/été#où%20«ici»", "https://alice.example/%C3%A9t%C3%A9#o%C3%B9%20%C2%ABici%C2%BB"),
        ("https://alice.example/?a=1&b=%27\"'<>", "https://alice.example/?a=1&b=%27%22'%3C%3E"),
    ],
)
def test_the_permalink_is_a_uri_and_leads_to_the_place_in_the_page(source: str, url: str) -> None:
    assert entry_of(replace(MENTION, source=source), POST).url == url


def words(text: str) -> list[str]:
    """The text without its white space, some of which Beautiful Soup changes."""
    return text.split()


hostile = st.lists(
    st.sampled_from(["<script>", "</a>", "</p>", '"', "'", "&", "&lt;", "<img src=x onerror=y>", "<!--", "]]>", "\x00"])
    | st.text(max_size=5)
).map("".join)


@given(title=hostile, site_name=hostile, excerpt=hostile)
def test_nothing_that_strangers_wrote_becomes_markup(title: str, site_name: str, excerpt: str) -> None:
    source = "https://alice.example/?q='\"<>&amp;#'\"><script>alert(1)</script>"
    entry = entry_of(replace(MENTION, source=source, title=title, site_name=site_name, excerpt=excerpt), POST)
    soup = BeautifulSoup(entry.html, "html.parser")
    assert {tag.name for tag in soup.find_all(name=True)} <= {"p", "a", "blockquote"}
    (link,) = soup.find_all("a")
    assert link.attrs == {"href": entry.url, "rel": ["nofollow", "ugc", "noopener"]}
    assert words(link.get_text()) == words(entry.title)
    assert [words(quote.get_text()) for quote in soup.find_all("blockquote")] == ([words(excerpt)] if excerpt else [])


COMMENT = Comment(
    id=comment_id(1_767_323_045_000, 2**70 + 5),
    site_id="bob",
    post_key=POST.key,
    target=POST.url,
    state=State.APPROVED,
    standing=Standing.WELCOME,
    received_at=RECEIVED_AT,
    name="Carol",
    website="https://carol.example/",
    text="Hills & dales",
    html="<p>Hills &amp; dales</p>",
)


def test_a_comment_is_an_entry_at_its_place_under_the_post() -> None:
    entry = entry_of_comment(COMMENT, POST)
    assert entry.url == f"https://bob.example/post/7#comment-{COMMENT.id}"
    assert (entry.author_name, entry.author_url, entry.text) == ("Carol", "https://carol.example/", "Hills & dales")
    assert (entry.in_reply_to, entry.in_reply_to_url, entry.category) == (POST.url, POST.url, "comment")
    assert entry.updated_at == entry.published_at == RECEIVED_AT


@pytest.mark.parametrize(
    ("parent", "anchor"), [(COMMENT.id, f"comment-{COMMENT.id}"), (MENTION.id, f"mention-{MENTION.id}")]
)
def test_a_comment_may_answer_a_comment_or_a_mention(parent: str, anchor: str) -> None:
    entry = entry_of_comment(replace(COMMENT, in_reply_to=parent), POST)
    assert (entry.in_reply_to, entry.in_reply_to_url) == (f"urn:uuid:{parent}", f"{POST.url}#{anchor}")


def test_an_edited_comment_is_updated_and_stays_where_it_was() -> None:
    edited = replace(COMMENT, edited_at=RECEIVED_AT + timedelta(minutes=5))
    entry, before = entry_of_comment(edited, POST), entry_of_comment(COMMENT, POST)
    assert (entry.id, entry.published_at) == (before.id, before.published_at)
    assert entry.updated_at == edited.edited_at
