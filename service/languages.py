"""
The languages in which readers are spoken to: texts and dates.

English is what the code and the templates say. Each other language is a catalogue of gettext in locale/, which is read
as it is, so that nothing must be compiled before the service runs.
"""

from datetime import datetime
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE_FOLDER = Path(__file__).parent / "locale"

_ENGLISH = Locale("en")
_LONGEST_TAG = 35  # letters: BCP 47 section 4.4.1 asks nobody to keep more


def translations(language: str) -> NullTranslations:
    """
    Load the catalogue for a language tag (BCP 47): the language's own for a regional form of it, such as fr-CA.

    The catalogue of a language that nobody has translated for us is empty, and so speaks English.
    """
    return _catalogues()[_locale(language).language]


def spoken(language: str) -> str:
    """Say which language readers get for a language tag, as a tag of its own: for the lang attribute."""
    return str(_locale(language)).replace("_", "-")


def format_day(when: datetime, language: str) -> str:
    """Write the day, as it is in the time zone of `when`, in words: "12 mars 2010", "March 12, 2010"."""
    locale = _locale(language)
    day = format_date(when, "long", locale=locale)
    is_french_first = locale.language == "fr" and when.day == 1
    return f"1er{day.removeprefix('1')}" if is_french_first else day


@cache
def _catalogues() -> dict[str, NullTranslations]:
    translated = {path.stem: _read_catalogue(path) for path in LOCALE_FOLDER.glob("*.po")}
    return {_ENGLISH.language: NullTranslations(), **translated}


def _read_catalogue(path: Path) -> NullTranslations:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


@lru_cache(maxsize=256)
def _locale(language: str) -> Locale:
    """The most special form of the tag that Babel knows, if the language has a catalogue; else English."""
    subtags = language[:_LONGEST_TAG].replace("_", "-").split("-")
    if subtags[0].lower() not in _catalogues():
        return _ENGLISH
    for length in range(len(subtags), 0, -1):
        try:
            return Locale.parse("-".join(subtags[:length]), sep="-")
        except (ValueError, UnknownLocaleError):
            continue
    return _ENGLISH
