import gzip
import io
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from garbage import edited
from hypothesis import given
from hypothesis import strategies as st

from linkback.imports import xml_stream
from linkback.imports.record import Imported, NotAnExportError, Skipped
from linkback.imports.wordpress import read_wordpress
from linkback.mentions import Kind, Protocol, State

EXPORT = (Path(__file__).with_name("exports") / "wordpress.xml").read_bytes()
POST = "https://lanterns.example/2010/05/paper-boats/"

HEAD = (
    '<?xml version="1.0" encoding="UTF-8" ?><rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
    "<item><title>Post</title><link>https://blog.example/post/</link><wp:status>publish</wp:status>"
)
TAIL = "</item></channel></rss>"


def comment(number: int, words: str = "<![CDATA[Hello]]>", **others: str) -> str:
    said = {
        "comment_id": str(number),
        "comment_author": "Anna",
        "comment_date_gmt": "2012-05-17 21:08:37",
        "comment_content": words,
        "comment_approved": "1",
        "comment_type": "comment",
        **others,
    }
    return f"<wp:comment>{''.join(f'<wp:{name}>{text}</wp:{name}>' for name, text in said.items())}</wp:comment>"


def read(export: str | bytes) -> list[Imported | Skipped]:
    return list(read_wordpress(io.BytesIO(export.encode() if isinstance(export, str) else export)))


def imported(export: str | bytes) -> list[Imported]:
    return [one for one in read(export) if isinstance(one, Imported)]


def skipped(export: str | bytes) -> list[Skipped]:
    return [one for one in read(export) if isinstance(one, Skipped)]


def number(one: int) -> Imported:
    """One comment of the export that is kept beside this file."""
    [found] = [comment for comment in imported(EXPORT) if comment.origin_id == f"wordpress:{one}"]
    return found


def test_a_comment_is_read_with_all_that_is_known_of_it() -> None:
    assert number(11) == Imported(
        origin_id="wordpress:11",
        target=POST,
        state=State.APPROVED,
        published_at=datetime(2010, 5, 17, 21, 8, 37, tzinfo=UTC),
        post_title="Paper boats & candles",
        protocol=None,
        kind=Kind.REPLY,
        author="Jo & Mia O'Neill",
        email="jo@mail.example",
        author_url="http://jo.example/?lang=en&copy=2&x",
        html="<p>Ours sank.<br>Twice.</p><p><b>Wax</b> helps &amp; so does luck </p>",
        text="Ours sank.\nTwice.\n\nWax helps & so does luck",
    )


def test_a_comment_names_the_one_that_it_answers_and_waits_for_the_owner() -> None:
    answer = number(12)
    assert (answer.parent_id, answer.state) == ("wordpress:11", State.HELD)
    assert answer.author_url == ""
    assert answer.published_at == datetime(2010, 5, 18, 9, tzinfo=UTC)


def test_a_pingback_has_its_source_and_the_title_of_it() -> None:
    pingback = number(13)
    assert (pingback.protocol, pingback.kind) == (Protocol.PINGBACK, Kind.MENTION)
    assert (pingback.source, pingback.title) == ("http://quay.example/?p=1&x=2", "Night fishing \u2013 Quay 9")
    assert (pingback.author, pingback.author_url) == ("", "")
    assert pingback.text == "[…] as the paper boats did […]"


def test_a_trackback_has_the_title_that_stands_before_its_words() -> None:
    trackback = number(14)
    assert (trackback.protocol, trackback.state) == (Protocol.TRACKBACK, State.SPAM)
    assert (trackback.source, trackback.author) == ("http://harbour.example/fire", "Harbour News")
    assert (trackback.title, trackback.text) == ("Fire on the & water", "A night of lights")


def test_a_trackback_without_a_title_has_its_words() -> None:
    [trackback] = imported(HEAD + comment(1, comment_type="trackback", comment_author_url="https://a.example/") + TAIL)
    assert (trackback.title, trackback.text, trackback.author) == ("", "Hello", "Anna")


def test_a_webmention_is_known_by_what_the_plugin_has_noted() -> None:
    like = number(15)
    assert (like.protocol, like.kind, like.state) == (Protocol.WEBMENTION, Kind.LIKE, State.DELETED)
    assert (like.source, like.url) == ("https://bridge.example/like/1", "https://bo.example/likes/1")
    assert (like.author, like.author_url, like.author_photo) == (
        "Bo",
        "https://bo.example/",
        "https://bo.example/bo.jpg",
    )


def test_a_webmention_of_the_older_plugin_is_read_too() -> None:
    rsvp = number(16)
    assert (rsvp.kind, rsvp.rsvp, rsvp.source) == (Kind.RSVP, "yes", "https://lu.example/rsvp")


def test_comments_of_attachments_are_read() -> None:
    assert number(18).target == "https://lanterns.example/2010/05/paper-boats/boat/"


def test_what_not_everybody_may_read_is_passed_over_and_told() -> None:
    assert skipped(EXPORT) == [
        Skipped("wordpress:17", "It is neither a comment nor a linkback: its type is 'order_note'."),
        Skipped("wordpress:19", "Its post is not public: it is 'draft'."),
        Skipped("wordpress:20", "Its post is not public: it has a password."),
    ]


def test_control_characters_and_stray_bytes_cost_no_comment() -> None:
    export = HEAD + comment(1, "<![CDATA[a\x10b\ufffe]]>") + comment(2, "x &#31; &nbsp; ]]> y") + TAIL
    assert [one.text for one in imported(export)] == ["ab", "x  \xa0 ]]> y"]
    western = (HEAD + comment(3, "<![CDATA[caf@ é]]>") + TAIL).encode().replace(b"@", b"\xe9")
    assert [one.text for one in imported(western)] == ["café é"]


