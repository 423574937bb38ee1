"""Turns what a person types into a comment form into safe HTML."""

import re
from html import escape

from linkback.sanitising import safe_html

_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_BLOCK = re.compile(r"\s*</?(?:p|ul|ol|li|blockquote|pre)\b", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


def comment_html(text: str) -> str:
    """
    Make paragraphs of what blank lines divide, and lines of lines; keep the simple markup that the form allows.

    What is not markup that is allowed stays as words or is dropped, never run.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    html = "\n".join(map(_paragraph, filter(str.strip, _BLANK_LINES.split(lines))))
    return safe_html(html, _TAG.sub("", lines))


def _paragraph(block: str) -> str:
    """A block that brings its own elements is left as it is; a "<" that begins no tag is a letter."""
    marked = _escape_letters(block)
    return marked if _BLOCK.match(block) else f"<p>{marked.strip().replace(chr(10), '<br>')}</p>"


def _escape_letters(block: str) -> str:
    """Escape what lies between tags, so that "a < b" survives; references that were typed stay references."""
    parts, end = [], 0
    for tag in _TAG.finditer(block):
        parts += [_letters(block[end : tag.start()]), tag[0]]
        end = tag.end()
    return "".join([*parts, _letters(block[end:])])


def _letters(text: str) -> str:
    return re.sub(r"&amp;(#?\w{1,31};)", r"&\1", escape(text, quote=False))
