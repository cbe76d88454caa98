"""Who waits for which answer."""

from hypothesis import given
from hypothesis import strategies as st

from offset.core.apps.pending_requests import PendingRequests


def test_05_d7_all_who_asked_are_answered_once() -> None:
    """Two who ask the same are both answered, in their order; the question is gone then."""
    pending = PendingRequests()
    for conn in (4, 2, 4):
        pending.ask("when", conn)
    pending.ask("where", 4)
    assert pending.answer("when") == [4, 2]
    assert pending.answer("when") == []
    assert pending.answer("where") == [4]
    assert len(pending) == 0


def test_who_is_gone_waits_no_more() -> None:
    """A connection that ended is forgotten with all its questions, and the others still wait."""
    pending = PendingRequests()
    pending.ask("when", 2)
    pending.ask("when", 4)
    pending.ask("where", 2)
    pending.forget(2)
    assert pending.answer("when") == [4]
    assert len(pending) == 0
    pending.forget(2)


@given(
    st.lists(st.tuples(st.sampled_from(["ask", "answer", "forget"]), st.integers(0, 3), st.integers(0, 3)))
)
def test_against_a_plain_list(steps: list[tuple[str, int, int]]) -> None:
    """After any steps the same wait as in a list of pairs, and nothing is remembered of what is over."""
    pending, model = PendingRequests(), list[tuple[int, int]]()
    for act, question, conn in steps:
        match act:
            case "ask":
                pending.ask(question, conn)
                if (question, conn) not in model:
                    model.append((question, conn))
            case "answer":
                assert pending.answer(question) == [who for what, who in model if what == question]
                model = [pair for pair in model if pair[0] != question]
            case _:
                pending.forget(conn)
                model = [pair for pair in model if pair[1] != conn]
        assert len(pending) == len({question for question, _ in model})