@pytest.mark.parametrize(
    "broken",
    [
        "<wp:comment>",
        "<wp:comment></wp:comment>",
        "<wp:comment><wp:comment_id>2</wp:comment_id>",
        "<wp:comment><wp:comment_id>2</wp:comment_id></wp:x></wp:comment>",
        "<wp:comment><wp:comment_id>2</wp:comment_id><x></wp:comment>",
        "<wp:comment><wp:comment_id>2</wp:comment_id></wp:comment></item></channel></rss>",
        "<wp:comment><wp:comment_id>two</wp:comment_id></wp:comment>",
        "<wp:comment " + "<x>" * 500 + "</wp:comment>",
        comment(2, comment_date_gmt="0000-00-00 00:00:00"),
        comment(2, comment_approved="perhaps"),
        comment(2, ""),
        comment(2, comment_type="pingback"),
        comment(2, comment_type="pingback", comment_author_url="javascript:alert(1)"),
    ],
)
def test_a_broken_comment_costs_no_other_and_is_told(broken: str) -> None:
    first, told, third = read(HEAD + comment(1) + broken + comment(3) + TAIL)
    assert isinstance(told, Skipped)
    assert [one.origin_id for one in (first, third) if isinstance(one, Imported)] == ["wordpress:1", "wordpress:3"]


def test_a_comment_without_a_post_is_told() -> None:
    told = skipped(HEAD + "</item><item><title>Nowhere</title>" + comment(2) + TAIL)
    assert told == [Skipped("wordpress:2", "The export does not say to which post it belongs.")]


def test_a_post_that_is_too_long_costs_only_its_own_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "LONGEST", 100_000)
    long = "<item><title>Long</title><content><![CDATA[" + "> x" * 100_000 + "]]></content>" + comment(1) + "</item>"
    other = "<item><link>https://blog.example/2/</link>" + comment(2)
    told = read(HEAD + "</item>" + long + other + TAIL)
    assert [one.origin_id for one in told] == ["", "wordpress:1", "wordpress:2"]
    assert isinstance(told[1], Skipped)
    assert isinstance(told[2], Imported)


def test_a_file_that_breaks_off_is_told_and_its_last_comment_is_not_half_read() -> None:
    whole = HEAD + comment(1) + comment(2, comment_parent="1") + TAIL
    *read_before, told = read(whole[: whole.index("<wp:comment_parent>")])
    assert [one.origin_id for one in read_before] == ["wordpress:1"]
    assert isinstance(told, Skipped)
    assert "breaks off" in told.why


def test_a_file_without_comments_has_none() -> None:
    assert read(HEAD + TAIL) == []
    assert read(HEAD.partition("<item>")[0] + "</channel></rss>") == []


def test_a_packed_file_is_unpacked() -> None:
    assert read(gzip.compress(EXPORT)) == read(EXPORT)


def test_a_file_that_was_saved_as_utf_16_is_read() -> None:
    assert read(EXPORT.decode().encode("utf-16")) == read(EXPORT)


@pytest.mark.parametrize(
    ("file", "what"),
    [
        (b"", "It is not XML."),
        (b"Hello", "It is not XML."),
        (b"PK\x03\x04", "zip archive"),
        (b"\x1f\x8b\x08\x00garbage", "It is not XML."),
        (b"<!DOCTYPE html><html></html>", "It begins with <!DOCTYPE html>."),
        (b'<!DOCTYPE rss [<!ENTITY a "b">]><rss xmlns:wp="http://wordpress.org/export/1.2/"/>', "<!DOCTYPE rss"),
        (b"<html><body>", "It begins with <html>."),
        (b'<rss version="2.0"><channel></channel></rss>', "It is a feed. In WordPress"),
    ],
)
def test_another_file_is_refused_with_what_it_is(file: bytes, what: str) -> None:
    with pytest.raises(NotAnExportError) as refused:
        read(file)
    assert what in str(refused.value)


@given(st.binary(max_size=300) | edited(EXPORT))
def test_whatever_the_file_is_there_are_values_or_it_is_refused(file: bytes) -> None:
    try:
        found = read(file)
    except NotAnExportError:
        return
    for one in found:
        assert isinstance(one, Skipped) or (one.target and one.published_at.tzinfo is UTC)


MEASURE = """
import sys
from linkback.imports.record import Imported
from linkback.imports.wordpress import read_wordpress

def most_kb():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1])

before = most_kb()
with open(sys.argv[1], "rb") as file:
    count = sum(isinstance(one, Imported) for one in read_wordpress(file))
print(count, most_kb() - before)
"""


def lines_of(count: int) -> Iterator[str]:
    yield HEAD
    for place in range(1, count + 1):
        if place % 1000 == 0:
            yield f"</item><item><link>https://blog.example/{place}/</link>"
        yield comment(place, f"<![CDATA[The {place}th of them, & not the last.\n\nIt ends here.]]>\n")
    yield TAIL


def memory_for(count: int, folder: Path) -> int:
    """How many kilobytes more a process needs at its peak, libxml2's included, which tracemalloc does not see."""
    export = folder / f"{count}.xml"
    with export.open("w") as file:
        file.writelines(lines_of(count))
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(export)], capture_output=True, text=True, check=True, timeout=100
    )
    found, kilobytes = map(int, done.stdout.split())
    assert found == count
    return kilobytes


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of a process's memory")
def test_the_memory_that_an_import_takes_does_not_grow_with_the_file(tmp_path: Path) -> None:
    ten_thousand, hundred_thousand = memory_for(10_000, tmp_path), memory_for(100_000, tmp_path)
    assert hundred_thousand < 10_000
    assert hundred_thousand - ten_thousand < 2_000
