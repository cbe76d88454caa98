"""Every file that the reference wrote (tests/vectors/files.json and keys.json)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from offset.base.faults import UserFault
from offset.crypto.identity import Identity
from offset.wire import files
from offset.wire.codec import Message, camel_case
from support.vectors import Case, cases

KINDS: dict[str, tuple[Callable[[str], Any], Callable[[Any], str]]] = {
    "identity": (files.parse_identity, files.format_identity),
    "app ticket": (files.parse_app_ticket, files.format_app_ticket),
    "node ticket": (files.parse_ticket, files.format_ticket),
    "relay ticket": (files.parse_ticket, files.format_ticket),
    "index ticket": (files.parse_ticket, files.format_ticket),
    "node entry": (files.parse_node_card, files.format_node_card),
    "friend": (files.parse_friend, files.format_friend),
    "invoice": (files.parse_invoice, files.format_invoice),
    "payment": (files.parse_payment, files.format_payment),
    "commit": (files.parse_commit, files.format_commit),
    "receipt": (files.parse_receipt, files.format_receipt),
    "token": (files.parse_token, files.format_token),
}
SNAKE_CASE = {"invoice", "payment", "commit", "receipt", "token"}
BOTH_CASES = ("invoice", "payment", "commit", "receipt")  # spec 05, 7, D-15


def _recorded() -> list[Case]:
    """Each file with a content; a database is a matter of the store, which does not keep the reference's format."""
    alone = [{**case, "kind": case["fileKind"]} for case in cases("files", "file")]
    written = [file for case in cases("files", "command") for file in case.get("files", [])]
    return [file for file in alone + written if file["content"] is not None and file["kind"] != "database"]


RECORDED = _recorded()
ONE_OF_EACH = list({file["kind"]: file for file in RECORDED}.values())


def _label(file: Case) -> str:
    return f"{file['kind']} {file['path']}"


def _values(value: Any, snake_case: bool) -> Any:
    """An object in the form of the vectors."""
    match value:
        case Identity():
            return value.private_key().hex()
        case bytes():
            return value.hex()
        case bool() | str():
            return value
        case int():
            return str(value)
        case tuple():
            return [_values(item, snake_case) for item in value]
        case Message():
            names = value.__struct_fields__
            return {
                name if snake_case else camel_case(name): _values(getattr(value, name), snake_case)
                for name in names
                # A field of ours that the reference does not write.
                if getattr(value, name) is not None
            }
    raise TypeError(type(value))


def test_every_kind_is_recorded() -> None:
    """There is a recorded file of each kind, so the tests below miss none."""
    assert {file["kind"] for file in RECORDED} == set(KINDS)


@pytest.mark.parametrize("file", RECORDED, ids=_label)
def test_file_is_read(file: Case) -> None:
    """A file of the reference says to us what it says to the reference."""
    parse, _ = KINDS[file["kind"]]
    value = parse(file["content"])
    values = file["values"]
    if isinstance(value, Identity):
        assert value.private_key().hex() == values["privateKey"]
    else:
        assert _values(value, file["kind"] in SNAKE_CASE) == values


@pytest.mark.parametrize("file", RECORDED, ids=_label)
def test_file_is_written(file: Case) -> None:
    """We write the very text that the reference writes."""
    parse, write = KINDS[file["kind"]]
    assert write(parse(file["content"])) == file["content"]


