"""The store of an installation that is running, for commands that look into it or change it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from commands.embedded import SOCKET, store_url
from config.settings import Settings, SettingsError, load_settings
from linkback.store.connection import Store, open_store
from linkback.store.errors import StoreError


class RunningStoreError(Exception):
    """A store that cannot be used; the text says why, and what to do."""


@asynccontextmanager
async def running_store(config: Path | None) -> AsyncIterator[tuple[Store, Settings]]:
    """
    Open the store of the installation with these settings: the server of store.url, or that of `linkback serve`.

    Raises:
        RunningStoreError: if the settings cannot be used, or nothing is running.

    """
    try:
        settings = load_settings(config)
        async with open_store(_url(settings)) as store:
            yield store, settings
    except (SettingsError, StoreError) as error:
        raise RunningStoreError(str(error)) from error


def _url(settings: Settings) -> str:
    if settings.store.url:
        return settings.store.url
    data_dir = settings.store.data_dir.resolve()
    if not (data_dir / SOCKET).exists():
        message = f"No `linkback serve` is running on the data folder {data_dir}: start it, or name the right settings."
        raise RunningStoreError(message)
    return store_url(data_dir)
