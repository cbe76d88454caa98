"""A wallet: one program at a time, settings and currencies that last."""

from __future__ import annotations

from pathlib import Path

import pytest

from offset.base.faults import UserFault
from support.wallets import Served, served_wallet


def test_a_second_daemon_is_refused(wallet: Served) -> None:
    """It says who has the wallet open and how to see its page; the first one goes on."""
    words = r"is open already \(process \d+, folder .*\); see its page with"
    with pytest.raises(UserFault, match=words), served_wallet(wallet.folder):
        pass
    assert wallet.ask("GET", "/me").status == 200


def test_settings_last(tmp_path: Path, downloads: Path) -> None:
    """What is set is there at the next start; what is not named stays; a card that is not there is no main card."""
    with served_wallet(tmp_path / "wallet") as served:
        served.log_in()
        assert served.ask("GET", "/settings").body == {
            "owner": "",
            "main_card": None,
            "fees_percent": 3,
            "sound": True,
        }
        card = served.new_card()
        served.ask("PATCH", "/settings", {"owner": "Eva", "main_card": card})
        assert served.ask("PATCH", "/settings", {"main_card": "A" * 12}).kind == "not-found"
        assert served.ask("PATCH", "/settings", {"fees_percent": 101}).kind == "malformed"
        served.ask("PATCH", "/settings", {"fees_percent": 5})
    with served_wallet(tmp_path / "wallet") as served:
        served.log_in()
        expected = {"owner": "Eva", "main_card": card, "fees_percent": 5, "sound": True}
        assert served.ask("GET", "/settings").body == expected


def test_currencies_are_shown_as_the_owner_wants(tmp_path: Path, downloads: Path) -> None:
    """Digits behind the point and a label last; a name that is none is refused; slashes in names are no trouble."""
    with served_wallet(tmp_path / "wallet") as served:
        served.log_in()
        assert served.ask("GET", "/currencies").body == []
        made = served.ask("PUT", "/currencies/FST", {"decimals": 2, "label": "credits"})
        assert made.body == {
            "currency": "FST",
            "decimals": 2,
            "label": "credits",
            "smallest": "100",
            "is_used": False,
        }
        assert served.ask("PUT", "/currencies/a%2Fb", {"decimals": 1}).body["currency"] == "a/b"
        assert served.ask("PUT", f"/currencies/{'x' * 17}", {"decimals": 1}).kind == "refused"
        assert served.ask("PUT", "/currencies/FST", {"decimals": 39}).kind == "malformed"
    with served_wallet(tmp_path / "wallet") as served:
        served.log_in()
        assert [view["currency"] for view in served.ask("GET", "/currencies").body] == ["FST", "a/b"]


def test_the_folder_is_for_its_owner_only(tmp_path: Path, downloads: Path) -> None:
    """A folder that others could look into is closed to them."""
    folder = tmp_path / "wallet"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    with served_wallet(folder):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "wallet.sock").stat().st_mode & 0o777 == 0o600
    assert not (folder / "wallet.sock").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(UserFault, match="cannot be used"), served_wallet(tmp_path / "file"):
        pass
