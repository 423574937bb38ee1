"""A comment by form, by JSON and as an RSS item is the same comment."""

import json
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.comments import Draft
from linkback.protocols.comment_submission import Submission, SubmissionError, decode

FORM = "application/x-www-form-urlencoded"
FIELDS = {"name": "Alice", "email": "alice@example.org", "website": "https://alice.example/", "text": "Well said."}
DRAFT = Draft("Alice", "alice@example.org", "https://alice.example/", "Well said.")
ITEM = (
    '<?xml version="1.0"?><item><title>Re: Post</title><author>alice@example.org (Alice)</author>'
    "<link>https://alice.example/</link><description>Well said.</description></item>"
)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (urlencode(FIELDS), FORM),
        (urlencode(FIELDS), ""),
        (json.dumps(FIELDS), "application/json"),
        (ITEM, "text/xml"),
        (ITEM, "application/rss+xml"),
    ],
)
def test_three_ways_of_saying_the_same(body: str, media_type: str) -> None:
    assert decode(body.encode(), media_type, "") == Submission(DRAFT)


def test_a_form_brings_its_stamp_its_trap_and_what_it_answers() -> None:
    fields = FIELDS | {"stamp": "signed", "subject": "pills", "in_reply_to": " ABC "}
    submission = decode(urlencode(fields).encode(), FORM, "")
    assert (submission.stamp, submission.draft.trap, submission.draft.in_reply_to) == ("signed", "pills", "abc")


@pytest.mark.parametrize(
    ("item", "name", "email", "text"),
    [
        ("<item><author>Alice</author><description>x</description></item>", "Alice", "", "x"),
        ("<item><author>alice@example.org</author><title>x</title></item>", "alice", "alice@example.org", "x"),
        (
            '<item xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>Al</dc:creator><title>t</title></item>',
            *("Al", "", "t"),
        ),
    ],
)
def test_an_item_names_its_author_in_one_of_the_ways_of_rss(item: str, name: str, email: str, text: str) -> None:
    draft = decode(item.encode(), "text/xml", "").draft
    assert (draft.name, draft.email, draft.text) == (name, email, text)


@pytest.mark.parametrize(("typed", "website"), [("alice.example", "https://alice.example"), ("no site", "no site")])
def test_a_website_may_be_written_without_its_scheme(typed: str, website: str) -> None:
    assert decode(urlencode({"website": typed}).encode(), FORM, "").draft.website == website


@pytest.mark.parametrize(
    ("body", "media_type", "words"),
    [
        (b"name=%ff", FORM, "UTF-8"),
        (b"\xff", FORM, "UTF-8"),
        (b"&".join([b"a=b"] * 40), FORM, "too many fields"),
        (b"{", "application/json", "not JSON"),
        (b"[]", "application/json", "an object"),
        (b'{"name": 1}', "application/json", "'name' must be a string"),
        (b"<item>", "text/xml", "not well-formed"),
        (b"<rss/>", "text/xml", "an RSS <item>"),
        (b"x", "image/png", "image/png"),
    ],
)
def test_what_is_no_comment_is_refused_in_words(body: bytes, media_type: str, words: str) -> None:
    with pytest.raises(SubmissionError, match=words):
        decode(body, media_type, "")


@given(st.binary(), st.sampled_from([FORM, "application/json", "text/xml"]), st.sampled_from(["", "utf-8", "x"]))
def test_any_bytes_give_a_submission_or_a_submission_error(body: bytes, media_type: str, charset: str) -> None:
    with suppress(SubmissionError):
        decode(body, media_type, charset)
