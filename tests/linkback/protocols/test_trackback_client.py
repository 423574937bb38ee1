"""What senders of trackbacks write, and how they read what endpoints answer."""

from contextlib import suppress
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.mentions import Ping, Protocol
from linkback.protocols import trackback
from linkback.protocols.trackback import TrackbackError
from linkback.protocols.trackback_client import LONGEST_MESSAGE, NoAnswerError, decode_response, encode_ping

OF_WORDPRESS = """<?xml version="1.0" encoding="UTF-8"?>
<error>
    <code>comment_duplicate</code>
    <title><![CDATA[WordPress]]></title>
    <message><![CDATA[Duplicate comment detected]]></message>
    <data><status>409</status></data>
</error>"""
PING = Ping(Protocol.TRACKBACK, "https://a.example/?p=1&q=é", "https://b.example/", "Été & more", "Words…", "The blog")


def test_a_ping_is_read_by_our_own_receiver_as_it_was_written() -> None:
    assert trackback.decode(encode_ping(PING), "utf-8", PING.target) == PING


def test_a_page_without_title_is_called_by_its_address_and_what_is_empty_is_left_out() -> None:
    form = parse_qs(encode_ping(Ping(Protocol.TRACKBACK, "https://a.example/", "")).decode(), keep_blank_values=True)
    assert form == {"url": ["https://a.example/"], "title": ["https://a.example/"], "charset": ["utf-8"]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('<?xml version="1.0" encoding="utf-8"?><response><error>0</error></response>', ""),
        ("\n\n<?xml version='1.0'?><response><error> 0 </error></response>", ""),
        ("<response><error>0</error><message>Thanks\n &amp; bye</message></response>", "Thanks & bye"),
        ("<b>Warning</b>: in x.php<response><error>0</error></response>", ""),
        ("<response><error>0</error><message>Fish & chips</message></response>", "Fish & chips"),
    ],
)
def test_an_error_of_0_is_success(body: str, message: str) -> None:
    assert decode_response(body.encode()) == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("<response><error>1</error><message>Closed &lt;here&gt;.</message></response>", "Closed <here>."),
        ("<response><error>2</error></response>", ""),
        ("<response><error></error><message>x</message></response>", "x"),
        ("<response><error/></response>", ""),
        ("<response><error>00</error></response>", ""),
        (OF_WORDPRESS, "Duplicate comment detected"),
        ("<br />oops<response><error>1</error><message>No & no</message>", "No & no"),
    ],
)
def test_everything_else_is_an_error_with_its_message(body: str, message: str) -> None:
    assert decode_response(body.encode()) == TrackbackError(message)


@pytest.mark.parametrize("body", [b"", b"<html><p>Not found</p></html>", b"<!DOCTYPE html><p>error", b"\xff\xfe", b"0"])
def test_what_is_no_answer_is_told_apart(body: bytes) -> None:
    with pytest.raises(NoAnswerError):
        decode_response(body)


def test_what_our_own_receiver_writes_is_read() -> None:
    assert decode_response(trackback.encode_success("Thanks")) == "Thanks"
    assert decode_response(trackback.encode_error("Closed")) == TrackbackError("Closed")


def test_a_message_of_endless_digits_does_not_stop_the_sender() -> None:
    body = b"<response><error>1</error><message>&#" + b"9" * 10_000 + b"</message>"
    answer = decode_response(body)
    assert isinstance(answer, TrackbackError)
    assert len(answer.message) <= LONGEST_MESSAGE


@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: f"<error>{text}</error>".encode("utf-8", "replace"))
)
def test_every_answer_is_read_or_told_apart(body: bytes) -> None:
    with suppress(NoAnswerError):
        assert isinstance(decode_response(body), str | TrackbackError)
