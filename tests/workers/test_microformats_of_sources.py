"""What a mention becomes by the microformats of its source; real pages, a real worker."""

from datetime import UTC, datetime

import pytest
from aiohttp import web
from conftest import Blog

from config.settings import Settings
from linkback.mentions import Kind, Mention, Ping, Protocol, Received, State, screen
from linkback.store.connection import Store
from linkback.store.inbox import Inbox
from linkback.store.mentions import Mentions
from workers.loop import Loop

REPLY = """<article class="h-entry"><a class="u-in-reply-to" href="{target}">A post</a>
<p class="p-author h-card"><a class="u-url p-name" href="https://alice.example/">Alice</a>
<img class="u-photo" src="/alice.jpg" alt=""></p><div class="e-content"><p>Well <b onclick="x()">said</b>.</p></div>
<a class="u-url" href="/reply"><time class="dt-published" datetime="2026-01-02T03:04:05Z">then</time></a></article>"""


async def settled(source: str, target: str, settings: Settings, store: Store, loop: Loop, by: Protocol) -> Mention:
    received = screen(Ping(by, source, target), settings.all_sites())
    assert isinstance(received, Received)
    await Inbox(store).receive(received, datetime.now(UTC))
    await loop.run_until_idle()
    mention = await Mentions(store).find(received.id)
    assert mention is not None
    return mention


async def test_a_reply_is_kept_with_its_words_its_author_and_its_date(
    ours: Blog, theirs: Blog, settings: Settings, store: Store, loop_of_worker: Loop
) -> None:
    target = f"{ours.url}/post"
    source = theirs.page("/reply", REPLY.format(target=target))
    mention = await settled(source, target, settings, store, loop_of_worker, Protocol.WEBMENTION)
    assert (mention.state, mention.kind) == (State.APPROVED, Kind.REPLY)
    assert (mention.author, mention.author_url) == ("Alice", "https://alice.example/")
    assert mention.author_photo == f"{theirs.url}/alice.jpg"
    assert mention.content == "<p>Well <b>said</b>.</p>"
    assert mention.published_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert mention.url == source


async def test_a_repeated_webmention_updates_kind_author_title_and_words(
    ours: Blog, theirs: Blog, settings: Settings, store: Store, loop_of_worker: Loop
) -> None:
    target = f"{ours.url}/post"
    source = theirs.page("/reply", REPLY.format(target=target))
    await settled(source, target, settings, store, loop_of_worker, Protocol.WEBMENTION)
    theirs.page(
        "/reply",
        f'<div class="h-entry"><a class="u-like-of" href="{target}">liked</a> <span class="p-author">Bob</span></div>',
    )
    mention = await settled(source, target, settings, store, loop_of_worker, Protocol.WEBMENTION)
    assert (mention.kind, mention.author, mention.author_photo, mention.content) == (Kind.LIKE, "Bob", "", "")


@pytest.mark.parametrize(("protocol", "name"), [(Protocol.WEBMENTION, "Carol"), (Protocol.PINGBACK, "")])
async def test_the_page_of_an_author_is_asked_for_his_name_but_not_because_of_a_pingback(
    ours: Blog, theirs: Blog, settings: Settings, store: Store, loop_of_worker: Loop, protocol: Protocol, name: str
) -> None:
    target = f"{ours.url}/post"
    carol = theirs.page("/carol", '<p class="h-card"><a class="p-name u-url u-uid" href="/carol">Carol</a></p>')
    words = f'<div class="h-entry"><a class="u-author" href="{carol}"></a><a href="{target}">this</a></div>'
    source = theirs.page("/post", words)
    mention = await settled(source, target, settings, store, loop_of_worker, protocol)
    assert (mention.state, mention.author) == (State.APPROVED, name)
    assert ("/carol" in [request.path for request in theirs.requests]) is bool(name)


async def test_an_entry_that_the_sources_fragment_names_is_the_one_that_counts(
    ours: Blog, theirs: Blog, settings: Settings, store: Store, loop_of_worker: Loop
) -> None:
    target = f"{ours.url}/post"
    notes = "".join(
        f'<div id="{name}" class="h-entry"><span class="p-author">{name}</span>'
        f'<a class="u-in-reply-to" href="{target}">re</a><p class="e-content">I am {name}</p></div>'
        for name in ("dave", "erin")
    )
    source = theirs.page("/notes", notes) + "#erin"
    mention = await settled(source, target, settings, store, loop_of_worker, Protocol.WEBMENTION)
    assert (mention.author, mention.content) == ("erin", "I am erin")


async def test_a_date_in_the_future_is_not_believed(
    ours: Blog, theirs: Blog, settings: Settings, store: Store, loop_of_worker: Loop
) -> None:
    target = f"{ours.url}/post"
    source = theirs.page("/reply", REPLY.format(target=target).replace("2026", "2226"))
    mention = await settled(source, target, settings, store, loop_of_worker, Protocol.WEBMENTION)
    assert mention.published_at is not None
    assert mention.published_at <= datetime.now(UTC)


async def test_a_redirected_source_keeps_the_fragment_that_was_asked_for(
    ours: Blog, theirs: Blog, settings: Settings, store: Store, loop_of_worker: Loop
) -> None:
    target = f"{ours.url}/post"
    theirs.page(
        "/notes",
        f'<div id="a" class="h-entry"><a class="u-like-of" href="{target}">x</a></div>'
        '<div id="b" class="h-entry">y</div>',
    )

    async def redirect(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/notes"})

    theirs.answers["/old"] = redirect
    mention = await settled(f"{theirs.url}/old#a", target, settings, store, loop_of_worker, Protocol.WEBMENTION)
    assert mention.kind is Kind.LIKE
