"""Where a server listens."""

from pathlib import Path

import pytest

from offset.programs import stindex, stnode, strelay
from support.commands import Main, one_sentence, run_main

SERVERS: dict[str, tuple[Main, list[str]]] = {
    "stnode": (stnode.main, ["-i", "x", "-d", "x", "-t", "x", "-l"]),
    "strelay": (strelay.main, ["-i", "x", "-l"]),
    "stindex": (stindex.main, ["-i", "x", "-t", "x", "-s", "127.0.0.1:0", "-c"]),
}


@pytest.mark.parametrize("program", SERVERS)
@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1", "127.0.0.1:99999", "localhost:9", "[::1:90"])
def test_wrong_address_is_a_usage_error(
    program: str,
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A wrong address is a wrong command line, with status 2, in every server, before any file is looked at."""
    monkeypatch.chdir(tmp_path)
    main, args = SERVERS[program]
    done = run_main(main, [*args, address], capsys)
    assert (done.status, done.stdout) == (2, "")
    said = one_sentence(program, done.stderr)
    assert said.startswith("invalid value for ")
    assert f"{address!r} is not an address" in said
    assert f"See: {program} --help" in said
