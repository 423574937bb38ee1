"""Comments as readers write them: by form, by JSON and by CommentAPI."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

import aiohttp
import feedparser
import pytest
from conftest import Blog
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from lxml import html as lxml_html

from config.settings import Settings
from linkback.comments import Standing
from linkback.mentions import State
from linkback.sites import Comments, Post
from linkback.store.comments import Comments as StoredComments
from linkback.store.connection import Store
from linkback.store.moderation import Action, Moderation
from linkback.urls import parse_url

EMAIL = "alice@example.org"
FIELDS = {"name": "Alice", "email": EMAIL, "website": "alice.example", "text": "Well said.\n\nTruly <em>well</em>."}
FORM = "application/x-www-form-urlencoded"


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class Reader:
    """Somebody who reads our post and writes under it."""

    receiver: str
    post: Post
    store: Store

    async def ask(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        wire = {name.replace("_", "-"): value for name, value in headers.items()}
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                method, self.receiver + path, data=body or None, headers=wire, allow_redirects=False
            ) as response,
        ):
            return Answer(response.status, response.headers, await response.text())

    @property
    def path(self) -> str:
        return f"/comments?{urlencode({'target': self.post.url})}"

    async def stamp(self, age: timedelta = timedelta(minutes=1)) -> str:
        """A form's stamp, as if the form had been made a while ago."""
        secret = await self.store.signing_secret("of the tests")

        class Older(TimestampSigner):
            def get_timestamp(self) -> int:
                return int((datetime.now(UTC) - age).timestamp())

        serializer = URLSafeTimedSerializer(secret, salt="linkback form", signer=Older)
        return str(serializer.dumps(self.post.key))

    async def send_form(self, **fields: str) -> Answer:
        body = urlencode(FIELDS | {"stamp": await self.stamp()} | fields)
        return await self.ask("POST", self.path, body, Content_Type=FORM)

    async def send_json(self, **fields: str) -> Answer:
        body = json.dumps(FIELDS | {"stamp": await self.stamp()} | fields)
        return await self.ask("POST", self.path, body, Content_Type="application/json")

    async def shown(self) -> list[str]:
        return [comment.text for comment in await StoredComments(self.store).visible_of_post(self.post, 100)]

    async def decide(self, comment_id: str, state: State) -> None:
        moderation = Moderation(self.store)
        entry = await moderation.find(comment_id)
        assert entry is not None
        assert await moderation.decide(entry, state, Action(datetime.now(UTC), "owner", state.value))


@pytest.fixture
def rule() -> Comments:
    return Comments.APPROVE


@pytest.fixture
def settings(settings: Settings, rule: Comments) -> Settings:
    sites = tuple(site.model_copy(update={"comments": rule}) for site in settings.sites)
    return settings.model_copy(update={"sites": sites})


@pytest.fixture
def reader(receiver: str, settings: Settings, store: Store, ours: Blog) -> Reader:
    post = settings.all_sites().locate(parse_url(f"{ours.url}/post"))
    assert post is not None
    return Reader(receiver, post, store)


async def test_a_form_is_sent_without_javascript_and_leads_back_to_the_comment_under_the_post(reader: Reader) -> None:
    page = await reader.ask("GET", reader.path)
    form = lxml_html.fromstring(page.text).forms[0]
    assert {"name", "email", "website", "text", "stamp", "in_reply_to", "subject"} == set(form.fields)
    assert (form.method, form.action) == ("POST", None)
    answer = await reader.send_form()
    assert answer.status == 303
    [comment] = await StoredComments(reader.store).visible_of_post(reader.post, 10)
    assert answer.headers["Location"] == f"{reader.post.url}#comment-{comment.id}"
    assert (comment.name, comment.website) == ("Alice", "https://alice.example")
    assert comment.html == "<p>Well said.</p>\n<p>Truly <em>well</em>.</p>"


async def test_json_is_answered_with_the_comment_and_a_token_for_its_writer(reader: Reader) -> None:
    answer = await reader.send_json()
    facts = json.loads(answer.text)
    assert (answer.status, facts["state"], facts["name"]) == (201, "approved", "Alice")
    assert facts["html"].startswith("<p>Well said.</p>")
    assert facts["url"] == f"{reader.post.url}#comment-{facts['id']}"
    assert facts["token"]


