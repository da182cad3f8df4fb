"""Logs: one JSON line an event, with a documented set of fields and secrets masked.

Fields of every line: ``at`` (ISO 8601 UTC), ``level``, ``event`` (a short English name), ``role`` (process), and what
the event binds: ``actor``, ``document``, ``delivery``, ``target``, ``screen``, ``release``, ``code``, ``ms``.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

# A field with one of these in its name never reaches a line, whoever logs it.
_SECRET = (
    "password",
    "secret",
    "token",
    "cookie",
    "authorization",
    "code_hash",
    "setup_code",
    "private",
)


def _mask(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        event[key] = _masked(key, value)
    return event


def _masked(key: str, value: object) -> object:
    if any(word in key.lower() for word in _SECRET):
        return "***"
    if isinstance(value, Mapping):
        return {name: _masked(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        # A list stands under its own name, so that only what is inside its elements is looked at.
        return [_masked("", inner) for inner in value]
    return value


def configure(*, role: str, level: str = "INFO", json_lines: bool = True) -> None:
    """Sets structlog and the standard library's logging to write to stderr in the house form."""

    def add_role(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        # Not a context variable: a thread and a library's line have none, and every line names its process.
        event.setdefault("role", role)
        return event

    # The same for our lines and for those of libraries, whose tracebacks would otherwise be lost.
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        add_role,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        _mask,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json_lines
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def logger(name: str) -> Any:
    """A bound logger; `name` says which room speaks."""
    return structlog.get_logger(room=name)
