"""Strangers' texts on one line: nothing that cannot be seen, and no more than fits."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.plain_text import clean, crop
from linkback.safe_xml import xml_text

texts = st.text(alphabet=st.characters())


def test_runs_of_white_space_of_every_kind_become_one_space() -> None:
    assert clean(" a \t\r\n b\u00a0c\u2028d\u3000e\x85f ") == "a b c d e f"


@pytest.mark.parametrize(
    "invisible",
    [
        *("\x00", "\x08", "\x1b", "\x7f", "\x9f", "\u00ad", "\u200b", "\u200e", "\u200f", "\u202e", "\u2066"),
        *("\u2060", "\ufeff", "\ufffe", "\ud800", "\U000e0041"),
    ],
)
def test_what_cannot_be_seen_is_dropped(invisible: str) -> None:
    assert clean(f"pay{invisible}pal") == "paypal"


@pytest.mark.parametrize("text", ["می‌خواهم", "क्‍ष", "👩‍👩‍👧", "e\u0301", "❤️"])
def test_what_scripts_and_emoji_are_spelled_with_stays(text: str) -> None:
    assert clean(text) == text


@given(texts)
def test_a_cleaned_text_is_clean_and_fit_for_xml(text: str) -> None:
    assert clean(clean(text)) == clean(text) == xml_text(clean(text))


def test_a_text_that_fits_stays_as_it_is() -> None:
    assert crop("ten chars.", 10) == "ten chars."
    assert crop("", 1) == ""


def test_a_text_that_is_too_long_is_cut_between_two_words() -> None:
    assert crop("one two three four", 12) == "one two…"
    assert crop("one two, three four", 12) == "one two…"
    assert crop("one two \u2013 three four", 12) == "one two…"


def test_a_text_without_spaces_is_cut_between_two_letters() -> None:
    assert crop("丘についてのいくつかの言葉", 6) == "丘について…"
    assert crop("a " + "b" * 20, 10) == "a " + "b" * 7 + "…"


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("aaaae\u0301bbb", "aaaa…"),
        ("aaa👩\u200d👧bbb", "aaa…"),
        ("aaaa👍\U0001f3fdbbb", "aaaa…"),
    ],
)
def test_a_letter_is_never_cut_from_what_belongs_to_it(text: str, cut: str) -> None:
    assert crop(text, 6) == cut


@given(texts.map(clean), st.integers(1, 40))
def test_a_cropped_text_is_no_longer_than_asked_and_begins_as_the_whole_one(text: str, length: int) -> None:
    cropped = crop(text, length)
    assert len(cropped) <= length
    assert cropped == text or (cropped.endswith("…") and text.startswith(cropped[:-1]))


@given(
    st.lists(st.sampled_from(["a", "a\u0301", "a\u0301\u0327", "丘", " "])).map("".join).map(clean), st.integers(4, 20)
)
def test_accents_stay_with_their_letters(text: str, length: int) -> None:
    cropped = crop(text, length)
    if cropped != text:
        assert unicodedata.category(text[len(cropped) - 1]) != "Mn"


def test_a_heap_of_accents_is_cut_where_the_text_must_end() -> None:
    assert crop("a" + "\u0301" * 100, 5) == "a\u0301\u0301\u0301…"
