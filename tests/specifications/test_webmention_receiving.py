"""Webmention (W3C Recommendation of 2017-01-12), the receiver's part: sections 3.2 and 4."""

import asyncio
import json
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import pytest
from conftest import Blog
from lxml import html
from wire import FORM, Answered, ask, serve

from linkback.store.connection import Store
from workers.loop import Loop

PUBLIC_URL = "https://linkback.example"
Page = dict[str, object]


@dataclass(frozen=True)
class Receiving:
    """The running receiver with a worker that looks at sources when it is told to, our post, and another blog."""

    receiver: str
    worker: Loop
    ours: Blog
    theirs: Blog

    @property
    def target(self) -> str:
        return f"{self.ours.url}/post"

    async def mention(self, source: str, target: str = "") -> Answered:
        """Send one webmention."""
        form = urlencode({"source": source, "target": target or self.target})
        return await ask("POST", f"{self.receiver}/webmention", form, FORM)

    async def standing(self, answered: Answered) -> dict[str, str]:
        """What the status page says once the worker has done what there is to do."""
        await self.worker.run_until_idle()
        page = await ask("GET", answered.headers["location"].replace(PUBLIC_URL, self.receiver))
        facts: dict[str, str] = json.loads(page.body)
        return facts

    async def state_of(self, source: str) -> str:
        """Where a source that was sent just now stands in the end."""
        return (await self.standing(await self.mention(source)))["state"]

    async def shown(self) -> str:
        """What stands under the post."""
        return (await ask("GET", f"{self.receiver}/embed?target={quote(self.target, safe='')}")).text

    def put(self, page: Page) -> str:
        """Let the source answer like that from now on; {target} in its text is our post's address."""
        text = str(page.get("text", "")).replace("{target}", self.target)
        return serve(self.theirs, "/a", **{"content_type": "text/html", **page, "text": text})


@pytest.fixture
def receiving(receiver: str, loop_of_worker: Loop, ours: Blog, theirs: Blog) -> Receiving:
    return Receiving(receiver, loop_of_worker, ours, theirs)


async def test_3_2_a_request_is_queued_and_its_sender_told_where_its_status_can_be_seen(receiving: Receiving) -> None:
    """The Recommendation has 201 for this; 202 is what was decided, since it is what it means."""
    answered = await receiving.mention(receiving.put(LINKING))
    assert answered.status == 202
    assert answered.headers["location"].startswith(f"{PUBLIC_URL}/mentions/")
    assert answered.text.startswith("Thank you. The mention is queued")
    assert receiving.theirs.requests == []
    assert (await receiving.standing(answered))["state"] == "approved"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param("", "lacks its source", id="3.2.1 a request without parameters"),
        pytest.param("source=https://theirs.example/", "lacks its target", id="3.2.1 a request without target"),
        pytest.param("target={target}", "lacks its source", id="3.2.1 a request without source"),
        pytest.param("source=&target={target}", "lacks its source", id="3.2.1 a source that is empty"),
        pytest.param(
            "source=https://a.example/&source=x&target={target}", "more than one source", id="3.2.1 two sources"
        ),
        pytest.param("source=%FF&target={target}", "not in UTF-8", id="3.2.1 a form that is no UTF-8"),
        pytest.param("source=theirs&target={target}", "not an http", id="3.2.1 source must be a valid URL"),
        pytest.param("source=http://[x&target={target}", "not a URL", id="3.2.1 source must be well-formed"),
        pytest.param(
            "source=mailto:a@b.example&target={target}", "not an http", id="3.2.1 source must be http or https"
        ),
        pytest.param("source=ftp://b.example/&target={target}", "not an http", id="3.2.1 source must not be ftp"),
        pytest.param("source=https://a.example/&target=/post", "not an http", id="3.2.1 target must be a valid URL"),
        pytest.param(
            "source=https://a.example/&target=mailto:a@b", "not an http", id="3.2.1 target must be http or https"
        ),
        pytest.param("source={target}&target={target}", "is the post itself", id="3.2.1 source must not be target"),
        pytest.param(
            "source={target}%23a&target={target}", "is the post itself", id="3.2.1 nor target with a fragment"
        ),
        pytest.param(
            "source=https://a.example/&target=https://b.example/",
            "no site",
            id="3.2.1 target must be a resource of ours",
        ),
        pytest.param("x=1&" * 60, "more than 50 fields", id="3.2.3 a request that is too much to read"),
        pytest.param("source=" + "x" * 70_000, "larger than 65536 bytes", id="3.2.3 a request that is too long"),
    ],
)
async def test_an_error_of_the_sender_is_400_with_a_description_and_nothing_is_queued(
    receiving: Receiving, store: Store, body: str, words: str
) -> None:
    sent = body.format(target=quote(receiving.target, safe=""))
    answered = await ask("POST", f"{receiving.receiver}/webmention", sent, FORM)
    assert (answered.status, answered.media_type) == (400, "text/plain")
    assert words in answered.text
    assert await store.client.keys("lb:*mention*") == []


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("#part", id="3.2.1 the fragment of the target is passed over"),
        pytest.param("?utm_source=x", id="3.2.1 so are parameters that only count visits"),
    ],
)
async def test_a_target_in_another_spelling_is_a_resource_of_ours(receiving: Receiving, written: str) -> None:
    answered = await receiving.mention(receiving.put(LINKING), receiving.target + written)
    assert (await receiving.standing(answered))["state"] == "approved"


