"""Take the pictures of the manual from the running page: scripts/pictures.py

It needs what `make test-browser` needs. The page is the real one; what it shows is the sample of
`support/wallet_sample.py` at a fixed time, so that only a changed page gives a changed picture.
Nothing in docs/manual/pictures is made by hand.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support import wallet_sample as sample  # noqa: E402 - the folder of the tests has to be known first
from support.fake_wallet import World, serving  # noqa: E402
from support.wallet_page import NARROW, WIDE, chromium, go, log_in, page_in, screens  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TARGET = ROOT / "docs" / "manual" / "pictures"
NOW = "2026-11-29T14:20:00Z"
TAKEN = (
    "add-friend",
    "books",
    "friend",
    "held",
    "history",
    "home",
    "limit",
    "own-card",
    "pay-asking-closed",
    "pay-done",
    "pay-held",
    "pay-priced",
    "pay-short",
    "request-open",
    "request-paid",
    "sale-open",
    "standing",
)
"""Screens of the manual, by their names in `screens`."""
TRIO = ("home", "request-open", "pay-done")
"""What stands side by side at the top of README.md."""
LONGEST = 1100
"""Longer screens are cut here, in pixels of the page."""
PARTING = """<body style="margin:0;padding:24px;display:flex;gap:24px;background:%s">
    <style>
        img { width: 330px; height: 640px; object-fit: cover; object-position: top;
              border-radius: 22px; border: 1px solid #c9c5b8 }
    </style>%s"""


def calm() -> World:
    """A card on a good day: nothing differs."""
    world = World(row_count=400)
    world.friends = [one for one in world.friends if one.books is None and one.is_enabled]
    world.friends.append(sample.friend("Hana", sample.line("FST", 2200, 6000, 6000)))
    world.cards = [
        sample.own_cards(world.sums())[0],
    ]
    return world


def shown(browser: Browser, size: tuple[int, int], scale: float, scheme: str = "light") -> Page:
    """A page at the fixed time."""
    page = page_in(browser, size, scheme, device_scale_factor=scale)
    page.context.clock.set_fixed_time(NOW)
    return page


def shot(page: Page) -> bytes:
    """The screen down to its end, without the bar that would stand in its midst."""
    page.evaluate("document.activeElement.blur()")
    height = page.evaluate("document.querySelector('main').getBoundingClientRect().bottom")
    page.set_viewport_size({"width": NARROW[0], "height": max(NARROW[1], min(LONGEST, int(height)))})
    picture = page.screenshot()
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    return picture


def trio(browser: Browser, pictures: list[bytes], ground: str) -> bytes:
    """Pictures side by side."""
    tags = "".join(f'<img src="data:image/png;base64,{base64.b64encode(one).decode()}">' for one in pictures)
    page = browser.new_page(viewport={"width": 24 + 3 * (332 + 24), "height": 690}, device_scale_factor=1.5)
    page.set_content(PARTING % (ground, tags))
    made = page.screenshot()
    page.close()
    return made


SMALLER = """async data => {
    const raw = Uint8Array.from(atob(data), one => one.charCodeAt(0));
    const image = await createImageBitmap(new Blob([raw], {type: "image/png"}));
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext("2d").drawImage(image, 0, 0);
    const made = new Uint8Array(await (await canvas.convertToBlob({type: "image/webp", quality: 0.85})).arrayBuffer());
    return btoa(made.reduce((text, one) => text + String.fromCharCode(one), ""));
}"""


def keep(browser: Browser, name: str, picture: bytes) -> None:
    """Write a picture as WebP, which takes a third of the room."""
    page = browser.new_page()
    made = page.evaluate(SMALLER, base64.b64encode(picture).decode())
    page.close()
    (TARGET / f"{name}.webp").write_bytes(base64.b64decode(made))


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        world = World(row_count=400)
        with serving(world) as url:
            page = shown(browser, NARROW, 1.25)
            log_in(page, url)
            for name, place in screens(world).items():
                if name in TAKEN:
                    go(page, place)
                    page.wait_for_timeout(400)
                    keep(browser, name, shot(page))
            page.context.close()
        good = calm()
        good.held = False
        with serving(good) as url:
            page = shown(browser, NARROW, 1.25)
            log_in(page, url)
            parts = []
            for name in TRIO:
                go(page, screens(good)[name])
                page.evaluate("document.activeElement.blur()")
                page.wait_for_timeout(400)
                parts.append(page.screenshot())
            keep(browser, "wallet", trio(browser, parts, "#e9e6dc"))
            wide = shown(browser, WIDE, 1, "dark")
            log_in(wide, url)
            wide.wait_for_timeout(400)
            keep(browser, "home-wide-dark", wide.screenshot())
    print(f"pictures: {len(list(TARGET.glob('*.webp')))} in {TARGET.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
