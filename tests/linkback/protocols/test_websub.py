import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.protocols.websub import (
    LATEST_RENEWAL,
    LONGEST_LEASE,
    MAX_CHALLENGE,
    SOONEST_RENEWAL,
    SUBSCRIBE,
    UNSUBSCRIBE,
    Denial,
    Topic,
    Verification,
    WebSubError,
    decode_verification,
    encode_subscription,
    find_hub,
    is_signed,
    renew_at,
)
from linkback.urls import parse_url

FEED = "https://blog.example/feed/"
HUB = "https://hub.example/"
OTHER = "https://other.example/"
SELF = "https://blog.example/feed.xml"
NOW = datetime(2025, 11, 4, 12, tzinfo=UTC)


def found(links: tuple[str, ...] = (), hubs: tuple[str, ...] = (), self_url: str = "") -> tuple[str, str] | None:
    topic = find_hub(links, hubs, self_url, parse_url(FEED))
    return (topic.hub.text, topic.topic.text) if topic else None


class TestSection4Discovery:
    @pytest.mark.parametrize(
        ("links", "hubs", "self_url"),
        [
            ((f'<{HUB}>; rel="hub"', f'<{SELF}>; rel="self"'), (), ""),
            ((f"<{HUB}>; rel=hub, <{SELF}>; rel=self",), (), ""),
            ((f'<{HUB}>; rel="hub"', f'<{OTHER}>; rel="hub"', f'<{SELF}>; rel="self"'), (), ""),
            ((), (HUB,), SELF),
            ((), (HUB, OTHER), SELF),
            ((), ("", " ", "mailto:hub@hub.example", HUB), SELF),
            ((), (HUB,), "/feed.xml"),
            ((f'<{HUB}>; rel="hub"', '</feed.xml>; rel="SELF"'), (OTHER,), OTHER),
            ((f'<{HUB}>; rel="hub"',), (OTHER,), SELF),
            ((f'<{SELF}>; rel="self"',), (HUB,), OTHER),
            (('</style.css>; rel="preload"',), (HUB,), SELF),
        ],
    )
    def test_hub_and_self_are_looked_for_in_the_headers_first_then_in_the_document(
        self, links: tuple[str, ...], hubs: tuple[str, ...], self_url: str
    ) -> None:
        assert found(links, hubs, self_url) == (HUB, SELF)

    @pytest.mark.parametrize("self_url", ["", " ", "mailto:me@blog.example", "http://["])
    def test_a_feed_that_does_not_say_its_name_is_known_by_where_it_came_from(self, self_url: str) -> None:
        assert found(hubs=(HUB,), self_url=self_url) == (HUB, FEED)

    @pytest.mark.parametrize("links", [(), (f'<{SELF}>; rel="self"',), (f'<{HUB}>; rel="hubs"',), (f"<{HUB}>",)])
    def test_without_a_hub_there_is_nothing_to_ask(self, links: tuple[str, ...]) -> None:
        assert found(links, self_url=SELF) is None

    def test_the_name_of_a_feed_is_kept_as_it_wrote_it(self) -> None:
        """The hub compares it with what the blog tells it, letter by letter."""
        odd = "https://Blog.example/%7Eme/feed?utm_source=hub&a=b"
        topic = find_hub((), (HUB,), odd, parse_url(FEED))
        assert topic == Topic(parse_url(HUB), parse_url(odd))
        assert topic.topic.raw == odd


class TestSection51SubscriptionRequest:
    def test_a_subscription_is_a_form_in_utf_8(self) -> None:
        form = encode_subscription(
            "https://me.example/cb?x=1&y=2", "https://b.example/é", "se cret", timedelta(days=10)
        )
        assert form.isascii()
        assert parse_qs(form.decode(), strict_parsing=True) == {
            "hub.callback": ["https://me.example/cb?x=1&y=2"],
            "hub.mode": ["subscribe"],
            "hub.topic": ["https://b.example/é"],
            "hub.lease_seconds": ["864000"],
            "hub.secret": ["se cret"],
        }

    def test_the_lease_is_a_whole_number_of_seconds(self) -> None:
        form = parse_qs(encode_subscription(FEED, SELF, "s", timedelta(hours=1, milliseconds=300)).decode())
        assert form["hub.lease_seconds"] == ["3600"]

    def test_without_a_secret_none_is_sent(self) -> None:
        form = parse_qs(encode_subscription(FEED, SELF, "", timedelta(1)).decode(), keep_blank_values=True)
        assert "hub.secret" not in form

    def test_to_end_a_subscription_takes_neither_lease_nor_secret(self) -> None:
        form = parse_qs(encode_subscription(FEED, SELF, "secret", timedelta(1), UNSUBSCRIBE).decode())
        assert form == {"hub.callback": [FEED], "hub.mode": ["unsubscribe"], "hub.topic": [SELF]}


