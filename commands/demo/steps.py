"""A step of the demo: bounded in time, and what it failed of is told in one sentence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum

import aiohttp

LONGEST_STEP_S = 30.0


class Step(StrEnum):
    """What may fail, in the order of the demo."""

    START = "The start of the service"
    DISCOVERY = "Discovery"
    PINGBACK = "The pingback"
    TRACKBACK = "The trackback"
    VERIFICATION = "Verification"
    FEED = "The feed"
    DEMO = "The demo"


class ServiceFailed(Exception):  # noqa: N818 - it names what happened
    """Something happened to the service after which there is nothing to wait for."""


class StepFailed(Exception):  # noqa: N818 - it names what happened
    """A step that did not come to its end; `why` is a sentence, and its notes are the last lines of the log."""

    def __init__(self, step: Step, why: str) -> None:
        super().__init__(f"{step}: {why}")
        self.step = step
        self.why = why


@asynccontextmanager
async def bounded(step: Step) -> AsyncIterator[None]:
    """
    Take a step within LONGEST_STEP_S.

    Raises:
        StepFailed: if it takes longer, or the network or the service fails it.
    """
    try:
        async with asyncio.timeout(LONGEST_STEP_S):
            yield
    except TimeoutError as error:
        raise StepFailed(step, f"it had not happened after {LONGEST_STEP_S:.0f} seconds.") from error
    except (OSError, aiohttp.ClientError, ServiceFailed) as error:
        raise StepFailed(step, f"{error}.") from error
