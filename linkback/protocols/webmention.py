"""Webmention (W3C Recommendation, 2017-01-12): the form that tells of a link, section 3.1.3 and 3.2.1."""

from collections import Counter
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from linkback.mentions import Ping, Protocol

MOST_FIELDS = 50
_REQUIRED = ("source", "target")


@dataclass(frozen=True, slots=True)
class WebmentionError:
    """A request that cannot be read; `message` says what it lacks."""

    message: str


def decode(body: bytes) -> Ping | WebmentionError:
    """Read the form of a request: exactly one source and one target, in UTF-8; other fields are passed over."""
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        return WebmentionError("The form is not in UTF-8.")
    except ValueError:
        return WebmentionError(f"The form has more than {MOST_FIELDS} fields.")
    values = {name: value.strip() for name, value in fields}
    times = Counter(name for name, _ in fields)
    for name in _REQUIRED:
        if not values.get(name):
            return WebmentionError(f"The form lacks its {name}.")
        if times[name] > 1:
            return WebmentionError(f"The form names more than one {name}.")
    return Ping(Protocol.WEBMENTION, values["source"], values["target"])


def encode(ping: Ping) -> bytes:
    """Write the form of a request (section 3.1.3), in UTF-8."""
    return urlencode({"source": ping.source, "target": ping.target}).encode("ascii")
