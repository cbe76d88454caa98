"""The words for causes and remedies, which programs read."""

from offset.app.why import Action, Cause


def test_words() -> None:
    """One word each, in small letters, and none twice."""
    for words in (Cause, Action):
        values = [word.value for word in words]
        assert len(set(values)) == len(values)
        assert all(value == value.lower() and " " not in value and "_" not in value for value in values)
