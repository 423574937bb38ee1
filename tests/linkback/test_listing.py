"""Choosing among mentions as webmention.io's clients ask."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linkback.listing import (
    MOST_PER_PAGE,
    MOST_READ,
    PROPERTIES,
    Query,
    QueryError,
    SortBy,
    matching,
    page_of,
    read_query,
)
from linkback.mentions import Kind, Mention, Protocol, Reason, State

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def mention(number: int, kind: Kind = Kind.MENTION) -> Mention:
    return Mention(
        id=str(number),
        site_id="ours",
        post_key="p",
        protocol=Protocol.WEBMENTION,
        source=f"https://theirs.example/{number}",
        target="https://ours.example/post",
        state=State.APPROVED,
        reason=Reason.LINKS,
        received_at=NOW + timedelta(hours=number),
        number=number,
        kind=kind,
    )


MENTIONS = [mention(number) for number in range(1, 8)]


def numbers(mentions: list[Mention]) -> list[int]:
    return [mention.number for mention in mentions]


@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        ({}, Query()),
        ({"wm-property": ["like-of"]}, Query(kinds=frozenset({Kind.LIKE}))),
        ({"wm-property[]": ["like-of", "rsvp"]}, Query(kinds=frozenset({Kind.LIKE, Kind.RSVP}))),
        ({"wm-property[]": ["reply-of", "like"]}, Query(kinds=frozenset({Kind.REPLY, Kind.LIKE}))),
        ({"since": ["2026-01-02T03:04:05Z"]}, Query(since=NOW)),
        ({"since": ["2026-01-02T04:04:05 01:00"]}, Query(since=NOW)),
        ({"since": ["2026-01-02"]}, Query(since=datetime(2026, 1, 2, tzinfo=UTC))),
        ({"since_id": ["7"]}, Query(since_id=7)),
        ({"sort-by": ["published"], "sort-dir": ["up"]}, Query(sort_by=SortBy.PUBLISHED, is_ascending=True)),
        ({"page": ["2"], "per-page": ["50"]}, Query(page=2, per_page=50)),
        ({"perPage": ["50"]}, Query(per_page=50)),
        ({"per-page": ["99999999"]}, Query(per_page=MOST_PER_PAGE)),
        ({"page": [""], "token": ["secret"], "unheard-of": ["x"]}, Query()),
    ],
)
def test_parameters_are_read_as_webmention_io_names_them(parameters: dict[str, list[str]], query: Query) -> None:
    assert read_query(parameters) == query


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wm-property", "likes"),
        ("since", "yesterday"),
        ("since", "0001-01-01T00:00:00+14:00"),
        ("since_id", "-1"),
        ("sort-by", "size"),
        ("sort-dir", "sideways"),
        ("page", "one"),
        ("per-page", "²"),
    ],
)
def test_a_wrong_parameter_is_named(name: str, value: str) -> None:
    with pytest.raises(QueryError, match=name):
        read_query({name: [value]})


@given(st.dictionaries(st.sampled_from(["since", "since_id", "page", "per-page", "sort-by"]), st.lists(st.text())))
def test_any_parameters_give_a_query_or_a_query_error(parameters: dict[str, list[str]]) -> None:
    try:
        query = read_query(parameters)
    except QueryError:
        return
    assert 0 <= query.per_page <= MOST_PER_PAGE


def test_the_newest_come_first() -> None:
    assert numbers(page_of(MENTIONS, Query())) == [7, 6, 5, 4, 3, 2, 1]
    assert numbers(page_of(MENTIONS, Query(is_ascending=True))) == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(("page", "expected"), [(0, [7, 6, 5]), (1, [4, 3, 2]), (2, [1]), (3, [])])
def test_pages_are_counted_from_0(page: int, expected: list[int]) -> None:
    assert numbers(page_of(MENTIONS, Query(page=page, per_page=3))) == expected


def test_since_leaves_out_what_came_then_or_before() -> None:
    assert numbers(matching(MENTIONS, Query(since=NOW + timedelta(hours=5)))) == [6, 7]
    assert numbers(matching(MENTIONS, Query(since_id=6))) == [7]


@pytest.mark.parametrize("kind", Kind)
def test_a_property_chooses_a_kind(kind: Kind) -> None:
    every = [mention(number, each) for number, each in enumerate(Kind)]
    query = read_query({"wm-property": [PROPERTIES[kind]], "since_id": ["0"]})
    assert {each.kind for each in matching(every, replace(query, since_id=-1))} == {kind}


def test_mentions_can_be_put_in_order_by_their_own_dates() -> None:
    old = replace(mention(9), published_at=NOW - timedelta(days=900))
    assert numbers(page_of([*MENTIONS, old], Query(sort_by=SortBy.PUBLISHED)))[-1] == 9


def test_those_that_have_no_answer_come_after_those_that_have_one() -> None:
    yes, no = replace(mention(2, Kind.RSVP), rsvp="yes"), replace(mention(3, Kind.RSVP), rsvp="no")
    query = Query(sort_by=SortBy.RSVP, is_ascending=True)
    assert numbers(page_of([mention(1), yes, no], query)) == [3, 2, 1]


queries = st.builds(
    Query,
    kinds=st.just(frozenset()) | st.just(frozenset({Kind.LIKE})),
    since=st.none() | st.just(NOW),
    since_id=st.integers(0, 3),
    sort_by=st.sampled_from(SortBy),
    is_ascending=st.booleans(),
    page=st.integers(0, 4),
    per_page=st.integers(0, 4),
)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([Kind.LIKE, Kind.REPLY])), max_size=12), queries)
@example([(0, Kind.LIKE), (1, Kind.REPLY)], Query(kinds=frozenset({Kind.LIKE}), per_page=1))
@example([(0, Kind.LIKE), (1, Kind.LIKE)], Query(is_ascending=True, per_page=1))
@example([(0, Kind.LIKE)] * 3, Query(page=1, per_page=1))
def test_a_page_is_the_same_when_no_more_than_its_reach_is_read(arrivals: list[tuple[int, Kind]], query: Query) -> None:
    every = [
        replace(mention(number, kind), received_at=NOW + timedelta(milliseconds=late))
        for number, (late, kind) in enumerate(arrivals, 1)
    ]
    # As the store has them: by arrival, and by name where that is the same.
    every.sort(key=lambda each: (each.received_at, each.id), reverse=True)
    assert page_of(matching(every[: query.reach], query), query) == page_of(matching(every, query), query)


def test_no_query_reaches_further_than_the_bound() -> None:
    assert Query().reach == 20
    assert Query(page=MOST_PER_PAGE, per_page=MOST_PER_PAGE).reach == MOST_READ
