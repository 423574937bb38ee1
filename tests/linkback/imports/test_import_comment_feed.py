from datetime import UTC, datetime
from pathlib import Path

import pytest
from garbage import edited
from hypothesis import given
from hypothesis import strategies as st

from linkback.imports.comment_feed import read_comment_feed
from linkback.imports.record import Imported, NotAnExportError, Skipped
from linkback.mentions import Kind, Protocol, State

EXPORTS = Path(__file__).with_name("exports")
ATOM = (EXPORTS / "wordpress_comments.atom").read_bytes()
RSS = (EXPORTS / "wordpress_comments.rss").read_bytes()
OURS = (EXPORTS / "linkback.rss").read_bytes()
POST = "https://lanterns.example/paper-boats/"


def test_a_comment_is_read_from_atom() -> None:
    link = '<a href="https://lanterns.example/wax/" rel="nofollow ugc noopener">Wax</a>'
    assert read_comment_feed(ATOM)[0] == Imported(
        origin_id="feed:https://lanterns.example/?p=7#comment-11",
        target=POST,
        state=State.APPROVED,
        published_at=datetime(2010, 5, 17, 21, 8, 37, tzinfo=UTC),
        protocol=None,
        kind=Kind.REPLY,
        author="Jo & Mia",
        author_url="http://jo.example/",
        html=f"<p>Ours sank. {link}</p>",
        text="Ours sank. Wax",
    )


def test_a_comment_names_the_one_that_it_answers_and_belongs_to_its_post() -> None:
    answer = read_comment_feed(ATOM)[1]
    assert isinstance(answer, Imported)
    assert (answer.parent_id, answer.target) == ("feed:https://lanterns.example/?p=7#comment-11", POST)
    assert answer.html == "<p>Wax<br>helps &lt;really&gt;</p>"


def test_an_answer_is_one_though_the_feed_lacks_what_it_answers() -> None:
    entries = ATOM.split(b"<entry>")
    [answer] = read_comment_feed(entries[0] + b"<entry>" + entries[2])
    assert isinstance(answer, Imported)
    assert answer.parent_id == "feed:https://lanterns.example/?p=7#comment-11"


def test_a_comment_of_a_feed_of_the_whole_blog_belongs_to_the_page_of_its_address() -> None:
    comment = read_comment_feed(RSS)[0]
    assert isinstance(comment, Imported)
    assert (comment.target, comment.author) == ("https://lanterns.example/quay/", "Kim")
    assert comment.html == "<p>Nice <b>quay</b></p>"
    assert comment.published_at == datetime(2011, 1, 1, tzinfo=UTC)


def test_what_has_no_date_or_no_name_is_passed_over_and_told() -> None:
    assert read_comment_feed(RSS)[1:] == [
        Skipped("feed:https://lanterns.example/?p=8#comment-32", "It has no date that can be read."),
        Skipped("", "It has neither an id nor an address: it would be taken for another one at each import."),
    ]


def test_a_linkback_is_known_by_its_category() -> None:
    [trackback] = read_comment_feed(OURS)
    assert isinstance(trackback, Imported)
    assert (trackback.protocol, trackback.kind) == (Protocol.TRACKBACK, Kind.MENTION)
    assert (trackback.source, trackback.title) == ("http://harbour.example/fire", "Fire on the water")
    assert (trackback.target, trackback.parent_id) == ("https://lanterns.example/quay/", "")
    assert trackback.text == "A night of lights"


def test_a_feed_without_comments_has_none() -> None:
    assert read_comment_feed(ATOM.split(b"<entry>")[0] + b"</feed>") == []


@pytest.mark.parametrize("file", [b"", b"Hello", b"<html></html>", b'{"version": "https://jsonfeed.org/version/1.1"}'])
def test_another_file_is_refused_with_what_to_do(file: bytes) -> None:
    with pytest.raises(NotAnExportError, match="Save the comment feed"):
        read_comment_feed(file)


@given(st.binary(max_size=300) | edited(ATOM) | edited(RSS) | edited(OURS))
def test_whatever_the_file_is_there_are_values_or_it_is_refused(file: bytes) -> None:
    try:
        found = read_comment_feed(file)
    except NotAnExportError:
        return
    for one in found:
        assert isinstance(one, Skipped) or (one.target and one.published_at.tzinfo is UTC)
