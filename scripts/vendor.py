"""Fetch the vendored libraries anew with npm, as the tables VENDORED.toml name them: scripts/vendor.py

Each table stands in the folder of its files. A file is copied as its package has it, but for the change that its row
tells, and the SHA-256 of the row is that of the file as it is committed. A row whose hash is "" gets it printed;
a file that differs from its row is not written.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

CHANGES = {
    "": (rb"(?!)", b""),
    "without the line sourceMappingURL": (rb"//# sourceMappingURL=[^\n]*", b""),
    "without an address from which it would load": (rb"`https://[^`]*`", b"t + e"),
}
"""What may be changed in a file: the words of its row, and what is replaced by what."""


def fetch(packages: set[str], folder: Path) -> None:
    """Install packages ("preact@11.2.0") into a folder, without running scripts of theirs."""
    (folder / "package.json").write_text('{"name": "vendored", "private": true}')
    subprocess.run(
        ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *sorted(packages)],
        cwd=folder,
        check=True,
    )


def main() -> int:
    tables = {
        path: tomllib.loads(path.read_text()) for path in sorted(ROOT.glob("*/**/vendor/VENDORED.toml"))
    }
    failed = False
    with tempfile.TemporaryDirectory() as name:
        fetch(
            {f"{row['package']}@{row['version']}" for table in tables.values() for row in table["file"]},
            Path(name),
        )
        for path, table in tables.items():
            for row in table["file"]:
                if "from" not in row:
                    continue
                pattern, by = CHANGES[row.get("changed", "")]
                data = re.sub(
                    pattern, by, (Path(name) / "node_modules" / row["package"] / row["from"]).read_bytes()
                )
                found = hashlib.sha256(data).hexdigest()
                if row["sha256"] not in ("", found):
                    print(
                        f"vendor: {row['path']} of {row['package']} differs from its row: {found}",
                        file=sys.stderr,
                    )
                    failed = True
                    continue
                if not row["sha256"]:
                    print(f"{row['path']}: {found}")
                target = path.parent / row["path"]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
