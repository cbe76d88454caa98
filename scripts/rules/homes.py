"""Each outside library is imported in one place only."""

from __future__ import annotations

from collections.abc import Iterator

from rules.project import SOURCE, Project

HOMES = {
    "capnp": "offset.wire.codec",
    "cryptography": "offset.crypto",
    "sqlite3": "offset.store.sqlite",
    "click": "offset.programs",
    "uvloop": "offset.shell",
    "starlette": "offset.wallet.web",
    "uvicorn": "offset.wallet.web",
    "segno": "offset.wallet.qr",
    "shamir_mnemonic": "offset.crypto.shares",
}


def breaches(project: Project) -> Iterator[str]:
    for file in project.python(SOURCE):
        for line, name, _ in file.imports:
            library = name.partition(".")[0]
            home = HOMES.get(library)
            if home is not None and file.module != home and not file.module.startswith(f"{home}."):
                yield f"{file.path}:{line}: {library} is imported only in {home}"
