"""What may become a mention, and what makes two pings one mention."""

import uuid

import pytest

from linkback.mentions import (
    RENEWABLE,
    STANDING,
    VISIBLE,
    Ping,
    Protocol,
    Received,
    Refusal,
    RefusalReason,
    State,
    mention_id,
    screen,
)
from linkback.sites import Linkbacks, Site, Sites
from linkback.urls import parse_url

SOURCE = "https://theirs.example/a"
TARGET = "https://ours.example/post"
OURS = Site(
    "ours",
    "Ours",
    parse_url("https://ours.example/"),
    aliases=(parse_url("http://old.example/blog/"),),
    blocked=frozenset({"spam.example"}),
)
CLOSED = Site("closed", "Closed", parse_url("https://closed.example/"), linkbacks=Linkbacks.CLOSED)
SITES = Sites([OURS, CLOSED])


def screened(source: str, target: str, protocol: Protocol = Protocol.PINGBACK) -> Received | Refusal:
    return screen(Ping(protocol, source, target), SITES)


def received(source: str, target: str, protocol: Protocol = Protocol.PINGBACK) -> Received:
    outcome = screened(source, target, protocol)
    assert isinstance(outcome, Received)
    return outcome


def test_a_ping_from_elsewhere_to_a_post_of_ours_is_received() -> None:
    ping = Ping(Protocol.TRACKBACK, "HTTPS://Theirs.example/a", f"{TARGET}#c3", title="A")
    outcome = screen(ping, SITES)
    assert isinstance(outcome, Received)
    assert outcome.ping is ping
    assert outcome.source.text == SOURCE
    assert (outcome.target.raw, outcome.target.fragment) == (f"{TARGET}#c3", "c3")
    assert (outcome.post.site, outcome.post.path) == (OURS, "/post")


@pytest.mark.parametrize(
    ("source", "target", "reason", "about"),
    [
        (SOURCE, "", RefusalReason.BAD_TARGET, ""),
        (SOURCE, "post", RefusalReason.BAD_TARGET, "post"),
        (SOURCE, "ftp://ours.example/post", RefusalReason.BAD_TARGET, "ftp://ours.example/post"),
        (SOURCE, "https://elsewhere.example/", RefusalReason.FOREIGN_TARGET, "https://elsewhere.example/"),
        (SOURCE, "https://closed.example/post", RefusalReason.CLOSED, "https://closed.example/post"),
        ("", TARGET, RefusalReason.BAD_SOURCE, ""),
        ("javascript:alert(1)", TARGET, RefusalReason.BAD_SOURCE, "javascript:alert(1)"),
        ("http://user@theirs.example/", TARGET, RefusalReason.BAD_SOURCE, "http://user@theirs.example/"),
        ("https://a.spam.example/", TARGET, RefusalReason.BLOCKED, "https://a.spam.example/"),
        (TARGET, TARGET, RefusalReason.SAME_PAGE, TARGET),
        ("http://old.example/blog/post/", TARGET, RefusalReason.SAME_PAGE, "http://old.example/blog/post/"),
        (f"{TARGET}#c3", f"{TARGET}?utm_source=x", RefusalReason.SAME_PAGE, f"{TARGET}#c3"),
    ],
)
def test_a_ping_is_refused_for_one_reason_that_names_the_url_at_fault(
    source: str, target: str, reason: RefusalReason, about: str
) -> None:
    outcome = screened(source, target)
    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.about) == (reason, about)
    assert outcome.why.endswith(".")


def test_only_the_store_knows_the_other_reasons() -> None:
    sources = ["", SOURCE, TARGET, "https://spam.example/"]
    targets = ["", TARGET, "https://elsewhere.example/", "https://closed.example/"]
    outcomes = [screened(source, target) for source in sources for target in targets]
    reasons = {outcome.reason for outcome in outcomes if isinstance(outcome, Refusal)}
    assert set(RefusalReason) - reasons == {RefusalReason.ALREADY_REGISTERED, RefusalReason.UNAVAILABLE}


def test_a_target_that_is_not_ours_is_refused_before_its_source_is_looked_at() -> None:
    outcome = screened("no URL", "https://elsewhere.example/")
    assert isinstance(outcome, Refusal)
    assert outcome.reason is RefusalReason.FOREIGN_TARGET


def test_one_post_of_ours_may_link_to_another() -> None:
    assert received("https://ours.example/later", TARGET).post.path == "/post"


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (SOURCE, f"{TARGET}/"),
        (SOURCE, "http://www.ours.example/post#c3"),
        (SOURCE, "http://old.example/blog/post?utm_source=x"),
        ("HTTPS://THEIRS.example:443/%61", TARGET),
        (f"{SOURCE}#part", TARGET),
        (f"{SOURCE}?utm_source=x", TARGET),
    ],
)
@pytest.mark.parametrize("protocol", Protocol)
def test_a_mention_has_one_id_whatever_way_its_pings_come(source: str, target: str, protocol: Protocol) -> None:
    assert received(source, target, protocol).id == received(SOURCE, TARGET).id


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (SOURCE, "https://ours.example/other"),
        ("http://theirs.example/a", TARGET),
        (f"{SOURCE}/", TARGET),
        (f"{SOURCE}?p=4", TARGET),
        ("https://ours.example/post2", TARGET),
    ],
)
def test_another_source_or_another_post_is_another_mention(source: str, target: str) -> None:
    assert received(source, target).id != received(SOURCE, TARGET).id


def test_an_id_is_a_uuid_of_version_8_that_never_changes() -> None:
    ping = received(SOURCE, TARGET)
    parsed = uuid.UUID(ping.id)
    assert (parsed.version, parsed.variant) == (8, uuid.RFC_4122)
    assert mention_id(ping.source, ping.post) == ping.id == "0bc195f4-0464-8b2a-bd23-abc3b0d2602c"


def test_every_state_but_the_first_is_standing_or_renewable() -> None:
    assert STANDING.isdisjoint(RENEWABLE)
    assert set(State) - STANDING - RENEWABLE == {State.QUEUED}
    assert VISIBLE <= STANDING
