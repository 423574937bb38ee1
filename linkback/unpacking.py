"""Compressed bodies (RFC 9110 section 8.4.1) unpacked portion by portion, never into more than was asked for."""

import zlib

_GZIP = 31
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS


class BadEncodingError(ValueError):
    """A body in an encoding that we did not ask for, or that is not in the one that it claims."""


class Unpacker:
    """Unpacks one body; `encoding` is its Content-Encoding, empty for none."""

    def __init__(self, encoding: str) -> None:
        """Begin; BadEncodingError if the encoding is none of gzip and deflate, or more than one of them."""
        self._encoding = encoding.strip().lower()
        if self._encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            message = f"its Content-Encoding {encoding[:60]!r} was not asked for"
            raise BadEncodingError(message)
        self._unpacker = zlib.decompressobj(_ZLIB if self._encoding == "deflate" else _GZIP)
        self._has_begun = False

    def unpack(self, portion: bytes, most: int) -> bytes:
        """
        Unpack the next portion into no more than `most` bytes (at least 1); what would be more is lost.

        Raises:
            BadEncodingError: if the body is damaged.
        """
        if self._encoding in {"", "identity"}:
            return portion[:most]
        try:
            return self._next(portion, most)
        except zlib.error as error:
            message = f"its {self._encoding} is damaged: {error}"
            raise BadEncodingError(message) from error

    def _next(self, portion: bytes, most: int) -> bytes:
        is_first, self._has_begun = not self._has_begun, True
        try:
            return self._unpacker.decompress(portion, most)
        except zlib.error:
            if not is_first or self._encoding != "deflate":
                raise
            # Some servers send deflate without the zlib header that the specification asks for.
            self._unpacker = zlib.decompressobj(_RAW)
            return self._unpacker.decompress(portion, most)
