"""The table of docs/interoperability.md names the programs and versions that the tests run."""

import json
import re
import tomllib
from importlib.metadata import version

import pytest
from others import HERE, ROOT

PROGRAMS_OF_DEBIAN = ("WordPress", "xmlrpc (XML-RPC for C)")


def table() -> list[str]:
    document = (ROOT / "docs" / "interoperability.md").read_text()
    return [line for line in document.partition("\n## ")[0].splitlines() if line.startswith("| ")]


def from_pypi() -> list[str]:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    return [requirement.partition("[")[0] for requirement in groups["interoperability"]]


def from_npm() -> list[str]:
    return list(json.loads((HERE / "package.json").read_text())["dependencies"])


def npm_version(name: str) -> str:
    installed = json.loads((HERE / "node_modules" / name / "package.json").read_text())
    return str(installed["version"])


def has_row(name: str, number: str) -> bool:
    rows = (re.split(r"[\s|,]+", row) for row in table())
    return any(name in row and number in row for row in rows)


@pytest.mark.parametrize("name", from_pypi())
def test_programs_of_pypi_stand_in_the_table_with_the_version_that_is_installed(name: str) -> None:
    assert has_row(name, version(name))


@pytest.mark.parametrize("name", from_npm())
def test_programs_of_npm_stand_in_the_table_with_the_version_that_is_installed(name: str) -> None:
    assert has_row(name, npm_version(name))


@pytest.mark.parametrize("name", PROGRAMS_OF_DEBIAN)
def test_debians_programs_stand_in_the_table(name: str) -> None:
    """Their versions are those of the release on which the tests run."""
    assert any(row.startswith(f"| {name} |") for row in table())


def test_the_lock_of_npm_names_no_registry() -> None:
    assert '"resolved"' not in (HERE / "package-lock.json").read_text()
