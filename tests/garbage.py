"""What a stranger may send, from what is nearly right to garbage: strategies for Hypothesis."""

import gzip
import xmlrpc.client
import zlib
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from wire import request_of

Header = tuple[str, bytes]

MOST_EDITS = 3
LONG = 2100
LONGER_THAN_IS_READ = 66_000

ODD_TEXT = st.text(max_size=20) | st.sampled_from(
    [
        *("\x00", "\r\n", "\ud7ff\ufffe", "\u202e", "é", "+", "%", "%00", "%ff", "%c3%28"),
        *("&amp;", "&x;", "<!--", "]]>", "--"),
    ]
)
ODD_BYTES = st.binary(min_size=1, max_size=40) | st.sampled_from([b"{", b"..", b".", b"/", b"%00", b"\xff", b"\xc3"])

SCRIPTS = [
    *(b"<script>alert(1)</script>", b"<scr<script>ipt>alert(1)</script>", b"+ADw-script+AD4-"),
    *(b"&lt;script&gt;alert(1)&lt;/script&gt;", b'"><img src=x onerror=alert(1)>'),
]
CHARACTERS = [
    *(b"\x1b[31m", b"\xe2\x80\xae", b"\xef\xbf\xbf", b"\x1b$B<\x1b(B", b"&#0;&#x1f;&#xd800;&#xffff;"),
    *(b"&#x1F600;" * 200, b" " * 300, b"]]><x>", b"--><!--"),
]
WORDS = st.binary(max_size=20) | ODD_TEXT.map(str.encode) | st.sampled_from(SCRIPTS + CHARACTERS)
"""What the fields of a trackback may hold."""

SCHEMES = st.sampled_from(["http", "https", "HTTP", "ftp", "javascript", "data", "file", "", "//", "http:/"])
USERS = st.sampled_from(["", "", "", "user@", "user:pass@", "@", "a@b@"])
HOSTS = st.sampled_from(
    [
        *("ours.example", "bücher.example", "xn--a", "a..b", ".", "", "localhost", "-", "a" * 64 + ".example"),
        *("127.0.0.1", "127.1", "0x7f000001", "2130706433", "256.1.1.1", "10.0.0.1", "169.254.169.254"),
        *("[::1]", "[::ffff:10.0.0.1]", "[fe80::1%25eth0]", "[", "]", "[::1", "[v1.x]", "\u2488.example", "\ufe6b"),
    ]
)
PORTS = st.sampled_from(["", "", ":80", ":", ":0", ":65536", ":-1", ":8\u0660", ":x", ":99999999999999999999"])
PARTS = st.sampled_from(["", "/", "/post", "/../..", "/%2e%2e/", "//", "/a b", "/\\", "/" + "x" * LONG]) | ODD_TEXT

CHARSETS = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=8) | st.sampled_from(
    [
        *("utf-8", '"utf-8"', "us-ascii", "ISO-8859-1", "shift_jis", "UTF-16", "utf-7", "utf-32", "x-user-defined"),
        *("idna", "punycode", "rot13", "hex", "zlib", "undefined", "unicode_escape", "no such", "'", '"', "*", "=?"),
    ]
)
MEDIA_TYPES = st.sampled_from(
    [
        *("text/xml", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "text/html"),
        *("application/json", "text", "/", "", ";", "a/b/c", 'text/xml; boundary="', "text/xml;;;"),
    ]
)


def urls(known: str) -> SearchStrategy[str]:
    """Addresses: a known one, with something done to it, and others with whatever may stand in an address."""
    made = st.builds("{}://{}{}{}{}?{}{}".format, SCHEMES, USERS, HOSTS, PORTS, PARTS, ODD_TEXT, ODD_TEXT)
    like_it = st.integers(0, 20).map(lambda number: f"{known}?page={number}")
    beside = st.builds(known.__add__, PARTS | ODD_TEXT.map("?{}".format) | ODD_TEXT.map("#{}".format))
    return st.just(known) | like_it | beside | made | ODD_TEXT