def query(**changes: str | None) -> dict[str, str]:
    """What a hub asks, with these changes; None for what it leaves out."""
    asked = {"mode": SUBSCRIBE, "topic": SELF, "challenge": "c4f9", "lease_seconds": "864000"} | changes
    return {f"hub.{name}": value for name, value in asked.items() if value is not None}


class TestSection52Denial:
    @pytest.mark.parametrize(
        ("asked", "reason"),
        [
            ({"hub.mode": "denied", "hub.topic": SELF, "hub.reason": "Not public"}, "Not public"),
            ({"hub.mode": "denied", "hub.topic": SELF}, ""),
            (query(mode="denied"), ""),
        ],
    )
    def test_a_denial_names_its_topic_and_perhaps_its_reason(self, asked: dict[str, str], reason: str) -> None:
        assert decode_verification(asked) == Denial(SELF, reason)

    def test_a_denial_of_nothing_is_none(self) -> None:
        assert decode_verification({"hub.mode": "denied"}) == WebSubError(
            "The request lacks its hub.mode or hub.topic."
        )


class TestSection53VerificationOfIntent:
    @pytest.mark.parametrize(
        ("asked", "verification"),
        [
            (query(), Verification(SUBSCRIBE, SELF, "c4f9", timedelta(days=10))),
            (query() | {"x": "1"}, Verification(SUBSCRIBE, SELF, "c4f9", timedelta(days=10))),
            (query(lease_seconds="0"), Verification(SUBSCRIBE, SELF, "c4f9", timedelta(0))),
            (query(lease_seconds="00000000000000000060"), Verification(SUBSCRIBE, SELF, "c4f9", timedelta(minutes=1))),
            (query(lease_seconds="9" * 20), Verification(SUBSCRIBE, SELF, "c4f9", LONGEST_LEASE)),
            (query(mode=UNSUBSCRIBE), Verification(UNSUBSCRIBE, SELF, "c4f9", timedelta(0))),
            (query(mode=UNSUBSCRIBE, lease_seconds=None), Verification(UNSUBSCRIBE, SELF, "c4f9", timedelta(0))),
            (query(mode=UNSUBSCRIBE, lease_seconds="x"), Verification(UNSUBSCRIBE, SELF, "c4f9", timedelta(0))),
            (
                query(challenge="c" * MAX_CHALLENGE),
                Verification(SUBSCRIBE, SELF, "c" * MAX_CHALLENGE, timedelta(days=10)),
            ),
        ],
    )
    def test_a_question_of_a_hub_is_understood(self, asked: dict[str, str], verification: Verification) -> None:
        assert decode_verification(asked) == verification

    @pytest.mark.parametrize(
        ("asked", "message"),
        [
            ({}, "The request lacks its hub.mode or hub.topic."),
            (query(mode=None), "The request lacks its hub.mode or hub.topic."),
            (query(mode=""), "The request lacks its hub.mode or hub.topic."),
            (query(topic=None), "The request lacks its hub.mode or hub.topic."),
            (query(mode="publish"), "The hub.mode is none of subscribe, unsubscribe and denied."),
            (query(mode="SUBSCRIBE"), "The hub.mode is none of subscribe, unsubscribe and denied."),
            (query(challenge=None), "The request lacks its hub.challenge."),
            (query(challenge=""), "The request lacks its hub.challenge."),
            (query(lease_seconds=None), "The hub.lease_seconds are no number of seconds."),
            (query(lease_seconds=""), "The hub.lease_seconds are no number of seconds."),
            (query(lease_seconds="-1"), "The hub.lease_seconds are no number of seconds."),
            (query(lease_seconds="1.5"), "The hub.lease_seconds are no number of seconds."),
            (query(lease_seconds="٣"), "The hub.lease_seconds are no number of seconds."),
            (query(lease_seconds="1\n"), "The hub.lease_seconds are no number of seconds."),
            (query(lease_seconds="9" * 5000), "The hub.lease_seconds are no number of seconds."),
        ],
    )
    def test_what_no_hub_would_ask_is_refused_and_the_error_says_why(self, asked: dict[str, str], message: str) -> None:
        assert decode_verification(asked) == WebSubError(message)

    @pytest.mark.parametrize("challenge", ["c" * (MAX_CHALLENGE + 1), "a\0b", "a\r\nb", "\udcff"])
    def test_a_challenge_is_neither_long_nor_binary_since_it_is_echoed(self, challenge: str) -> None:
        """Section 8.2."""
        message = f"The hub.challenge is longer than {MAX_CHALLENGE} characters, or binary."
        assert decode_verification(query(challenge=challenge)) == WebSubError(message)

    @given(st.dictionaries(st.sampled_from([f"hub.{name}" for name in ("mode", "topic", "challenge")]), st.text()))
    def test_any_query_is_understood_or_refused(self, asked: dict[str, str]) -> None:
        assert isinstance(decode_verification(asked), (Verification, Denial, WebSubError))

    @given(st.sampled_from([SUBSCRIBE, UNSUBSCRIBE]), st.text(min_size=1), st.text(), st.text())
    def test_what_is_understood_is_what_was_asked(self, mode: str, topic: str, challenge: str, seconds: str) -> None:
        said = decode_verification(query(mode=mode, topic=topic, challenge=challenge, lease_seconds=seconds))
        if isinstance(said, Verification):
            assert (said.mode, said.topic, said.challenge) == (mode, topic, challenge)
            assert timedelta(0) <= said.lease <= LONGEST_LEASE
            assert mode == UNSUBSCRIBE or int(seconds) >= said.lease.total_seconds()

    @given(st.integers(0, 10**19))
    def test_every_lease_can_be_added_to_the_time_of_day(self, seconds: int) -> None:
        said = decode_verification(query(lease_seconds=str(seconds)))
        assert isinstance(said, Verification)
        assert NOW + said.lease <= NOW + LONGEST_LEASE