@pytest.mark.parametrize("rule", [Comments.HOLD_FIRST])
async def test_an_rss_item_is_taken_as_comment_api_has_it(reader: Reader) -> None:
    item = f"<item><author>{EMAIL} (Alice)</author><description>Well said.</description></item>"
    answer = await reader.ask("POST", reader.path, item, Content_Type="text/xml")
    assert answer.status == 202
    assert f"/comments/{await only_held(reader)}" in answer.headers["Location"]


async def only_held(reader: Reader) -> str:
    [entry] = await Moderation(reader.store).waiting(reader.post.site, 10)
    return entry.id


@pytest.mark.parametrize("rule", [Comments.HOLD_FIRST])
async def test_the_first_comment_of_a_writer_waits_and_later_ones_are_shown_when_it_was_approved(
    reader: Reader,
) -> None:
    first = await reader.send_json()
    assert (first.status, json.loads(first.text)["state"], await reader.shown()) == (202, "held", [])
    await reader.decide(await only_held(reader), State.APPROVED)
    second = await reader.send_json(text="Once more.", email=EMAIL.upper())
    assert (second.status, await reader.shown()) == (201, ["Once more.", FIELDS["text"]])
    stranger = await reader.send_json(text="A stranger.", email="bob@example.org")
    assert stranger.status == 202


@pytest.mark.parametrize("rule", [Comments.HOLD])
async def test_a_held_comment_leads_its_writer_to_a_page_that_says_so(reader: Reader) -> None:
    answer = await reader.send_form()
    place = urlsplit(answer.headers["Location"])
    page = await reader.ask("GET", f"{place.path}?{place.query}", Accept="text/html")
    assert (page.status, "when the owner of the blog has approved it" in page.text) == (200, True)
    assert (await reader.ask("GET", place.path)).status == 404


@pytest.mark.parametrize("rule", [Comments.CLOSED])
async def test_closed_comments_are_closed(reader: Reader) -> None:
    assert (await reader.send_json()).status == 403
    assert (await reader.ask("GET", reader.path)).status == 403


async def test_a_form_with_mistakes_comes_back_with_them_and_with_what_was_typed(reader: Reader) -> None:
    answer = await reader.send_form(name="", email="nonsense", text='Words "quoted" & <b>bold</b>')
    form = lxml_html.fromstring(answer.text).forms[0]
    assert answer.status == 400
    assert form.fields["text"].strip() == 'Words "quoted" & <b>bold</b>'
    assert form.fields["email"] == "nonsense"
    errors = {error.get("id"): error.text for error in form.find_class("linkback-error")}
    assert errors == {
        "linkback-name-error": "Please give a name.",
        "linkback-email-error": "This is no e-mail address.",
    }
    assert await reader.shown() == []


async def test_json_with_mistakes_is_answered_with_all_of_them(reader: Reader) -> None:
    answer = await reader.send_json(name="", text="")
    fields = [error["field"] for error in json.loads(answer.text)["errors"]]
    assert (answer.status, fields) == (400, ["name", "text"])


async def test_a_button_that_is_pressed_twice_makes_one_comment(reader: Reader) -> None:
    first, second = await reader.send_json(), await reader.send_json()
    assert json.loads(first.text)["id"] == json.loads(second.text)["id"]
    assert len(await reader.shown()) == 1


@pytest.mark.parametrize(
    ("fields", "standing"),
    [
        ({"subject": "pills"}, Standing.TRAPPED),
        ({"stamp": ""}, Standing.UNPROVEN),
        ({"stamp": "forged"}, Standing.UNPROVEN),
        ({"text": "http://a.example http://b.example http://c.example"}, Standing.MANY_LINKS),
    ],
)
async def test_what_looks_like_spam_is_answered_as_if_it_waited(
    reader: Reader, fields: dict[str, str], standing: Standing
) -> None:
    answer = await reader.send_json(**fields)
    facts = json.loads(answer.text)
    assert (answer.status, facts["state"], await reader.shown()) == (202, "held", [])
    comment = await StoredComments(reader.store).find(facts["id"])
    assert comment is not None
    assert comment.standing is standing


async def test_a_form_that_comes_back_at_once_was_not_filled_in_by_a_reader(reader: Reader) -> None:
    answer = await reader.send_json(stamp=await reader.stamp(timedelta(0)))
    assert answer.status == 202


