"""
Canonical forms of URLs.

A URL has three forms: *raw*, as somebody wrote it; *text*, as it is fetched; and *key*, by which two spellings of one
page are found to be the same. Only `text` and `key` change anything, and only by rules that hold for every server:
RFC 3986 section 6.2.2 and 6.2.3, and UTS 46 for names.
"""

import ipaddress
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

MAX_LENGTH = 2048
MAX_HOST_LENGTH = 253
DEFAULT_PORTS = {"http": 80, "https": 443}
TRACKING = re.compile(
    r"utm_[a-z]+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|yclid|ref_src|_hsenc|_hsmi|replytocom", re.IGNORECASE
)

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")
_IPV6_NETLOC = re.compile(r"\[[0-9A-Fa-f:.]+\](:[0-9]*)?")  # without zones, which mean something on one machine only
_NUMERIC_END = re.compile(r"(^|\.)([0-9]+|0x[0-9a-f]*)$")
_CANONICAL = re.compile(
    r"(https?)://((?:[a-z0-9-]{1,63}\.){1,3}[a-z][a-z0-9-]{0,62})(?::([1-9][0-9]{0,3}))?"
    r"((?:/(?!\.)[A-Za-z0-9._~!$&'()*+,;=:@-]*)*)"
    r"(?:\?([A-Za-z0-9._~!$&'()*+,;=:@/?-]*))?(?:#([A-Za-z0-9._~!$&'()*+,;=:@/?-]+))?"
)
"""What most URLs look like: nothing in them needs to be changed."""

_BREAKS = re.compile(r"[\t\n\r]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEEP = "%!$&'()*+,;=:@/?"


class UrlError(ValueError):
    """A text that cannot be used as the URL of a web page; `text` is what was given, `why` says what is wrong."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(f"{text[:200]!r} {why}")
        self.text = text
        self.why = why


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute http or https URL, taken apart and normalised; `raw` is the spelling that it came in."""

    raw: str = field(compare=False)
    scheme: str
    host: str
    port: int
    path: str
    query: str | None
    fragment: str | None

    @property
    def authority(self) -> str:
        """Host and, where it is not the scheme's own, port; as in a Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def text(self) -> str:
        """The form that is fetched: everything but the fragment."""
        query = "" if self.query is None else f"?{self.query}"
        return f"{self.scheme}://{self.authority}{self.path}{query}"

    @property
    def key(self) -> str:
        """The form that identifies the page: `text` without the parameters that only count clicks."""
        query = untracked(self.query)
        return f"{self.scheme}://{self.authority}{self.path}" + ("" if query is None else f"?{query}")

    def join(self, reference: str) -> "Url":
        """
        Resolve a reference found on this page (RFC 3986 section 5), with the white space that browsers forgive.

        Raises:
            UrlError: if what comes out is no http or https URL.
        """
        try:
            return parse_url(urljoin(self.text, _BREAKS.sub("", reference).strip(" ").replace(" ", "%20")))
        except UrlError:
            raise
        except ValueError as error:
            raise UrlError(reference, f"is not a URL: {error}") from error


def parse_url(text: str) -> Url:
    """
    Read an absolute URL.

    Raises:
        UrlError: if it is too long, not http or https, has no host, carries a user name, or is malformed.
    """
    plain = _CANONICAL.fullmatch(text) if len(text) <= MAX_LENGTH else None
    return _read_split(text) if plain is None else _read_canonical(text, plain)


def _read_canonical(text: str, match: re.Match[str]) -> Url:
    scheme, host, port, path, query, fragment = match.groups()
    return Url(text, scheme, host, int(port) if port else DEFAULT_PORTS[scheme], path or "/", query, fragment)


def _read_split(text: str) -> Url:
    parts = _split(text)
    url = Url(
        raw=text,
        scheme=parts.scheme,
        host=_canonical_host(text, parts.hostname or ""),
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        path=_remove_dot_segments(_canonical_escapes(parts.path)) or "/",
        query=_canonical_escapes(parts.query) if _has_query(text) else None,
        fragment=parts.fragment or None,
    )
    if len(url.text) > MAX_LENGTH:
        raise UrlError(text, f"is longer than {MAX_LENGTH} characters once its letters beyond ASCII are escaped.")
    return url


def _split(text: str) -> SplitResult:
    """Take a URL apart, without what the standard library would pass over or find only later."""
    if len(text) > MAX_LENGTH:
        raise UrlError(text, f"is longer than {MAX_LENGTH} characters.")
    if _FORBIDDEN.search(text):
        raise UrlError(text, "contains a space, a backslash, a control character or half a character.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UrlError(text, f"is not a URL: {error}.") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise UrlError(text, "is not an http or https URL.")
    if not parts.hostname:
        raise UrlError(text, "names no host.")
    if "@" in parts.netloc:
        raise UrlError(text, "carries a user name; such a URL is not public.")
    if port == 0:
        raise UrlError(text, "names port 0.")
    if "[" in parts.netloc and not _IPV6_NETLOC.fullmatch(parts.netloc):
        raise UrlError(text, "has a malformed IPv6 address.")
    return parts


def untracked(query: str | None) -> str | None:
    """Drop the parameters that only tell where a visitor came from; the order of the others is kept."""
    if query is None:
        return None
    kept = [pair for pair in query.split("&") if not TRACKING.fullmatch(pair.split("=", 1)[0])]
    return "&".join(kept) if kept else None


def _has_query(text: str) -> bool:
    return "?" in text.split("#", 1)[0]


def _canonical_host(text: str, hostname: str) -> str:
    if ":" in hostname:
        try:
            return str(ipaddress.IPv6Address(hostname))
        except ValueError as error:
            raise UrlError(text, "has a malformed IPv6 address.") from error
    try:
        ascii_name = hostname if hostname.isascii() else idna.encode(hostname, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise UrlError(text, f"has an impossible host name: {error}.") from error
    host = ascii_name.lower().removesuffix(".")
    if not re.fullmatch(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", host) or len(host) > MAX_HOST_LENGTH:
        raise UrlError(text, "has an impossible host name.")
    if _NUMERIC_END.search(host) and not _is_ipv4(host):
        raise UrlError(text, "has a malformed IPv4 address; write its four numbers in decimal.")
    return host


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _canonical_escapes(part: str) -> str:
    """Decode what needs no escape, write the other escapes in capitals, and escape what must be."""

    def canonical(match: re.Match[str]) -> str:
        char = chr(int(match[1], 16))
        return char if char in _UNRESERVED else match[0].upper()

    safe = quote(part, safe=_KEEP, encoding="utf-8", errors="replace")
    return _ESCAPE.sub(canonical, re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", safe))


def _remove_dot_segments(path: str) -> str:
    """RFC 3986 section 5.2.4, for a path that begins with a slash or is empty."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept) if segments else ""
