"""The keys that two sides make together."""

import pytest

from link.ends import ScriptedEntropy
from offset.base.entropy import SeededEntropy
from offset.base.faults import PeerFault
from offset.link.keys import KeyShare
from support.vectors import Case, cases

KNOWN_TO_EVERYBODY = {"zero", "one", "order 8", "p + 1"}  # remote keys that make an all-zero secret


def share_of(secret: str, salt: str) -> KeyShare:
    return KeyShare(ScriptedEntropy(bytes.fromhex(secret), bytes.fromhex(salt)))


@pytest.mark.parametrize("case", cases("dh", "derive"))
def test_both_sides_derive_the_recorded_keys(case: Case) -> None:
    """From the same secrets and salts come the public keys and the keys of the reference, on both sides."""
    a, b = share_of(case["aPrivateKey"], case["aSalt"]), share_of(case["bPrivateKey"], case["bSalt"])
    assert a.public_key.hex() == case["aPublicKey"]
    assert b.public_key.hex() == case["bPublicKey"]
    a_keys, b_keys = a.join(b.public_key, b.salt), b.join(a.public_key, a.salt)
    assert (a_keys.send.hex(), a_keys.receive.hex()) == (case["aSendKey"], case["aRecvKey"])
    assert (b_keys.send.hex(), b_keys.receive.hex()) == (case["bSendKey"], case["bRecvKey"])


@pytest.mark.parametrize("case", cases("dh", "deriveOddKey"))
def test_01_d7_a_secret_that_everybody_knows_is_refused(case: Case) -> None:
    """Remote keys of small order, which the reference accepts, are a fault; other odd keys give theirs."""
    share = share_of(case["privateKey"], case["localSalt"])
    remote_public_key, remote_salt = (bytes.fromhex(case[name]) for name in ("remotePublicKey", "remoteSalt"))
    assert case["accepted"]
    if case["what"] in KNOWN_TO_EVERYBODY:
        with pytest.raises(PeerFault):
            share.join(remote_public_key, remote_salt)
    else:
        keys = share.join(remote_public_key, remote_salt)
        assert (keys.send.hex(), keys.receive.hex()) == (case["sendKey"], case["recvKey"])


def test_keys_do_not_show_in_a_trace() -> None:
    """The repr of keys and of a share, which may end in a log, tells nothing of the secrets."""
    share = KeyShare(SeededEntropy(1))
    keys = share.join(KeyShare(SeededEntropy(2)).public_key, bytes(32))
    for secret in (keys.send, keys.receive):
        assert secret.hex() not in repr(keys)
        assert repr(secret) not in repr(keys)
    assert "KeyShare object" in repr(share)
