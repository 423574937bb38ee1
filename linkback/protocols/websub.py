"""The subscriber's side of WebSub (W3C Recommendation of 23 January 2018): bytes and values, no requests."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from linkback.protocols.link_header import linked
from linkback.urls import Url, UrlError

FORM = "application/x-www-form-urlencoded"
SUBSCRIBE = "subscribe"

LONGEST_LEASE = timedelta(days=90)
"""A promise for longer than this is taken as one for so long."""

_HASHES = frozenset({"sha1", "sha256", "sha384", "sha512"})


@dataclass(frozen=True, slots=True)
class Topic:
    """A feed by the name that its hub knows it by, and the hub."""

    hub: Url
    topic: Url


@dataclass(frozen=True, slots=True)
class Verification:
    """A hub's question whether we have asked for what it is about to do (section 5.3)."""

    mode: str
    topic: str
    challenge: str
    lease: timedelta


@dataclass(frozen=True, slots=True)
class Denial:
    """A hub's word that it will not tell us, or not any more (section 5.2)."""

    topic: str
    reason: str


@dataclass(frozen=True, slots=True)
class WebSubError:
    """A request that is none of a hub's; `message` says what is wrong with it."""

    message: str


def find_hub(links: Sequence[str], hubs: Sequence[str], self_url: str, url: Url) -> Topic | None:
    """
    Find the hub of a feed and the feed's own name (section 4): in the headers first, then in the document.

    Args:
        links: the Link headers that the feed came with.
        hubs: the hubs that the feed itself names.
        self_url: what the feed calls itself, "" if nothing.
        url: where the feed came from; it is the name where none is told.

    """
    hub = next(linked(links, "hub", url), None) or _first(hubs, url)
    topic = next(linked(links, "self", url), None) or _first([self_url] if self_url else [], url)
    return Topic(hub, topic or url) if hub else None


def encode_subscription(callback: str, topic: str, secret: str, lease: timedelta) -> bytes:
    """The form by which a subscriber asks a hub to tell it (section 5.1)."""
    return urlencode(
        {
            "hub.callback": callback,
            "hub.mode": SUBSCRIBE,
            "hub.topic": topic,
            "hub.lease_seconds": round(lease.total_seconds()),
            "hub.secret": secret,
        }
    ).encode()


def decode_verification(query: Mapping[str, str]) -> Verification | Denial | WebSubError:
    """Read the query of a hub's GET (sections 5.2 and 5.3)."""
    mode, topic = query.get("hub.mode", ""), query.get("hub.topic", "")
    if not mode or not topic:
        return WebSubError("The request lacks its hub.mode or hub.topic.")
    if mode == "denied":
        return Denial(topic, query.get("hub.reason", ""))
    challenge = query.get("hub.challenge", "")
    if not challenge:
        return WebSubError("The request lacks its hub.challenge.")
    seconds = query.get("hub.lease_seconds", "")
    if mode == SUBSCRIBE and not (seconds.isascii() and seconds.isdigit()):
        return WebSubError("The hub.lease_seconds are no number of seconds.")
    return Verification(mode, topic, challenge, _lease(seconds))


def is_signed(secret: str, signature: str, body: bytes) -> bool:
    """Whether a delivery bears the hub's signature, the value of its X-Hub-Signature header (section 8)."""
    name, _, digest = signature.strip().partition("=")
    if name.lower() not in _HASHES:
        return False
    expected = hmac.new(secret.encode(), body, getattr(hashlib, name.lower())).hexdigest()
    return hmac.compare_digest(expected.encode(), digest.strip().lower().encode("utf-8", "replace"))


def renew_at(now: datetime, lease: timedelta) -> datetime:
    """When to ask anew, so that a promise does not end meanwhile: when four fifths of it are over."""
    return now + lease * 4 / 5


def _lease(seconds: str) -> timedelta:
    longest = round(LONGEST_LEASE.total_seconds())
    return timedelta(seconds=min(int(seconds[:12] or 0), longest))


def _first(addresses: Sequence[str], url: Url) -> Url | None:
    for address in addresses:
        try:
            return url.join(address)
        except UrlError:
            continue
    return None
