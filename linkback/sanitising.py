"""Makes HTML that strangers wrote fit to be shown on our pages and in feeds."""

import re
from html import escape, unescape

import nh3

from linkback.markup import HIDDEN
from linkback.plain_text import clean, crop, visible

MAX_CONTENT = 10_000
MAX_WORDS = 2_000

_MAX_HTML = 50_000  # characters; cleaning takes time that grows with the square of the depth

TAGS = frozenset(
    {"a", "abbr", "b", "blockquote", "br", "cite", "code", "del", "em", "i", "li", "ol", "p", "pre", "q"}
    | {"strong", "ul"}
)
ATTRIBUTES = {"a": {"href"}, "abbr": {"title"}}
SCHEMES = frozenset({"http", "https", "mailto"})

_CLEANER = nh3.Cleaner(
    tags=set(TAGS),
    attributes={"*": set(), **ATTRIBUTES},  # without the "*" every element could have a title and a language
    url_schemes=set(SCHEMES),
    url_relative="deny",
    clean_content_tags=HIDDEN | {"math", "svg"},
    link_rel="nofollow ugc noopener",
)

_BLOCK_END = re.compile(r"</(?:p|li|blockquote|pre|ol|ul)>|<br>")
_TAG = re.compile(r"<[^>]*>")
_BLANK_LINES = re.compile(r"\n{3,}")

_WHITE_SPACE = dict.fromkeys(map(ord, "\r\v\f\x1c\x1d\x1e\x1f\x85"), " ")
"""What Python takes for white space, and XML for nothing that it can carry."""


def safe_html(html: str, words: str) -> str:
    """
    Keep of some HTML the words, simple markup and links that do no harm.

    Links must be absolute; they are told to be a stranger's (rel="nofollow ugc noopener"). HTML that would be longer
    than MAX_CONTENT characters is shown by its first `words` instead, which are its text without markup.
    """
    if len(html) > _MAX_HTML:
        return paragraph(words)
    # Before the cleaner they are letters, or half ones, which it cannot take; after it also what was written as &#8238;
    safe = visible(_CLEANER.clean(visible(html))).translate(_WHITE_SPACE).strip()
    return safe if len(safe) <= MAX_CONTENT else paragraph(words)


def words_of(html: str) -> str:
    """The words of safe HTML, its blocks on lines of their own."""
    return _BLANK_LINES.sub("\n\n", unescape(_TAG.sub("", _BLOCK_END.sub("\n", html)))).strip()


def paragraph(words: str) -> str:
    """Write plain text as HTML, no more of it than MAX_WORDS characters; "" if it says nothing."""
    shown = crop(clean(words), MAX_WORDS)
    return f"<p>{escape(shown, quote=False)}</p>" if shown else ""
