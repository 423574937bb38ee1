"""The subscriber's side of WebSub (W3C Recommendation of 23 January 2018): bytes and values, no requests."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from urllib.parse import urlencode

from linkback.protocols.link_header import linked
from linkback.urls import Url, UrlError

FORM = "application/x-www-form-urlencoded"
SUBSCRIBE: Final = "subscribe"
UNSUBSCRIBE: Final = "unsubscribe"

LONGEST_LEASE = timedelta(days=90)
"""A promise for longer than this is taken as one for so long."""

SOONEST_RENEWAL = timedelta(hours=1)
LATEST_RENEWAL = timedelta(days=30)

MAX_CHALLENGE = 500
"""Characters; hubs send some dozens."""

_MODES = frozenset({SUBSCRIBE, UNSUBSCRIBE})
_SECONDS = re.compile(r"[0-9]{1,20}")
_SIGNATURE = re.compile(r"(sha1|sha256|sha384|sha512)=([0-9a-f]+)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Topic:
    """A feed by the name that its hub knows it by, and the hub."""

    hub: Url
    topic: Url


@dataclass(frozen=True, slots=True)
class Verification:
    """A hub's question whether we have asked for what it is about to do (section 5.3); no lease if it is to end."""

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
        links: the values of the Link headers that the feed came with.
        hubs: the hubs that the feed itself names; the first that can be used is taken.
        self_url: what the feed calls itself, "" if nothing.
        url: where the feed came from; it is the name where none is told, though one must be.

    """
    hub = next(linked(links, "hub", url), None) or _first(hubs, url)
    topic = next(linked(links, "self", url), None) or _first([self_url], url)
    return Topic(hub, topic or url) if hub else None


def encode_subscription(
    callback: str, topic: str, secret: str, lease: timedelta, mode: Literal["subscribe", "unsubscribe"] = SUBSCRIBE
) -> bytes:
    """
    Write the form by which a subscriber asks a hub to tell it, or to stop doing so (section 5.1).

    Args:
        callback: where the hub is to reach us.
        topic: the feed by its own name.
        secret: what the hub is to sign with, less than 200 bytes; "" for no signature.
        lease: for how long the hub is asked to tell us; it may promise another time.
        mode: to end a subscription, neither secret nor lease are sent.

    """
    form = {"hub.callback": callback, "hub.mode": mode, "hub.topic": topic}
    if mode == SUBSCRIBE:
        form["hub.lease_seconds"] = str(round(lease.total_seconds()))
        if secret:
            form["hub.secret"] = secret
    return urlencode(form).encode("ascii")


def decode_verification(query: Mapping[str, str]) -> Verification | Denial | WebSubError:
    """Read the query of a hub's GET (sections 5.2 and 5.3); its challenge is bounded, as section 8.2 advises."""
    mode, topic = query.get("hub.mode", ""), query.get("hub.topic", "")
    if not mode or not topic:
        return WebSubError("The request lacks its hub.mode or hub.topic.")
    if mode == "denied":
        return Denial(topic, query.get("hub.reason", ""))
    if wrong := _complaint(query, mode):
        return WebSubError(wrong)
    seconds = query["hub.lease_seconds"] if mode == SUBSCRIBE else "0"
    lease = timedelta(seconds=min(int(seconds), int(LONGEST_LEASE.total_seconds())))
    return Verification(mode, topic, query["hub.challenge"], lease)


def _complaint(query: Mapping[str, str], mode: str) -> str:
    challenge = query.get("hub.challenge", "")
    if mode not in _MODES:
        return "The hub.mode is none of subscribe, unsubscribe and denied."
    if not challenge:
        return "The request lacks its hub.challenge."
    if len(challenge) > MAX_CHALLENGE or not challenge.isprintable():
        return f"The hub.challenge is longer than {MAX_CHALLENGE} characters, or binary."
    if mode == SUBSCRIBE and not _SECONDS.fullmatch(query.get("hub.lease_seconds", "")):
        return "The hub.lease_seconds are no number of seconds."
    return ""


def is_signed(secret: str, signature: str, body: bytes) -> bool:
    """
    Whether a delivery bears the hub's signature (sections 7.1, 7.1.1 and 7.1.2).

    Args:
        secret: what was sent with the subscription; with none, nothing counts as signed.
        signature: the value of the X-Hub-Signature header, "" if there is none.
        body: what was delivered, as it came.

    """
    match = _SIGNATURE.fullmatch(signature.strip())
    if match is None or not secret:
        return False
    expected = hmac.new(secret.encode(), body, getattr(hashlib, match[1].lower())).hexdigest()
    return hmac.compare_digest(expected, match[2].lower())


def renew_at(now: datetime, lease: timedelta) -> datetime:
    """
    When to ask anew, so that a promise does not end meanwhile (section 5.3.1).

    When four fifths of it are over, but not within the hour, however short it is, and within thirty days, however long.
    """
    return now + min(max(lease * 4 / 5, SOONEST_RENEWAL), LATEST_RENEWAL)


def _first(addresses: Sequence[str], url: Url) -> Url | None:
    for address in filter(str.strip, addresses):
        try:
            return url.join(address)
        except UrlError:
            continue
    return None
