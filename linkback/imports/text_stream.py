"""Reads a file as text, portion by portion, so that its length does not matter."""

import codecs
import re
import zlib
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from linkback.imports.record import NotAnExportError

_PORTION = 1 << 16
_GZIP = b"\x1f\x8b"
_GZIP_FORMAT = 31  # as zlib calls it
_ZIP = b"PK\x03\x04"
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_STRAY_BYTE = re.compile("[\udc80-\udcff]")


def read_text(file: BinaryIO) -> Iterator[str]:
    """
    Read a file from where it stands to its end; one that gzip has packed is unpacked.

    It is UTF-8, or what its byte order mark says. Single bytes that are no UTF-8 are read as windows-1252: in one and
    the same export there are both, since WordPress writes what the database has and declares what the blog is set to.

    Raises:
        NotAnExportError: if the file is a zip archive.

    """
    head = file.read(_PORTION)
    if head.startswith(_ZIP):
        message = "The file is a zip archive. Unpack it, and import the file that is in it."
        raise NotAnExportError(message)
    portions = chain([head], iter(lambda: file.read(_PORTION), b""))
    yield from _decoded(_unpacked(portions) if head.startswith(_GZIP) else portions)


def _unpacked(portions: Iterator[bytes]) -> Iterator[bytes]:
    """What was packed, up to where it is damaged."""
    unpacker = zlib.decompressobj(_GZIP_FORMAT)
    try:
        for portion in portions:
            waiting = portion
            while waiting:
                yield unpacker.decompress(waiting, _PORTION)
                waiting = unpacker.unconsumed_tail
    except zlib.error:
        return


def _decoded(portions: Iterator[bytes]) -> Iterator[str]:
    head = next(portions, b"")
    encoding = next((codec for mark, codec in _BOMS if head.startswith(mark)), "")
    if encoding:
        decode = codecs.getincrementaldecoder(encoding)("replace").decode
    else:
        decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode
    for portion in chain([head], portions):
        yield _STRAY_BYTE.sub(_western, decode(portion))
    yield _STRAY_BYTE.sub(_western, decode(b"", final=True))


def _western(escaped: re.Match[str]) -> str:
    return escaped[0].encode("utf-8", "surrogateescape").decode("cp1252", "replace")
