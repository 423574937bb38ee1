"""
What can be wrong with the store.

    StoreError
    └── StoreUnavailable
"""

from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError


class StoreError(Exception):
    """A store that cannot be used; the text says why and what to do."""


class StoreUnavailable(StoreError):  # noqa: N818 - it is the store's state, not a mistake of the caller
    """A store that does not answer, or that may not write at the moment."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(f"The store does not answer as it should: {cause}. Check store.url and its server.")
        self.cause = cause


@contextmanager
def as_store_errors() -> Iterator[None]:
    """Turn what the client library raises into StoreUnavailable."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise StoreUnavailable(error) from error