def page(text: str, content_type: str = "text/html", **other: object) -> Page:
    return {"text": text, "content_type": content_type, **other}


LINKING = page('<title>Before</title><p>Read <a href="{target}">this</a>.</p>')

HTML_LINKS = {
    "<a href>": '<a href="{target}">x</a>',
    "<img src>": '<img src="{target}">',
    "<video src>": '<video src="{target}"></video>',
    "<audio src>": '<audio src="{target}"></audio>',
    "<area href>": '<map><area href="{target}"></map>',
    "<iframe src>": '<iframe src="{target}"></iframe>',
    "<blockquote cite>": '<blockquote cite="{target}">x</blockquote>',
}


@pytest.mark.parametrize(
    "source",
    [
        *(pytest.param(page(words), id=f"3.2.2 HTML: {name} is a link") for name, words in HTML_LINKS.items()),
        pytest.param(page('{"a": [1, {"b": "{target}"}]}', "application/json"), id="3.2.2 JSON: a value is the URL"),
        pytest.param(page('["{target}"]', "application/activity+json"), id="3.2.2 JSON: of whatever kind"),
        pytest.param(page("I read {target}. It was good.", "text/plain"), id="3.2.2 plain text: the URL stands in it"),
        pytest.param(page('<a href="{target}#part">x</a>'), id="3.2.2 HTML: a link to a part of the target"),
    ],
)
async def test_a_source_that_links_by_the_rules_of_its_media_type_is_verified(
    receiving: Receiving, source: Page
) -> None:
    assert await receiving.state_of(receiving.put(source)) == "approved"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(page('<a href="{target}-and-more">x</a>'), id="3.2.2 HTML: a longer URL is no match"),
        pytest.param(page('<a href="{target}?page=2">x</a>'), id="3.2.2 HTML: a URL with another query is no match"),
        pytest.param(page("<p>{target}</p>"), id="3.2.2 HTML: the URL as mere text is no link"),
        pytest.param(page('<!-- <a href="{target}">x</a> -->'), id="3.2.2 HTML: a comment is no link"),
        pytest.param(page('&lt;a href="{target}"&gt;'), id="3.2.2 HTML: an escaped link is no link"),
        pytest.param(page('<p title="{target}">x</p>'), id="3.2.2 HTML: an attribute that links to nothing is no link"),
        pytest.param(page('<script>"<a href={target}>"</script>'), id="3.2.2 HTML: a script is no link"),
        pytest.param(page('<template><a href="{target}">x</a></template>'), id="3.2.2 HTML: a template is no link"),
        pytest.param(
            page('{"a": "see {target}"}', "application/json"), id="3.2.2 JSON: a value that holds more is no match"
        ),
        pytest.param(page('{"{target}": 1}', "application/json"), id="3.2.2 JSON: a name is no match"),
        pytest.param(page("not JSON {target}", "application/json"), id="3.2.2 JSON: what is no JSON has no match"),
        pytest.param(page("{target}-and-more", "text/plain"), id="3.2.2 plain text: a longer URL is no match"),
        pytest.param(page('<a href="{target}">x</a>', "image/png"), id="3.2.2 other media types are not looked into"),
        pytest.param(page("x" * 1_000_001 + '<a href="{target}">x</a>'), id="4.2 only the first megabyte is read"),
    ],
)
async def test_a_source_that_does_not_link_is_rejected(receiving: Receiving, source: Page) -> None:
    facts = await receiving.standing(await receiving.mention(receiving.put(source)))
    assert (facts["state"], facts["reason"]) == ("rejected", "no_link")
    assert receiving.theirs.url not in await receiving.shown()


