"""The armor of age: 64 characters a line, and only one way to write what is in it."""

import pytest

from offset.crypto.age.armor import BEGIN, is_sealed, put_on, take_off
from offset.crypto.age.faults import Damaged

DATA = bytes(range(100))
TEXT = put_on(DATA)
LINES = TEXT.split("\n")


@pytest.mark.parametrize("size", [1, 2, 3, 47, 48, 49, 96, 1000])
def test_there_and_back(size: int) -> None:
    """Bytes of any number come back, and no line is longer than 64."""
    text = put_on(bytes(size))
    assert take_off(text) == bytes(size)
    assert max(map(len, text.split("\n"))) <= 64


def test_what_mail_does_to_it() -> None:
    """Line ends of Windows, a missing last one and white space around it do not matter."""
    for text in (TEXT.replace("\n", "\r\n"), TEXT.rstrip("\n"), f"\n  {TEXT}\n\n"):
        assert take_off(text) == DATA
        assert is_sealed(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        BEGIN,
        f"{BEGIN}\n{LINES[-2]}\n",
        f"junk\n{TEXT}",
        f"{TEXT}junk",
        TEXT.replace("AGE", "PGP"),
        TEXT.replace(LINES[1], LINES[1] + "\n"),
        TEXT.replace(LINES[1], LINES[1][:60] + "\n" + LINES[1][60:]),
        TEXT.replace(LINES[1] + "\n", LINES[1]),
        TEXT.replace(LINES[1], LINES[1][:-1] + " "),
        TEXT.replace(LINES[1], LINES[1][:-1] + "-"),
        TEXT.replace("=", ""),
        TEXT.replace(LINES[-3], LINES[-3].replace("Yw==", "Yx==")),
        "\n".join(LINES[:-2]),
    ],
    ids=[
        "nothing", "only the begin", "empty", "text before", "text behind", "another kind", "an empty line",
        "a short line", "a long line", "a blank", "another alphabet", "no padding", "bits left over", "no end",
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    """Any other form is refused."""
    assert text != TEXT
    with pytest.raises(Damaged):
        take_off(text)


def test_what_is_sealed() -> None:
    """It is known by its first line; an identity in plain text is not."""
    assert is_sealed(TEXT)
    assert not is_sealed('{"privateKey": "x"}')
