"""A table of states allows what stands in it, and nothing else."""

import enum

import pytest

from offset.base.transitions import Transitions


class Lamp(enum.Enum):
    ON = "on"
    OFF = "off"


class Press(enum.Enum):
    BUY = "buy"
    SWITCH = "switch"
    BREAK = "break"


LAMP = Transitions[Lamp, Press](
    "lamp",
    {
        None: {Press.BUY: Lamp.OFF},
        Lamp.OFF: {Press.SWITCH: Lamp.ON},
        Lamp.ON: {Press.SWITCH: Lamp.OFF, Press.BREAK: None},
    },
)


def test_events_lead_where_the_table_says() -> None:
    """From nothing to nothing, over all that is between."""
    assert LAMP.after(None, Press.BUY) is Lamp.OFF
    assert LAMP.after(Lamp.OFF, Press.SWITCH) is Lamp.ON
    assert LAMP.after(Lamp.ON, Press.SWITCH) is Lamp.OFF
    assert LAMP.after(Lamp.ON, Press.BREAK) is None


def test_what_is_not_in_the_table_does_not_happen() -> None:
    """It is not allowed, and to ask where it leads is an error that names both."""
    assert LAMP.allows(Lamp.ON, Press.BREAK)
    assert not LAMP.allows(Lamp.OFF, Press.BREAK)
    assert not LAMP.allows(None, Press.SWITCH)
    with pytest.raises(AssertionError, match=r"lamp: there is no way from Lamp\.OFF by Press\.BREAK"):
        LAMP.after(Lamp.OFF, Press.BREAK)


def test_a_state_without_a_row_is_the_end() -> None:
    """Nothing leads on from a state that has no row."""
    once = Transitions[Lamp, Press]("once", {None: {Press.BUY: Lamp.OFF}})
    assert not any(once.allows(Lamp.OFF, event) for event in Press)