async def test_a_comment_answers_a_comment_that_stands_there_and_no_other(reader: Reader) -> None:
    parent = json.loads((await reader.send_json()).text)["id"]
    answer = await reader.send_json(text="Yes.", in_reply_to=parent)
    assert json.loads(answer.text)["in_reply_to"] == parent
    refused = await reader.send_json(text="No.", in_reply_to="12345678-0000-7000-8000-000000000000")
    assert [error["field"] for error in json.loads(refused.text)["errors"]] == ["in_reply_to"]


async def test_comments_stand_in_the_feeds_in_threads_and_an_edit_shows_as_one(reader: Reader) -> None:
    parent = json.loads((await reader.send_json()).text)
    child = json.loads((await reader.send_json(text="Yes.", in_reply_to=parent["id"])).text)
    target = urlencode({"target": reader.post.url})
    feed = feedparser.parse((await reader.ask("GET", f"/comments.atom?{target}")).text)
    answer, first = feed.entries
    assert (first.author, first.link) == ("Alice", parent["url"])
    assert first.content[0].value == parent["html"]
    assert (first["thr_in-reply-to"]["href"], answer["thr_in-reply-to"]["ref"]) == (reader.post.url, first.id)
    assert answer["thr_in-reply-to"]["href"] == parent["url"]

    change = {"token": child["token"], "text": "No."}
    await reader.ask("POST", f"/comments/{child['id']}", urlencode(change), Content_Type=FORM)
    async with asyncio.timeout(10):  # copies are dropped as soon as word of the change arrives
        while "No." not in (await reader.ask("GET", f"/comments.atom?{target}")).text:
            pass
    changed = feedparser.parse((await reader.ask("GET", f"/comments.atom?{target}")).text).entries[0]
    assert (changed.id, changed.content[0].value, changed.published) == (answer.id, "<p>No.</p>", answer.published)
    assert changed.updated >= answer.updated
    for path in ("/comments.rss", "/comments.json"):
        assert "No." in (await reader.ask("GET", f"{path}?{target}")).text, path


async def test_a_site_has_a_feed_of_all_its_posts_and_feeds_of_kinds_and_threads(reader: Reader, ours: Blog) -> None:
    parent = json.loads((await reader.send_json()).text)
    await reader.send_json(text="Yes.", in_reply_to=parent["id"])
    other = urlencode({"target": f"{ours.url}/other"})
    await reader.ask("POST", f"/comments?{other}", json.dumps(FIELDS), Content_Type="application/json")
    await reader.decide(await only_held(reader), State.APPROVED)

    async def entries(query: str) -> list[str]:
        answer = await reader.ask("GET", f"/comments.rss?{query}")
        assert answer.status == 200
        return [urlsplit(entry.link).path for entry in feedparser.parse(answer.text).entries]

    assert sorted(await entries("site=ours")) == ["/other", "/post", "/post"]
    assert len(await entries("site=ours&type=comment")) == 3
    assert await entries("site=ours&type=pingback,like") == []
    assert await entries(f"site=ours&in_reply_to={parent['id']}") == ["/post"]
    for query, status in (("site=none", 404), ("site=ours&type=x", 400), ("site=ours&in_reply_to=x", 400)):
        assert (await reader.ask("GET", f"/comments.atom?{query}")).status == status


async def test_the_form_under_the_post_leads_to_a_last_look_and_from_there_to_the_comment(reader: Reader) -> None:
    target = urlencode({"target": reader.post.url})
    embedded = lxml_html.fromstring((await reader.ask("GET", f"/embed?{target}")).text).forms[0]
    assert embedded.action == f"https://linkback.example{reader.path}"
    assert "stamp" not in embedded.fields
    answer = await reader.ask("POST", reader.path, urlencode(FIELDS), Content_Type=FORM)
    page = lxml_html.fromstring(answer.text)
    assert (answer.status, await reader.shown()) == (200, [])
    assert page.cssselect("blockquote em")[0].text == "well"
    fields = {name: value.strip() for name, value in page.forms[0].fields.items()}
    assert fields["text"] == FIELDS["text"]
    fields["stamp"] = await reader.stamp()
    sent = await reader.ask("POST", reader.path, urlencode(fields), Content_Type=FORM)
    assert (sent.status, len(await reader.shown())) == (303, 1)


