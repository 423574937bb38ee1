"""
The settings: every one of them, typed, with its default.

They come from a TOML file (config/linkback.toml shows all of them) and from the environment, where
LINKBACK_SERVER__PORT=8080 stands for `port` under `[server]`; the environment wins.
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from linkback.sites import Comments, Linkbacks, Site, Sites
from linkback.urls import UrlError, parse_url

CONFIG_VARIABLE = "LINKBACK_CONFIG"

Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]


class SettingsError(Exception):
    """Settings that cannot be used; the text names each wrong one, says what is wrong, and where it was read."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerSettings(_Section):
    """[server]: the receiver."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: str = ""
    answer_within: Annotated[float, Field(ge=0)] = 2.0
    max_body_bytes: Count = 65_536
    max_multicall: Annotated[int, Field(ge=0)] = 10

    @field_validator("public_url")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        return _usable_url(value).rstrip("/") if value else value


class StoreSettings(_Section):
    """[store]: Valkey or Redis."""

    url: str = ""
    data_dir: Path = Path("data")


class FetchSettings(_Section):
    """[fetch]: the outgoing HTTP client."""

    allow_networks: tuple[IPvAnyNetwork, ...] = ()
    timeout: Seconds = 10.0
    max_bytes: Count = 1_000_000


class WorkerSettings(_Section):
    """[worker]: the verification of sources."""

    concurrency: Count = 100
    retry_delays: tuple[Seconds, ...] = (60, 900, 14_400, 86_400)
    look_again_every: Seconds = 2_592_000
    grace: Seconds = 604_800
    lease: Seconds = 15.0
    drain: Annotated[float, Field(ge=0)] = 10.0


class FollowSettings(_Section):
    """[follow]: the reading of the blogs' own feeds."""

    every: Seconds = 900


class LogSettings(_Section):
    """[log]: what is written to standard error."""

    level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"
    format: Annotated[str, Field(pattern="^(auto|json|console)$")] = "auto"


class SiteSettings(_Section):
    """One of [[sites]]: a blog that is served."""

    id: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,62}$")]
    name: Annotated[str, Field(min_length=1)]
    home: str
    aliases: tuple[str, ...] = ()
    language: Annotated[str, Field(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = "en"
    linkbacks: Linkbacks = Linkbacks.APPROVE
    comments: Comments = Comments.HOLD_FIRST
    needs_email: bool = False
    feed: str = ""
    blocked: tuple[str, ...] = ()

    @field_validator("blocked")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_host(name) for name in value)

    @field_validator("feed")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        return _usable_url(value) if value else value

    @field_validator("home", "aliases")
    @classmethod
    def _are_urls(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for url in (value,) if isinstance(value, str) else value:
            _usable_url(url)
        return value

    def as_site(self) -> Site:
        """The site as the domain knows it."""
        return Site(
            id=self.id,
            name=self.name,
            home=parse_url(self.home),
            aliases=tuple(map(parse_url, self.aliases)),
            language=self.language,
            linkbacks=self.linkbacks,
            comments=self.comments,
            needs_email=self.needs_email,
            feed=parse_url(self.feed) if self.feed else None,
            blocked=frozenset(self.blocked),
        )


class Settings(BaseSettings):
    """All settings of an installation."""

    model_config = SettingsConfigDict(
        env_prefix="LINKBACK_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    server: ServerSettings = ServerSettings()
    store: StoreSettings = StoreSettings()
    fetch: FetchSettings = FetchSettings()
    worker: WorkerSettings = WorkerSettings()
    follow: FollowSettings = FollowSettings()
    log: LogSettings = LogSettings()
    sites: tuple[SiteSettings, ...] = ()

    @model_validator(mode="after")
    def _site_ids_differ(self) -> "Settings":
        ids = [site.id for site in self.sites]
        twice = {name for name in ids if ids.count(name) > 1}
        if twice:
            message = f"two sites have the id {min(twice)!r}; give each its own."
            raise ValueError(message)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings passes it by name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings passes it by name
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first, then the file."""
        path = settings_cls.model_config.get("toml_file")
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, path)

    @property
    def public_url(self) -> str:
        """Where the world finds this service, without a slash at the end."""
        return self.server.public_url or f"http://{self.server.host}:{self.server.port}"

    def all_sites(self) -> Sites:
        """The sites as the domain knows them."""
        return Sites(site.as_site() for site in self.sites)


def load_settings(path: Path | None = None) -> Settings:
    """
    Read the settings from a file (LINKBACK_CONFIG names it where `path` does not) and the environment.

    Raises:
        SettingsError: if the file cannot be read, or a setting is wrong or unknown.
    """
    named = os.environ.get(CONFIG_VARIABLE)
    path = path or (Path(named) if named else None)
    _refuse_unknown_variables()
    if path is not None and not path.is_file():
        message = f"There is no settings file {path}: give its path by --config or {CONFIG_VARIABLE}."
        raise SettingsError(message)
    try:
        return _settings_from(path)
    except tomllib.TOMLDecodeError as error:
        message = f"{path} is not TOML: {error}."
        raise SettingsError(message) from error
    except ValidationError as error:
        raise SettingsError(_explain(error, path)) from error


def _refuse_unknown_variables() -> None:
    """A misspelt section in the environment would otherwise be passed over without a word."""
    for name in os.environ:
        section = name.removeprefix("LINKBACK_").split("__")[0].lower()
        if name.startswith("LINKBACK_") and name != CONFIG_VARIABLE and section not in Settings.model_fields:
            message = f"The environment sets {name}, but there is no section [{section}] in the settings."
            raise SettingsError(message)


def _settings_from(path: Path | None) -> Settings:
    class SettingsOfFile(Settings):
        model_config = SettingsConfigDict(toml_file=path)

    return SettingsOfFile()


def _explain(error: ValidationError, path: Path | None) -> str:
    origin = f"{path} or the environment" if path else "the environment"
    lines = [f"The settings in {origin} cannot be used:"]
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"]) or "sites"
        given = problem["input"]
        shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool) else ""
        lines.append(f"  {name}: {problem['msg']}{shown}")
    return "\n".join(lines)


def _host(name: str) -> str:
    """A host as URLs have it: in lower case, other scripts as ASCII."""
    try:
        url = parse_url(f"http://{name.strip()}/")
    except UrlError as error:
        message = f"{name!r} is no host, such as spam.example."
        raise ValueError(message) from error
    if url.path != "/" or url.query is not None:
        message = f"{name!r} is no host, such as spam.example."
        raise ValueError(message)
    return url.host


def _usable_url(value: str) -> str:
    try:
        parse_url(value)
    except UrlError as error:
        raise ValueError(str(error)) from error
    return value
