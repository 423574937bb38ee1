import io
import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from garbage import edited
from hypothesis import given
from hypothesis import strategies as st

from linkback.imports.record import Imported, NotAnExportError, Skipped
from linkback.imports.webmention_io import read_webmention_io
from linkback.mentions import Kind, Protocol, State

EXPORTS = Path(__file__).with_name("exports")
JF2 = (EXPORTS / "webmentions.jf2").read_bytes()
LINKS = (EXPORTS / "webmention_links.json").read_bytes()
POST = "https://lanterns.example/paper-boats/"


def read(file: bytes) -> list[Imported | Skipped]:
    return list(read_webmention_io(io.BytesIO(file)))


def mentions(file: bytes) -> list[Imported]:
    return [one for one in read(file) if isinstance(one, Imported)]


def test_a_reply_is_read_with_all_that_is_known_of_it() -> None:
    assert mentions(JF2)[0] == Imported(
        origin_id="webmention-io:501",
        target=POST,
        state=State.APPROVED,
        published_at=datetime(2024, 3, 1, 8, tzinfo=UTC),
        protocol=Protocol.WEBMENTION,
        kind=Kind.REPLY,
        author="Bo",
        author_url="https://bo.example/",
        author_photo="https://avatars.example/bo.jpg",
        source="https://bridge.example/comment/1",
        url="https://bo.example/replies/1",
        html="<p>Wax <b>helps</b>.</p>\n<p>Yes</p>",
        text="Wax helps.\n\nYes",
        received_at=datetime(2024, 3, 1, 9, 30, tzinfo=UTC),
    )


def test_a_pingback_without_a_date_of_its_own_is_dated_by_its_arrival() -> None:
    like = mentions(JF2)[1]
    assert (like.protocol, like.kind, like.title) == (Protocol.PINGBACK, Kind.LIKE, "likes this")
    assert like.published_at == like.received_at == datetime(2024, 3, 2, 9, 30, tzinfo=UTC)


def test_an_answer_of_an_older_day_has_its_words_and_its_post_elsewhere() -> None:
    rsvp = mentions(JF2)[2]
    assert (rsvp.kind, rsvp.rsvp, rsvp.target) == (Kind.RSVP, "yes", "https://lanterns.example/feast/")
    assert (rsvp.source, rsvp.html) == ("https://kim.example/rsvp", "<p>See you &lt;there&gt;</p>")


def test_what_is_private_is_passed_over() -> None:
    assert [one for one in read(JF2) if isinstance(one, Skipped)] == [Skipped("webmention-io:504", "It is private.")]


def test_the_older_format_of_links_is_read() -> None:
    repost, bare = mentions(LINKS)
    assert (repost.origin_id, repost.kind, repost.target) == ("webmention-io:900", Kind.REPOST, POST)
    assert (repost.source, repost.url) == ("https://bridge.example/repost/1", "https://bo.example/notes/1")
    assert (repost.author, repost.html, repost.title) == ("Bo", "<p>Look at this</p>", "")
    assert repost.published_at == datetime(2013, 4, 25, 23, tzinfo=UTC)
    assert (bare.kind, bare.target) == (Kind.MENTION, "https://lanterns.example/quay/")


def test_a_link_without_a_number_has_the_same_name_at_every_import() -> None:
    first, again = mentions(LINKS)[1], mentions(LINKS)[1]
    assert first.origin_id == again.origin_id
    assert len(first.origin_id) == len("webmention-io:") + 32


def test_a_link_without_a_target_is_passed_over_and_told() -> None:
    assert read(LINKS)[2] == Skipped("", "The export does not say to which post it belongs.")


def test_the_pages_of_an_answer_may_stand_in_one_file() -> None:
    one_after_another, in_an_array = JF2 + b"\n" + LINKS, b"[" + JF2 + b"," + LINKS + b"]"
    assert read(one_after_another) == read(in_an_array) == read(JF2) + read(LINKS)
    entries = json.loads(JF2)["children"]
    assert read(json.dumps(entries).encode()) == read(JF2)


@pytest.mark.parametrize("empty", [b'{"type":"feed","children":[]}', b'{"links":[]}', b"[]"])
def test_an_answer_without_mentions_has_none(empty: bytes) -> None:
    assert read(empty) == []


def test_a_file_that_breaks_off_is_told_and_what_stands_before_is_read() -> None:
    *found, told = read(JF2[: JF2.index(b'"wm-id": 503')])
    assert [one.origin_id for one in found] == ["webmention-io:501", "webmention-io:502"]
    assert isinstance(told, Skipped)
    assert "breaks off" in told.why


@pytest.mark.parametrize(
    "file", [b"", b"Hello", b"{}", b"{", b'{"error": "forbidden"}', b"[", b"<rss/>", b"[" * 100_000, b"9" * 5000]
)
def test_another_file_is_refused_with_what_to_do(file: bytes) -> None:
    with pytest.raises(NotAnExportError, match="Ask for one at"):
        read(file)


@pytest.mark.parametrize("entry", ["1", "null", "{}", '"x"', '{"wm-source": 1}', '{"content": [], "type": "entry"}'])
def test_a_broken_mention_costs_no_other_and_is_told(entry: str) -> None:
    whole = json.dumps({"wm-source": "https://a.example/", "wm-target": POST, "wm-received": "2024-03-01T09:30:00Z"})
    told, found = read(f'{{"children": [{entry}, {whole}]}}'.encode())
    assert isinstance(told, Skipped)
    assert isinstance(found, Imported)


def peak(count: int, folder: Path) -> int:
    """How many bytes reading a file of so many mentions takes at its peak."""
    entry = {"wm-source": "https://a.example/", "wm-target": POST, "wm-received": "2024-03-01T09:30:00Z"}
    export = folder / f"{count}.jf2"
    with export.open("w") as file:
        file.write('{"type": "feed", "children": [')
        file.writelines(json.dumps(entry | {"wm-id": number}) + "," for number in range(1, count))
        file.write(json.dumps(entry | {"wm-id": count}) + "]}")
    tracemalloc.start()
    try:
        with export.open("rb") as file_of_mentions:
            assert len([None for _ in read_webmention_io(file_of_mentions)]) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_memory_that_an_import_takes_does_not_grow_with_the_file(tmp_path: Path) -> None:
    peak(10, tmp_path)  # what is made once is made now
    few, many = peak(1_000, tmp_path), peak(10_000, tmp_path)
    assert many < 2_000_000
    assert many - few < 300_000


@given(st.binary(max_size=300) | edited(JF2) | edited(LINKS))
def test_whatever_the_file_is_there_are_values_or_it_is_refused(file: bytes) -> None:
    try:
        found = read(file)
    except NotAnExportError:
        return
    for one in found:
        assert isinstance(one, Skipped) or (one.target and one.published_at.tzinfo is UTC)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
NAMES = ["type", "author", "url", "published", "wm-received", "wm-id", "wm-source", "wm-target", "wm-property"]
MORE_NAMES = ["content", "summary", "name", "rsvp", "in-reply-to", "source", "target", "data", "activity", "id"]


@given(st.lists(st.dictionaries(st.sampled_from(NAMES + MORE_NAMES), JSON), max_size=3))
def test_whatever_a_mention_says_there_are_values(entries: list[dict[str, object]]) -> None:
    assert len(read(json.dumps({"children": entries}).encode())) == len(entries)
