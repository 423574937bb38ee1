"""Logs: structlog, one event a line on standard error, JSON for machines and colours for a terminal."""

import logging
import sys

import structlog
from structlog.typing import Processor

from config.settings import LogSettings


def configure_logs(settings: LogSettings) -> None:
    """Write our events, and those of the libraries that log by the standard library, in one format."""
    as_json = settings.format == "json" or (settings.format == "auto" and not sys.stderr.isatty())
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    facts: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[Processor] = _json_renderer() if as_json else [structlog.dev.ConsoleRenderer()]
    structlog.configure(
        processors=[*facts, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _take_in_library_logs(facts, renderer, max(level, logging.WARNING))


def _json_renderer() -> list[Processor]:
    return [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]


def _take_in_library_logs(facts: list[Processor], renderer: list[Processor], level: int) -> None:
    handler = logging.StreamHandler()
    drop = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=facts, processors=[drop, *renderer]))
    logging.basicConfig(handlers=[handler], level=level, force=True)
