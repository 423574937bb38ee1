"""Settings: where they come from, and what is said when they are wrong."""

import re
import tomllib
from pathlib import Path

import pytest

from config.settings import CONFIG_VARIABLE, Settings, SettingsError, SiteSettings, load_settings

ALL_SETTINGS = Path(__file__).parent.parent.parent / "config" / "linkback.toml"


def written(folder: Path, text: str) -> Path:
    path = folder / "linkback.toml"
    path.write_text(text)
    return path


def uncommented(text: str) -> str:
    """The commented settings as if the owner had taken the # away before each of them."""
    return re.sub(r"^# (?=[a-z_]+ = |\[\[)", "", text, flags=re.MULTILINE)


def test_every_setting_stands_in_linkback_toml_with_its_default() -> None:
    shown = tomllib.loads(uncommented(ALL_SETTINGS.read_text()))
    defaults = Settings().model_dump(mode="json")
    assert set(shown) == set(defaults)
    for section in set(defaults) - {"sites"}:
        assert shown[section] == defaults[section], section
    [site] = shown["sites"]
    assert set(site) == set(SiteSettings.model_fields)


def test_the_example_can_be_used_as_it_is(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, uncommented(ALL_SETTINGS.read_text())))
    assert [site.id for site in settings.all_sites()] == ["notes"]


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, '[server]\nport = 1000\nhost = "127.0.0.9"')
    monkeypatch.setenv("LINKBACK_SERVER__PORT", "2000")
    server = load_settings(path).server
    assert (server.port, server.host) == (2000, "127.0.0.9")


def test_the_environment_can_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, str(written(tmp_path, "[server]\nport = 1000")))
    assert load_settings().server.port == 1000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[server]\nport = 'x'", "server.port"),
        ("[server]\nprot = 1", "server.prot"),
        ("[servre]\nport = 1", "servre"),
        ("[fetch]\nallow_networks = ['10.0.0.0/99']", "fetch.allow_networks"),
        ("[[sites]]\nid = 'a'\nname = 'A'\nhome = 'ftp://x/'", "sites.0.home"),
        ("[[sites]]\nid = 'a'\nname = 'A'", "sites.0.home"),
        ("[[sites]]\nid='a'\nname='A'\nhome='https://a/'\nlinkbacks='maybe'", "sites.0.linkbacks"),
        ("[[sites]]\nid='a'\nname='A'\nhome='https://a/'\nfeed='feed.xml'", "sites.0.feed"),
        ("[[sites]]\nid='a'\nname='A'\nhome='https://a/'\nblocked=['a/b']", "sites.0.blocked"),
        ("[[sites]]\nid='a'\nname='A'\nhome='https://a/'\n" * 2, "two sites have the id 'a'"),
        ("[server\n", "is not TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words.replace(".", r"\.")):
        load_settings(written(tmp_path, text))


@pytest.mark.parametrize(("name", "words"), [("LINKBACK_SERVR__PORT", "SERVR"), ("LINKBACK_SERVER__PROT", "prot")])
def test_a_misspelt_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, words: str) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError, match=words):
        load_settings()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="There is no settings file"):
        load_settings(tmp_path / "missing.toml")
