"""Structured logs in which no secret and no phone number stands."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

from actions.phones import masked

#: Fields whose value is nobody's business, whatever it is.
SECRET = re.compile(r"secret|password|token|key|cookie|authorization|signature", re.IGNORECASE)
#: Passwords inside addresses.
CREDENTIALS = re.compile(r"(?<=://)([^/@\s]*):[^/@\s]+@")
#: Secrets inside queries; an error of HTTP names the whole address.
QUERY = re.compile(rf"([?&][\w-]*(?:{SECRET.pattern}|code)[\w-]*=)[^&\s'\"]+", re.IGNORECASE)
HIDDEN = "***"

Event = MutableMapping[str, Any]


def hide(_logger: object, _method: str, event: Event) -> Event:
    """Mask secrets by their names, phones and passwords by their looks."""
    for field, value in event.items():
        event[field] = HIDDEN if SECRET.search(field) else _hidden(value)
    return event


def _hidden(value: Any) -> Any:
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, str):
        return QUERY.sub(rf"\1{HIDDEN}", CREDENTIALS.sub(rf"\1:{HIDDEN}@", masked(value)))
    if isinstance(value, int):
        return value if masked(str(value)) == str(value) else masked(str(value))
    if isinstance(value, dict):
        return {
            _hidden(k): HIDDEN if SECRET.search(str(k)) else _hidden(v) for k, v in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden(item) for item in value]
    return _hidden(repr(value))  # as the renderers would show it


def configure(form: Literal["console", "json"]) -> None:
    """Log to standard error: JSON lines for machines, or lines for people."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
            structlog.processors.format_exc_info,
            hide,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # they log whole addresses, in which keys stand
    for noisy in ("httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
