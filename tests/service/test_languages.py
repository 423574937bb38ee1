import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import service
from linkback.mentions import Protocol
from service.languages import LOCALE_FOLDER, format_day, translations

SERVICE_FOLDER = Path(service.__file__).parent
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract"), ("**.xml", "jinja2.ext:babel_extract")]
JINJA_OPTIONS = {"silent": "false"}  # else a template that does not parse would seem to say nothing
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]")


def french() -> Catalog:
    with (LOCALE_FOLDER / "fr.po").open("rb") as file:
        return read_po(file, locale="fr", abort_invalid=True)


def forms(texts: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """The singular and the plural of a message, or its only form."""
    return tuple(texts) if isinstance(texts, (list, tuple)) else (texts or "",)


def said_in(folder: Path) -> Iterator[str]:
    """Every text that code or a template in a folder asks a translation for."""
    options = {pattern: JINJA_OPTIONS for pattern, method in METHODS if method != "python"}
    for _file, _line, message, _comments, _context in extract_from_dir(folder, METHODS, options):
        yield forms(message)[0]


def translated() -> set[str]:
    return {forms(message.id)[0] for message in french() if all(forms(message.string)) and not message.fuzzy}


def untranslated(folder: Path) -> set[str]:
    return set(said_in(folder)) - translated()


def test_everything_that_the_service_says_is_translated() -> None:
    assert untranslated(SERVICE_FOLDER) == set()


def test_the_name_of_every_protocol_is_translated() -> None:
    """These names are put together while the service runs, so that no reading of its code finds them."""
    assert {protocol.value.capitalize() for protocol in Protocol} <= translated()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.html", "<p>{{ _('Never translated') }}</p>"),
        ("nested/page.html", "{% trans %}Never translated{% endtrans %}"),
        ("nested/feed.xml", "{{ ngettext('Never translated', 'Never', 2) }}"),
        ("code.py", "texts.gettext('Never translated')"),
    ],
)
def test_a_text_without_a_translation_is_found(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert untranslated(tmp_path) == {"Never translated"}


def test_every_french_text_is_complete_and_keeps_the_placeholders() -> None:
    messages = [message for message in french() if message.id]
    assert messages
    for message in messages:
        assert not message.fuzzy
        assert all(forms(message.string)), f"{message.id} has no French text"
        expected = set(PLACEHOLDER.findall(forms(message.id)[-1]))
        assert set(PLACEHOLDER.findall(forms(message.string)[-1])) == expected, message.id


def test_every_french_text_is_set_as_french_is() -> None:
    for message in french():
        for text in forms(message.string) if message.id else ():
            assert not re.search("(?<!\u202f)[:;!?»]", text), f"a narrow no-break space is missing in {text!r}"
            assert not re.search("«(?!\u202f)", text), f"a narrow no-break space is missing in {text!r}"
            assert "'" not in text, f"a straight apostrophe is in {text!r}"


def test_french_and_its_regional_forms_speak_french() -> None:
    for language in ("fr", "fr-CA", "fr-FR", "FR-ca", "fr_BE", "fr-Latn-CA", "fr-XX", "fr-x-private"):
        texts = translations(language)
        assert texts.gettext("Trackbacks and Pingbacks") == "Trackbacks et Pingbacks"
        assert texts.gettext("Comments on: %(title)s") % {"title": "A"} == "Commentaires sur\u202f: A"


@pytest.mark.parametrize(
    "language", ["en", "en-GB", "de", "xx", "", "-", "fra", "../fr", "fr/../en", "\ud800", "f" * 9999]
)
def test_english_and_what_nobody_has_translated_speak_english(language: str) -> None:
    assert translations(language).gettext("Trackbacks and Pingbacks") == "Trackbacks and Pingbacks"
    assert translations(language).ngettext("one", "many", 1) == "one"


def test_a_text_that_is_not_in_the_catalogue_is_said_in_english() -> None:
    assert translations("fr").gettext("No such text") == "No such text"


def test_a_catalogue_is_loaded_once() -> None:
    assert translations("fr-CA") is translations("fr")
    assert translations("de") is translations("en")


@pytest.mark.parametrize(
    ("language", "day", "written"),
    [
        ("fr", 12, "12 mars 2010"),
        ("fr-CA", 12, "12 mars 2010"),
        ("fr", 1, "1er mars 2010"),
        ("fr", 10, "10 mars 2010"),
        ("fr", 31, "31 mars 2010"),
        ("en", 12, "March 12, 2010"),
        ("en", 1, "March 1, 2010"),
        ("en-GB", 12, "12 March 2010"),
        ("de", 12, "March 12, 2010"),
        ("", 12, "March 12, 2010"),
    ],
)
def test_a_day_is_written_as_the_language_writes_it(language: str, day: int, written: str) -> None:
    assert format_day(datetime(2010, 3, day, 23, 59, tzinfo=UTC), language) == written


@pytest.mark.parametrize(
    "speak", [translations, lambda language: format_day(datetime(2010, 3, 12, tzinfo=UTC), language)]
)
@given(
    language=st.one_of(st.text(), st.text().map("fr-{}".format), st.from_regex(r"(fr|en|de)([-_@][a-zA-Z0-9]{1,9})*"))
)
def test_no_language_tag_whatever_is_an_error(speak: Callable[[str], object], language: str) -> None:
    assert speak(language)
