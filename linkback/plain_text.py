"""Plain text that strangers wrote, made fit to show on one line: no markup, no tricks, no more than fits."""

import re
import unicodedata

_INVISIBLE = re.compile(
    "["
    "\u0000-\u0008\u000e-\u001b\u007f-\u0084\u0086-\u009f"  # control characters that are no white space
    "\u00ad\u061c\u180e\u200b\u200e\u200f"  # soft hyphen, zero-width space, marks of direction
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates, which reorder the text around them
    "\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffc"  # joiners without width, byte order mark, annotations
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # lone surrogates and noncharacters, which no feed can carry
    "\U000e0000-\U000e007f"  # tags: letters that nobody sees
    "]"
)
_JOINER = "\u200d"
_DANGLING = " ,;:-\u2013\u2014(["


def visible(text: str) -> str:
    """
    Drop what cannot be seen, but for white space.

    The zero-width joiner and non-joiner stay: Persian, the Indic scripts and emoji are spelled with them.
    """
    return _INVISIBLE.sub("", text)


def clean(text: str) -> str:
    """Drop what cannot be seen and write every run of white space as one space."""
    return " ".join(visible(text).split())


def crop(text: str, length: int) -> str:
    """
    Shorten a cleaned text to at most `length` characters (at least 1), between two words, and end it with "…".

    A text without a space in its second half, such as Japanese or a URL, is cut between two letters instead: between a
    letter and its accents only if there is nothing but accents to cut.
    """
    if len(text) <= length:
        return text
    space = text.rfind(" ", 0, length)
    end = space if space >= length // 2 else _between_letters(text, length - 1)
    return text[:end].rstrip(_DANGLING) + "…"


def _between_letters(text: str, end: int) -> int:
    """The last place up to `end` where a character begins that does not belong to the one before it."""
    place = end
    while place > 0 and (_continues(text[place]) or text[place - 1] == _JOINER):
        place -= 1
    return place or end


def _continues(char: str) -> bool:
    return char == _JOINER or unicodedata.category(char).startswith("M") or "\U0001f3fb" <= char <= "\U0001f3ff"
