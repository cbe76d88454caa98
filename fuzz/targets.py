"""All targets by name."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable
from pathlib import Path

from fuzz import decoders, engines, funders, kits, lines, locked, stored

Target = Callable[[bytes], None]
FINDINGS = Path(__file__).parent / "findings"

TARGETS: dict[str, Target] = {
    **{f"decode-{name}": decoders.decode(codec) for name, codec in decoders.codecs().items()},
    **{f"file-{kind}": decoders.parse(kind) for kind in decoders.FILES},
    "frames": decoders.frames,
    "letter": decoders.letter,
    "aside": decoders.aside,
    "uri": decoders.uri,
    "sheet": decoders.sheet,
    "locked": locked.locked,
    "kit": kits.kit,
    "opening": lines.opening,
    "session": lines.session,
    "friend": funders.friend,
    "node": engines.node,
    "relay": engines.relay,
    "index": engines.index,
    "app": engines.app,
    "stored": stored.stored,
}


class Keeper:
    """Runs a target and keeps what it finds: one finding for each place that raises."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.run = TARGETS[target]
        self.executions = 0
        self.new: list[Path] = []
        self._seen = {path.name for path in FINDINGS.glob(f"{target}.*.txt")}

    def __call__(self, data: bytes) -> None:
        """One execution; never raises."""
        self.executions += 1
        try:
            self.run(data)
        except Exception as error:
            self._keep(data, error)

    def _keep(self, data: bytes, error: Exception) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        places = [f"{Path(frame.filename).name} {frame.name}" for frame in frames[-3:]]
        place = hashlib.sha256(repr((type(error).__name__, places)).encode()).hexdigest()[:12]
        path = FINDINGS / f"{self.target}.{place}.txt"
        if path.name in self._seen:
            return
        self._seen.add(path.name)
        self.new.append(path)
        FINDINGS.mkdir(exist_ok=True)
        where = "\n".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
        path.write_text(f"{data.hex()}\n\n{type(error).__name__}: {error}\n{where}\n", "utf-8")


def finding(path: Path) -> tuple[str, bytes]:
    """The target and the bytes of a kept finding."""
    return path.name.partition(".")[0], bytes.fromhex(path.read_text("utf-8").partition("\n")[0])