def moved(where: str) -> Page:
    return {"status": 302, "headers": {"Location": where}}


async def test_3_2_2_redirects_of_the_source_are_followed(receiving: Receiving) -> None:
    receiving.theirs.linking("/moved/there", receiving.target)
    assert await receiving.state_of(receiving.put(moved("/moved/there"))) == "approved"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(moved("/a"), id="3.2.2 redirects are followed up to a limit"),
        pytest.param(moved("ftp://127.0.0.1/"), id="3.2.2 a redirect to what is no page is not followed"),
        pytest.param({"status": 410}, id="3.2.3 a source that is gone"),
        pytest.param({"status": 403}, id="3.2.3 a source that may not be read"),
    ],
)
async def test_a_source_that_cannot_be_read_is_rejected(receiving: Receiving, source: Page) -> None:
    assert await receiving.state_of(receiving.put(source)) == "rejected"


async def test_3_2_3_a_source_that_is_not_found_yet_is_looked_at_again_later(receiving: Receiving) -> None:
    assert await receiving.state_of(receiving.put({"status": 404})) == "queued"


NO_LINK = page("<p>Nothing here any more.</p>")
CHANGED = page('<title>After</title><p>Read <a href="{target}">this</a>.</p>')


@pytest.mark.parametrize(
    ("source", "state", "shown"),
    [
        pytest.param(CHANGED, "approved", ["After"], id="3.2.4 a source that has changed is updated"),
        pytest.param(LINKING, "approved", ["Before"], id="3.2.4 a source that has not changed is not shown twice"),
        pytest.param({"status": 410}, "deleted", [], id="3.2.4 410 Gone deletes"),
        pytest.param(NO_LINK, "deleted", [], id="3.2.4 200 without the link deletes"),
        pytest.param({"status": 404}, "approved", ["Before"], id="3.2.4 404 Not Found does not delete"),
        pytest.param({"status": 500}, "approved", ["Before"], id="3.2.4 a failure does not delete"),
        pytest.param(moved("/a"), "approved", ["Before"], id="3.2.4 a redirect to nowhere does not delete"),
    ],
)
async def test_a_webmention_that_was_received_before_follows_its_source(
    receiving: Receiving, source: Page, state: str, shown: list[str]
) -> None:
    first = await receiving.mention(receiving.put(LINKING))
    await receiving.standing(first)
    again = await receiving.mention(receiving.put(source))
    assert (again.status, again.headers["location"]) == (202, first.headers["location"])
    assert (await receiving.standing(again))["state"] == state
    document = html.document_fromstring(await receiving.shown())
    assert [link.text for link in document.xpath("//*[@class='linkback-source']/a")] == shown


async def test_3_2_4_a_webmention_that_was_deleted_can_be_sent_again(receiving: Receiving) -> None:
    for source, state in ((LINKING, "approved"), (NO_LINK, "deleted"), (CHANGED, "approved")):
        assert await receiving.state_of(receiving.put(source)) == state


async def test_3_2_4_requests_that_come_at_once_are_one_webmention(receiving: Receiving) -> None:
    source = receiving.put(LINKING)
    answers = await asyncio.gather(*(receiving.mention(source) for _ in range(10)))
    await receiving.worker.run_until_idle()
    assert len({answered.headers["location"] for answered in answers}) == 1
    assert len(receiving.theirs.requests) == 1


async def test_4_1_what_a_source_says_is_shown_as_text(receiving: Receiving) -> None:
    source = page('<title>&lt;script>alert(1)&lt;/script></title><a href="{target}">&lt;img src=x onerror=y></a>')
    assert await receiving.state_of(receiving.put(source)) == "approved"
    document = html.document_fromstring(await receiving.shown())
    assert document.xpath("//script|//img") == []
    assert "<script>alert(1)</script>" in document.text_content()