def _objects(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all fields in a JSON value."""
    if isinstance(value, dict):
        own = [(*at, name) for name in value]
        return own + [place for name, item in value.items() for place in _objects(item, (*at, name))]
    if isinstance(value, list):
        return [place for index, item in enumerate(value) for place in _objects(item, (*at, index))]
    return []


def _holder(value: Any, place: tuple[Any, ...]) -> Any:
    for name in place[:-1]:
        value = value[name]
    return value


@pytest.mark.parametrize("file", ONE_OF_EACH, ids=_label)
def test_missing_field(file: Case) -> None:
    """A file that lacks any of its fields is refused, and the sentence names the field."""
    parse, _ = KINDS[file["kind"]]
    places = _objects(json.loads(file["content"]))
    assert places
    for place in places:
        value = json.loads(file["content"])
        del _holder(value, place)[place[-1]]
        with pytest.raises(
            UserFault, match=rf"^not an? .*{place[-1]} is missing$|^not the .*{place[-1]} is missing$"
        ):
            parse(json.dumps(value))


@pytest.mark.parametrize("file", ONE_OF_EACH, ids=_label)
@pytest.mark.parametrize(
    "wrong", [None, 5, 1.5, "\u0661", [], {}, True, "", " 1", "+", "-", [None]], ids=repr
)
def test_field_of_another_type(file: Case, wrong: Any) -> None:
    """A file with anything odd in a field is refused in a sentence that names the field, unless it is of its type."""
    parse, _ = KINDS[file["kind"]]
    for place in _objects(json.loads(file["content"])):
        value = json.loads(file["content"])
        holder = _holder(value, place)
        good, holder[place[-1]] = holder[place[-1]], wrong
        fits_text = place[-1] in ("currency", "address", "nodeAddress") and isinstance(wrong, str)
        fits_number = place[-1] == "inconsistency_counter" and type(wrong) is int
        if fits_text or fits_number or type(good) is type(wrong) in (bool, list):
            continue  # other tests tell good from bad among those
        with pytest.raises(UserFault, match=str(place[-1])):
            parse(json.dumps(value))


@pytest.mark.parametrize("file", ONE_OF_EACH, ids=_label)
def test_field_given_twice(file: Case) -> None:
    """A file that gives any field twice is refused; one that gives an unknown field twice is read."""
    parse, _ = KINDS[file["kind"]]
    content = file["content"]
    for name in json.loads(content):
        twice = content.replace(f'"{name}":', f'"{name}": 1, "{name}":', 1)
        with pytest.raises(UserFault, match=f"{name} is given twice"):
            parse(twice)
    unknown = content.replace("{", '{"unknown": {"a": 1}, "unknown": 2, ', 1)
    assert KINDS[file["kind"]][1](parse(unknown)) == content


@pytest.mark.parametrize("file", ONE_OF_EACH, ids=_label)
def test_order_and_space_do_not_matter(file: Case) -> None:
    """Fields in any order, on one line or many, are read; and a newline at the end."""
    parse, write = KINDS[file["kind"]]
    backwards = dict(reversed(json.loads(file["content"]).items()))
    for text in (
        json.dumps(backwards),
        json.dumps(backwards, indent=7) + "\r\n",
        f"\n\t {file['content']} \n",
    ):
        assert write(parse(text)) == file["content"]


@pytest.mark.parametrize("file", ONE_OF_EACH, ids=_label)
def test_cut_file(file: Case) -> None:
    """A file cut anywhere, or with something behind it, is refused in a sentence."""
    parse, _ = KINDS[file["kind"]]
    for text in [file["content"][:length] for length in range(len(file["content"]))] + [
        file["content"] + " x"
    ]:
        with pytest.raises(UserFault, match=r"^not .*: it is not JSON at line "):
            parse(text)


@pytest.mark.parametrize("file", ONE_OF_EACH, ids=_label)
@pytest.mark.parametrize(
    "text",
    [
        "null",
        "5",
        '"text"',
        "{}",
        "[]",
        "[[]]",
        "NaN",
        '{"a": Infinity}',
        "[" * 100_000,
        f'{{"a": {"9" * 5000}}}',
    ],
    ids=lambda text: str(text)[:12],
)
def test_other_json(file: Case, text: str) -> None:
    """JSON of another shape, too deep or too long to be read is refused in a sentence."""
    parse, _ = KINDS[file["kind"]]
    with pytest.raises(UserFault, match=r"^not "):
        parse(text)


def _camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {camel_case(name): _camel(item) for name, item in value.items()}
    return value


@pytest.mark.parametrize("file", [file for file in ONE_OF_EACH if file["kind"] in BOTH_CASES], ids=_label)
def test_05_d15_wallets_spell_otherwise(file: Case) -> None:
    """What a wallet writes in camelCase, an invoice with a description, is read like what stctrl writes."""
    parse, write = KINDS[file["kind"]]
    spelled = {**_camel(json.loads(file["content"])), "description": "bananas"}
    assert write(parse(json.dumps(spelled))) == file["content"]
    snake = next(iter(json.loads(file["content"])))
    with pytest.raises(UserFault, match=f"{snake} is given twice"):
        parse(json.dumps({**spelled, snake: spelled[camel_case(snake)]}))


@pytest.mark.parametrize("file", [file for file in ONE_OF_EACH if file["kind"] not in SNAKE_CASE], ids=_label)
def test_identities_and_tickets_have_one_spelling(file: Case) -> None:
    """Identities, tickets and cards in snake_case are refused, as by the reference."""
    snake = {
        "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name): value
        for name, value in json.loads(file["content"]).items()
    }
    with pytest.raises(UserFault, match="is missing"):
        KINDS[file["kind"]][0](json.dumps(snake))


@pytest.mark.parametrize(
    "case",
    [case for case in cases("keys", "identityFile") if case["what"] != "33 to 35 bytes"],
    ids=lambda case: str(case["what"]),
)
def test_verdict_on_identity_files(case: Case) -> None:
    """A text is an identity when the reference says so, and then the same one."""
    if case["accepted"]:
        assert files.parse_identity(case["file"]).private_key().hex() == case["value"]
    else:
        with pytest.raises(UserFault, match=r"^not an identity: "):
            files.parse_identity(case["file"])


def test_01_d13_longer_base64_is_refused() -> None:
    """A key with more than 32 bytes is refused; the reference cuts it silently, and so reads another key."""
    (case,) = [case for case in cases("keys", "identityFile") if case["what"] == "33 to 35 bytes"]
    assert case["accepted"]
    with pytest.raises(UserFault, match=r"privateKey: expected 43 characters of base64url \(32 bytes\)"):
        files.parse_identity(case["file"])


@pytest.mark.parametrize("case", cases("keys", "identity"), ids=lambda case: str(case["name"]))
def test_identity_files(case: Case) -> None:
    """Each identity is written as by the reference, and read from it."""
    identity = Identity(bytes.fromhex(case["privateKey"]))
    assert files.format_identity(identity) == case["identityFile"]
    assert files.parse_identity(case["identityFile"]).public_key.hex() == case["publicKey"]
