"""The names of encodings, as the web reads them (encoding.spec.whatwg.org)."""

import webencodings

_UNUSABLE = frozenset({"x-user-defined", "replacement"})


def find_encoding(label: str) -> webencodings.Encoding | None:
    """
    Say which encoding a label means; None if the web knows no such label, or none that text is written in.

    A label is read as browsers read it: iso-8859-1 means windows-1252, whose quotation marks stand where the former
    has controls that nobody means; shift_jis has Microsoft's additions; UTF-7 is no encoding.
    """
    try:
        encoding = webencodings.lookup(label)
    except UnicodeError:
        return None  # it has a lone surrogate: a byte of the header that was not UTF-8
    return None if encoding is None or encoding.name in _UNUSABLE else encoding
