"""Log lines on standard error: [2026-01-02T03:04:05Z LEVEL program] text (spec 05, 1.5)."""

from __future__ import annotations

import logging
import os
import time

from offset.engine.surface import Tell

LEVELS = {
    "off": logging.CRITICAL + 1,
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "info": logging.INFO,
    "debug": logging.DEBUG,
}
DEFAULT_LEVEL = "warning"

_log = logging.getLogger("offset")


class _Format(logging.Formatter):
    def __init__(self, program: str) -> None:
        super().__init__(f"[%(asctime)sZ %(levelname)s {program}] %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime


def set_up_log(program: str) -> None:
    """Write to standard error from now on; OFFSET_LOG names the level (off, error, warning, info, debug)."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Format(program))
    _log.handlers = [handler]
    _log.propagate = False
    wanted = os.environ.get("OFFSET_LOG", DEFAULT_LEVEL)
    level = LEVELS.get(wanted.lower())
    _log.setLevel(LEVELS[DEFAULT_LEVEL] if level is None else level)
    if level is None:
        _log.warning("OFFSET_LOG=%s is not a level: use one of %s", wanted, ", ".join(LEVELS))


def log_tell(tell: Tell) -> None:
    """Log what an engine tells. A topic that is a level gives the level; any other is news (info)."""
    level = LEVELS.get(tell.topic)
    if level is None:
        _log.info("%s: %s", tell.topic, tell.detail)
    else:
        _log.log(level, "%s", tell.detail)
