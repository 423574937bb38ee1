import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from garbage import edited
from hypothesis import given
from hypothesis import strategies as st

from linkback.imports.disqus import read_disqus
from linkback.imports.record import Imported, NotAnExportError, Skipped
from linkback.mentions import Kind, State

EXPORT = (Path(__file__).with_name("exports") / "disqus.xml").read_bytes()


def read(export: bytes) -> list[Imported | Skipped]:
    return list(read_disqus(io.BytesIO(export)))


def number(one: int) -> Imported:
    [found] = [comment for comment in read(EXPORT) if comment.origin_id == f"disqus:{one}"]
    assert isinstance(found, Imported)
    return found


def test_a_comment_is_read_and_its_links_lead_over_no_counter() -> None:
    link = '<a href="https://see.example/a?b=1&amp;c=2" rel="nofollow ugc noopener">see</a>'
    assert number(21) == Imported(
        origin_id="disqus:21",
        target="https://lanterns.example/paper-boats/",
        state=State.APPROVED,
        published_at=datetime(2013, 10, 10, 19, 20, 29, tzinfo=UTC),
        post_title="Paper boats & candles",
        protocol=None,
        kind=Kind.REPLY,
        author="Jo",
        email="jo@mail.example",
        html=f"<p>Hello {link} @bo_k</p><p>Bye<br>now</p>",
        text="Hello see @bo_k\n\nBye\nnow",
    )


def test_a_comment_names_the_one_that_it_answers() -> None:
    assert (number(22).parent_id, number(22).state) == ("disqus:21", State.SPAM)


def test_a_thread_without_a_link_has_its_identifier_for_an_address() -> None:
    assert number(23).target == "https://lanterns.example/quay/"


def test_a_deleted_comment_is_read_though_it_has_no_words() -> None:
    assert (number(23).state, number(23).html) == (State.DELETED, "")


def test_an_old_comment_without_markup_keeps_its_lines() -> None:
    old = number(24)
    assert old.html == "<p>Old and plain<br>without markup</p>"
    assert old.published_at == datetime(2009, 10, 12, 6, 51, 33, tzinfo=UTC)
    assert old.state is State.HELD


def test_a_comment_of_a_deleted_thread_is_deleted() -> None:
    assert number(25).state is State.DELETED


def test_a_comment_without_its_thread_is_passed_over_and_told() -> None:
    assert [one for one in read(EXPORT) if isinstance(one, Skipped)] == [
        Skipped("disqus:26", "Its thread is not in the export.")
    ]


def test_the_export_is_read_as_it_comes_packed() -> None:
    assert read(gzip.compress(EXPORT)) == read(EXPORT)


def test_a_packed_file_that_is_damaged_is_told_as_one_that_breaks_off() -> None:
    packed = gzip.compress(EXPORT)
    assert "breaks off" in getattr(read(packed[:-200])[-1], "why", "")


@pytest.mark.parametrize("file", [b"", b"{}", b"<rss/>", b"<disqus/>", b"<!DOCTYPE html><html></html>"])
def test_another_file_is_refused_with_what_to_do(file: bytes) -> None:
    with pytest.raises(NotAnExportError, match="In Disqus, ask for one"):
        read(file)


@given(st.binary(max_size=300) | edited(EXPORT))
def test_whatever_the_file_is_there_are_values_or_it_is_refused(file: bytes) -> None:
    try:
        found = read(file)
    except NotAnExportError:
        return
    for one in found:
        assert isinstance(one, Skipped) or (one.target and one.published_at.tzinfo is UTC)