class TestSection531Renewal:
    @pytest.mark.parametrize(
        ("lease", "wait"),
        [
            (timedelta(days=10), timedelta(days=8)),
            (timedelta(hours=5), timedelta(hours=4)),
            (timedelta(hours=1), SOONEST_RENEWAL),
            (timedelta(0), SOONEST_RENEWAL),
            (timedelta(days=37), timedelta(days=29.6)),
            (LONGEST_LEASE, LATEST_RENEWAL),
        ],
    )
    def test_a_subscription_is_renewed_when_four_fifths_are_over_within_bounds(
        self, lease: timedelta, wait: timedelta
    ) -> None:
        assert renew_at(NOW, lease) == NOW + wait

    @given(st.timedeltas(timedelta(hours=2), LONGEST_LEASE))
    def test_a_promise_of_two_hours_or_more_is_renewed_before_it_ends(self, lease: timedelta) -> None:
        assert NOW < renew_at(NOW, lease) < NOW + lease


SECRET, BODY = "s3cret é", b"<rss>\xff</rss>"
METHODS = ["sha1", "sha256", "sha384", "sha512"]


def signature(method: str, secret: str = SECRET, body: bytes = BODY) -> str:
    return f"{method}={hmac.new(secret.encode(), body, method.lower()).hexdigest()}"


class TestSection71Signature:
    @pytest.mark.parametrize("method", METHODS)
    def test_each_of_the_recognised_algorithms_is_understood(self, method: str) -> None:
        assert is_signed(SECRET, signature(method), BODY)

    def test_a_known_signature_is_right(self) -> None:
        """RFC 4231 section 4.3, RFC 2202 section 3."""
        body = b"what do ya want for nothing?"
        assert is_signed("Jefe", "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", body)
        digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        assert is_signed("Jefe", f"sha256={digest}", body)

    @pytest.mark.parametrize(
        "value", [signature("sha256").upper(), f" {signature('sha256')} ", signature("sha256").replace("sha", "SHA")]
    )
    def test_the_case_of_its_letters_does_not_matter(self, value: str) -> None:
        assert is_signed(SECRET, value, BODY)

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "sha256",
            "sha256=",
            "=",
            signature("sha256").removeprefix("sha256="),
            signature("sha256")[:-1],
            signature("sha256") + "0",
            signature("sha256").replace("=", ":"),
            signature("sha256").replace("=", "= "),
            signature("sha256").replace("sha256", "sha1"),
            signature("sha256").replace("s", "\u017f"),
            signature("md5"),
            signature("sha224"),
            signature("sha3_256"),
            f"{signature('sha1')}, {signature('sha256')}",
            signature("sha256", "another secret"),
            signature("sha256", body=BODY + b"\n"),
            f"sha256={'é' * 64}",
            "sha256=" + "0" * 100_000,
        ],
    )
    def test_everything_else_is_not_signed(self, value: str) -> None:
        assert not is_signed(SECRET, value, BODY)

    def test_without_a_secret_nothing_is_signed(self) -> None:
        assert not is_signed("", signature("sha256", ""), BODY)

    @given(st.sampled_from(METHODS), st.text(min_size=1, max_size=190), st.binary())
    def test_what_a_hub_signs_is_signed(self, method: str, secret: str, body: bytes) -> None:
        assert is_signed(secret, signature(method, secret, body), body)

    @given(st.sampled_from(METHODS), st.binary(), st.binary())
    def test_a_signature_is_that_of_one_body_only(self, method: str, body: bytes, other: bytes) -> None:
        assert is_signed(SECRET, signature(method, body=body), other) == (body == other)

    @given(st.text() | st.builds("{}={}".format, st.sampled_from(METHODS), st.text("0123456789abcdefABCDEF\udce9\n")))
    def test_no_header_is_too_strange_to_be_looked_at(self, value: str) -> None:
        assert not is_signed(SECRET, value, BODY)
