"""What stands before every request: the right host, and headers that keep others out of the page."""

from __future__ import annotations

import pytest

from offset.wallet.web.guard import policy
from support.wallets import Served


@pytest.mark.parametrize(
    "path", ["/api/v1/health?session=a&nonce=aaaaaaaaaaaaaaaa", "/", "/login", "/nothing"]
)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:{port}", "127.0.0.1:{port}", ""])
def test_another_host_is_turned_away(wallet: Served, host: str, path: str) -> None:
    """A page that another site led to our port by its own name gets nothing, static files neither (DNS rebinding)."""
    answer = wallet.ask("GET", path, headers={"Host": host.format(port=wallet.port)}, root="")
    assert answer.status == 421
    assert answer.kind == "other-host"


def test_every_answer_has_the_headers(wallet: Served) -> None:
    """Files, answers and problems alike allow no frame, no foreign script, no referrer, and no cache."""
    for path in ("/", "/nothing", "/api/v1/me", "/api/v1/nothing"):
        headers = wallet.ask("GET", path, root="").headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert not [name for name in headers if name.startswith("access-control")]


def test_the_policy_names_the_import_map_by_its_hash() -> None:
    """The one script inside of the page is let in by what it says, and no other one."""
    page = b'<script type="importmap">{"imports":{}}</script>'
    # printf '{"imports":{}}' | openssl dgst -sha256 -binary | base64
    assert "'sha256-URrTy+Il/Nz0lHojVUx275hWqAWhkSF0VsHbUM4/6Hw='" in policy(page)
    assert "unsafe-inline" not in policy(page)
    assert "sha256" not in policy(b"<p>")
