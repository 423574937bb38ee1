"""Reads the entries of a JSON document of any size, one at a time."""

import json
from collections.abc import Collection, Iterator

_LONGEST = 1 << 23
"""So many characters may be waiting to be understood: an entry that is longer is not read."""


_SPACES = (" ", "\t", "\r", "\n")


class BrokenJsonError(ValueError):
    """A text that is no JSON, or that ends too soon."""


class _Text:
    """A text that is read on when more of it is needed, and forgotten behind what was read."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._texts = texts
        self._waiting = ""
        self._at = 0
        self._decoder = json.JSONDecoder(strict=False)

    def peek(self) -> str:
        """Tell the next character that is no white space, "" at the end."""
        while True:
            while self._waiting.startswith(_SPACES, self._at):
                self._at += 1
            if self._at < len(self._waiting) or not self._read_on():
                return self._waiting[self._at : self._at + 1]

    def take(self, expected: str) -> str:
        """Pass over the next character, which is one of those that are expected."""
        found = self.peek()
        if not found or found not in expected:
            message = f"{found!r} stands where one of {expected!r} should."
            raise BrokenJsonError(message)
        self._at += 1
        return found

    def value(self) -> object:
        """Read a whole value; one at the end of what is known may go on."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._waiting, self._at)
            except (ValueError, RecursionError) as error:
                if not self._read_on():
                    message = "A value is broken, or too long to be read."
                    raise BrokenJsonError(message) from error
                continue
            if end < len(self._waiting) or not self._read_on():
                self._at = end
                return value

    def _read_on(self) -> bool:
        """Take in more, and forget what was read; whether there was any."""
        self._waiting, self._at = self._waiting[self._at :], 0
        more = next(self._texts, None) if len(self._waiting) < _LONGEST else None
        self._waiting += more or ""
        return more is not None


def read_entries(texts: Iterator[str], names: Collection[str]) -> Iterator[object]:
    """
    Read the elements of arrays: of one that is the document, and of those that have one of the names in an object.

    Several documents may stand one after another, as the pages of an answer do that were put into one file.

    Raises:
        BrokenJsonError: where the text can be read no further; if it is empty, or an object has no such array.

    """
    text = _Text(texts)
    while True:
        yield from _elements(text) if text.peek() == "[" else _members(text, names)
        if not text.peek():
            return


def _elements(text: _Text) -> Iterator[object]:
    text.take("[")
    if text.peek() == "]":
        text.take("]")
        return
    end = ","
    while end == ",":
        yield text.value()
        end = text.take(",]")


def _members(text: _Text, names: Collection[str]) -> Iterator[object]:
    text.take("{")
    has_array, end = False, ","
    while end == ",":
        name = text.value()
        text.take(":")
        if name in names and text.peek() == "[":
            has_array = True
            yield from _elements(text)
        else:
            text.value()
        end = text.take(",}")
    if not has_array:
        message = f"There is no array named {' or '.join(names)} in it."
        raise BrokenJsonError(message)
