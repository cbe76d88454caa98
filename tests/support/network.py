"""Networks of real programs, for the process tests: made with command lines, asked with command lines.

Every wait has a deadline that only a program which hangs will meet; a busy machine does not.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from support.commands import Done, one_sentence

from offset.programs.offset.network import Network, Node

PROGRAMS = Path(os.path.abspath(os.sys.executable)).parent
PATIENCE_S = 60.0
CURRENCY = "FST"
LIMIT = 1000
HOST = "127.0.0.1"