async def test_comments_stand_under_the_post_in_threads_the_oldest_first(reader: Reader) -> None:
    first = json.loads((await reader.send_json(text="First.")).text)["id"]
    await reader.send_json(text="Second.")
    await reader.send_json(text="An answer.", in_reply_to=first)
    target = urlencode({"target": reader.post.url})
    section = lxml_html.fromstring((await reader.ask("GET", f"/embed?{target}")).text)
    top = section.cssselect(".linkback-comments > li")
    assert [item.cssselect(".linkback-text")[0].text_content() for item in top] == ["First.", "Second."]
    assert top[0].get("id") == f"comment-{first}"
    assert [item.text_content() for item in top[0].cssselect("ol .linkback-text")] == ["An answer."]
    assert section.cssselect("h2")[0].text == "3 responses"
    assert f"&in_reply_to={first}" in str(top[0].cssselect(".linkback-answer")[0].get("href"))


async def test_its_writer_may_change_a_comment_and_nobody_else(reader: Reader) -> None:
    facts = json.loads((await reader.send_json()).text)
    path = f"/comments/{facts['id']}"
    change = {"token": facts["token"], "action": "edit", "text": "Better <b>said</b>."}
    answer = await reader.ask("POST", path, urlencode(change), Content_Type=FORM)
    assert json.loads(answer.text)["html"] == "<p>Better <b>said</b>.</p>"
    assert json.loads((await reader.ask("GET", path)).text)["edited_at"]
    for token in ("", "forged", facts["token"][:-1]):
        body = urlencode(change | {"token": token})
        assert (await reader.ask("POST", path, body, Content_Type=FORM)).status == 403
    assert await reader.shown() == ["Better <b>said</b>."]


async def test_a_token_of_one_comment_is_none_of_another(reader: Reader) -> None:
    first = json.loads((await reader.send_json()).text)
    second = json.loads((await reader.send_json(text="Another.")).text)
    body = urlencode({"token": first["token"], "action": "delete"})
    assert (await reader.ask("POST", f"/comments/{second['id']}", body, Content_Type=FORM)).status == 403


async def test_a_change_to_what_would_have_been_held_is_held(reader: Reader) -> None:
    facts = json.loads((await reader.send_json()).text)
    change = {"token": facts["token"], "text": "http://a.example http://b.example http://c.example"}
    await reader.ask("POST", f"/comments/{facts['id']}", urlencode(change), Content_Type=FORM)
    assert (await reader.shown(), await only_held(reader)) == ([], facts["id"])


async def test_a_comment_that_its_writer_deletes_leaves_nothing_of_him(reader: Reader) -> None:
    facts = json.loads((await reader.send_json()).text)
    body = urlencode({"token": facts["token"], "action": "delete"})
    assert (await reader.ask("POST", f"/comments/{facts['id']}", body, Content_Type=FORM)).status == 200
    assert (await reader.shown(), (await reader.ask("GET", f"/comments/{facts['id']}")).status) == ([], 404)
    record = await reader.store.client.hgetall(reader.store.layout.of_site("ours").comment(facts["id"]))
    assert not {"Alice", EMAIL, FIELDS["text"]} & set(record.values())


async def test_an_empty_change_is_refused_and_shown_again(reader: Reader) -> None:
    facts = json.loads((await reader.send_json()).text)
    body = urlencode({"token": facts["token"], "text": " "})
    answer = await reader.ask("POST", f"/comments/{facts['id']}", body, Content_Type=FORM)
    assert (answer.status, "Please write something." in answer.text) == (400, True)


@pytest.mark.parametrize("accept", ["text/html", "application/json", "*/*"])
async def test_the_address_of_a_writer_is_in_no_answer(reader: Reader, accept: str) -> None:
    sent = await reader.send_json()
    facts = json.loads(sent.text)
    target = urlencode({"target": reader.post.url})
    own = f"/comments/{facts['id']}"
    paths = [own, f"{own}?token={facts['token']}", reader.path]
    paths += [f"{path}?{target}" for path in ("/embed", "/comments.rss", "/api/mentions.jf2", "/api/mentions.html")]
    answers = [sent, await reader.send_form(text="By form.")]
    answers += [await reader.ask("GET", path, Accept=accept) for path in paths]
    for answer in answers:
        assert EMAIL not in answer.text + str(answer.headers)


class TestInFrench:
    """A French blog."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        sites = tuple(site.model_copy(update={"language": "fr"}) for site in settings.sites)
        return settings.model_copy(update={"sites": sites})

    async def test_the_form_and_its_mistakes_are_told_in_french(self, reader: Reader) -> None:
        page = await reader.send_form(name="")
        assert "Laissez une réponse" in page.text
        assert "Indiquez un nom" in page.text