PIECES = [
    *(b"<", b"&", b"%", b"\xff", b"\x00", b"&#0;", b"&#xD800;", b"&x;", b"<!--", b"<![CDATA[", b"]]>", b"<?x y?>"),
    *(b"<!DOCTYPE x>", b'<?xml version="1.0" encoding="utf-7"?>', b"\xef\xbb\xbf", b"\xff\xfe", b"<value>" * 40),
]


def edited(valid: bytes) -> SearchStrategy[bytes]:
    """The same with a few places cut out, doubled, or replaced by other bytes."""
    place = st.integers(0, len(valid))
    edits = st.tuples(place, st.integers(0, 8), st.binary(max_size=6) | st.sampled_from(PIECES))
    return st.lists(edits, max_size=MOST_EDITS).map(lambda wanted: _edit(valid, wanted))


def _edit(valid: bytes, edits: Iterable[tuple[int, int, bytes]]) -> bytes:
    for start, length, instead in edits:
        valid = valid[:start] + instead + valid[start + length :]
    return valid


def calls(source: str, target: str) -> SearchStrategy[bytes]:
    """Bodies for an XML-RPC endpoint that takes pings of a source that links to a target."""
    valid = xmlrpc.client.dumps((source, target), "pingback.ping").encode()
    anything = _values(source, target)
    pings = st.tuples(urls(source) | anything, urls(target) | anything).map(lambda pair: dumped(pair, "pingback.ping"))
    others = st.builds(dumped, st.lists(anything, max_size=2).map(tuple), METHODS)
    several = st.lists(_items(source, target) | anything, max_size=4)
    multicalls = several.map(lambda items: dumped((items,), "system.multicall"))
    encoded = st.sampled_from(["utf-16", "utf-16-le", "utf-32", "utf-7", "cp037"]).map(valid.decode().encode)
    trees = TREES | TREES.map("<methodCall><methodName>pingback.ping</methodName>{}</methodCall>".format)
    return st.binary(max_size=200) | edited(valid) | encoded | pings | others | multicalls | trees.map(_encoded)


METHODS = st.sampled_from(
    [
        *("pingback.ping", "pingback.extensions.getPingbacks", "system.listMethods", "system.methodHelp", "no.such"),
        *("system.methodSignature", "system.multicall", "system.getCapabilities", "", "a b", "<", "__class__"),
    ]
)

TAGS = st.sampled_from(
    [
        *("methodCall", "methodName", "params", "param", "value", "string", "int", "i4", "i8", "double", "boolean"),
        *("dateTime.iso8601", "base64", "nil", "array", "data", "struct", "member", "name", "x:y", 'a b="c"'),
    ]
)
TREES = st.recursive(
    st.text("019.-T:aé <&\x00", max_size=6),
    lambda inner: st.tuples(TAGS, st.lists(inner, max_size=3)).map(
        lambda node: f"<{node[0]}>{''.join(node[1])}</{node[0].split(' ')[0]}>"
    ),
    max_leaves=8,
)


def dumped(params: tuple[Any, ...], method: str) -> bytes:
    """A call as Python's own client writes it."""
    return _encoded(xmlrpc.client.dumps(params, method, allow_none=True))


def _values(source: str, target: str) -> SearchStrategy[Any]:
    numbers = st.integers(-(2**31), 2**31 - 1) | st.floats() | st.booleans() | st.none()
    scalars = numbers | ODD_TEXT | st.binary(max_size=5) | st.sampled_from([source, target, "pingback.ping"])
    names = st.sampled_from(["methodName", "a"]) | ODD_TEXT
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner), max_leaves=6
    )


def _items(source: str, target: str) -> SearchStrategy[dict[str, Any]]:
    """What stands in a call of system.multicall."""
    params = st.just([source, target]) | st.lists(_values(source, target), max_size=3)
    return st.fixed_dictionaries({"methodName": METHODS, "params": params})


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def forms(**known: str) -> SearchStrategy[bytes]:
    """Bodies of forms with these fields, which may be missing, repeated, binary, or not escaped."""
    valid = b"&".join(b"%s=%s" % (name.encode(), quote_from_bytes(known[name].encode()).encode()) for name in known)
    words = st.one_of(CHARSETS, *(urls(value) for value in known.values()))
    values = words.map(_encoded) | st.binary(max_size=20)
    names = st.sampled_from([*known, "title", "excerpt", "blog_name", "charset", ""]).map(_encoded)
    fields = st.builds(_field, names | st.binary(max_size=5), values, is_escaped=st.booleans())
    beside = st.lists(fields, max_size=5).map(lambda more: b"&".join([valid, *more]))
    instead = st.lists(fields, max_size=5).map(b"&".join)
    return st.just(valid) | beside | instead | edited(valid) | st.binary(max_size=200)


def _field(name: bytes, value: bytes, *, is_escaped: bool) -> bytes:
    return name + b"=" + (quote_from_bytes(value).encode() if is_escaped else value)


def labels() -> SearchStrategy[list[Header]]:
    """What a request says about its body, and what it asks for."""
    charset = CHARSETS.map(lambda label: "; charset=" + label)
    content_type = st.builds(str.__add__, MEDIA_TYPES, st.just("") | charset).map(_latin)
    accept = st.sampled_from([b"text/html", b"*/*", b"application/json;q=x", b"", b"\xff", b"text/html;charset=\xe9"])
    return st.tuples(
        st.lists(content_type.map(lambda value: ("Content-Type", value)), max_size=1),
        st.lists(accept.map(lambda value: ("Accept", value)), max_size=1),
    ).map(lambda lists: lists[0] + lists[1])


def _latin(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def posts(path: bytes, body: SearchStrategy[bytes]) -> SearchStrategy[bytes]:
    """Requests with such a body: plain, in chunks, packed or said to be, too long, or without one."""

    def packed(told: list[Header], sent: bytes, coding: Coding) -> bytes:
        return request_of("POST", path, [*told, ("Content-Encoding", coding[0])], coding[1](sent))

    def in_chunks(told: list[Header], sent: bytes, size: int) -> bytes:
        return request_of("POST", path, [*told, ("Transfer-Encoding", b"chunked")], _in_chunks(sent, size))

    plain = st.builds(lambda told, sent: request_of("POST", path, told, sent), labels(), body)
    too_long = body.map(lambda sent: request_of("POST", path, body=sent + b" " * LONGER_THAN_IS_READ))
    return st.one_of(
        *(plain, plain, plain),
        st.builds(in_chunks, labels(), body, st.integers(1, 300)),
        st.builds(packed, labels(), body, CODINGS),
        too_long,
        st.just(request_of("POST", path, body=b"")),
    )


Coding = tuple[bytes, Callable[[bytes], bytes]]

CODINGS: SearchStrategy[Coding] = st.sampled_from(
    [
        *((b"gzip", gzip.compress), (b"deflate", zlib.compress), (b"GZIP", lambda body: gzip.compress(body)[:-9])),
        *((b"gzip", bytes), (b"x-nonsense", bytes), (b"identity", bytes), (b"", bytes)),
    ]
)


def _in_chunks(body: bytes, size: int) -> bytes:
    chunks = (body[start : start + size] for start in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def queries(known: str) -> SearchStrategy[bytes]:
    """Queries that name a post: rightly, twice, not at all, and in bytes that are no text."""
    escaped = urls(known).map(_encoded) | st.binary(max_size=20)
    targets = escaped.map(lambda raw: b"target=" + quote_from_bytes(raw).encode())
    others = st.sampled_from(
        [
            *(
                b"__mode=rss",
                b"type=x",
                b"&&",
                b"=",
                b"a[]=%",
                b"target",
                b"%ff=%fe",
                b"?",
                b"target=a+b",
                b"target=a;b",
            ),
            *(b'target="><script>alert(1)</script>', b"target=http://[::1", b"target=%F0%9F", b"target=%00"),
        ]
    )
    return st.lists(targets | targets | others, max_size=3).map(b"&".join)
