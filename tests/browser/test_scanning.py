"""Codes are read from pictures and from the camera, and files and pasted texts are taken too."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from offset.wallet import qr
from support.fake_wallet import World
from support.wallet_page import CHROMIUM, go, log_in, page_in, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TEXT = "offset:i1/bakery"
SIDE = 480


def video_of(page: Page, picture: bytes) -> bytes:
    """One frame in the form in which Chromium takes a made-up camera (YUV4MPEG2), grey."""
    pixels = page.evaluate(
        """async ([data, side]) => {
            const raw = Uint8Array.from(atob(data), one => one.charCodeAt(0));
            const image = await createImageBitmap(new Blob([raw], {type: "image/png"}));
            const pen = new OffscreenCanvas(side, side).getContext("2d");
            pen.imageSmoothingEnabled = false;
            pen.fillStyle = "#fff";
            pen.fillRect(0, 0, side, side);
            pen.drawImage(image, 40, 40, side - 80, side - 80);
            const found = pen.getImageData(0, 0, side, side).data;
            return Array.from({length: side * side}, (_, number) => found[4 * number]);
        }""",
        [base64.b64encode(picture).decode(), SIDE],
    )
    luma = bytes(16 + value * 219 // 255 for value in pixels)
    chroma = b"\x80" * (SIDE * SIDE // 2)
    return f"YUV4MPEG2 W{SIDE} H{SIDE} F10:1 Ip A1:1 C420mpeg2\n".encode() + b"FRAME\n" + luma + chroma


def test_a_picture_is_read(browser: Browser, url: str) -> None:
    """A picture of a code is chosen, and what it holds is shown with its costs."""
    page = page_in(browser)
    log_in(page, url)
    go(page, "/pay")
    picture = {"name": "code.png", "mimeType": "image/png", "buffer": qr.draw(TEXT, "png", 5)}
    page.locator("input[type=file][accept='image/*']").set_input_files([picture])
    page.get_by_role("button", name="Pay 20.20").wait_for()
    page.context.close()


def test_a_picture_without_a_code(browser: Browser, url: str) -> None:
    """It says how to take a better one."""
    page = page_in(browser)
    log_in(page, url)
    go(page, "/pay")
    png = page.screenshot()
    page.locator("input[type=file][accept='image/*']").set_input_files(
        [{"name": "photo.png", "mimeType": "image/png", "buffer": png}]
    )
    assert "No code was found" in page.get_by_role("alert").inner_text()
    page.context.close()


def test_a_file_is_read_and_a_wrong_text_is_said_to_be_one(browser: Browser, url: str) -> None:
    """A file goes the way of a text; what is no text of Offset is answered with what to do."""
    page = page_in(browser)
    log_in(page, url)
    go(page, "/pay")
    page.get_by_label("What you were given").fill("please pay by friday")
    page.get_by_role("button", name="Go on").click()
    assert "Copy the whole text" in page.get_by_role("alert").inner_text()
    page.locator("input[type=file]:not([accept='image/*'])").set_input_files(
        [{"name": "a.invoice", "mimeType": "application/json", "buffer": TEXT.encode()}]
    )
    page.get_by_role("button", name="Pay 20.20").wait_for()
    page.context.close()


def test_a_friends_card_leads_to_where_it_is_used(browser: Browser, world: World, url: str) -> None:
    """What was taken on the wrong screen is carried to the right one."""
    page = page_in(browser)
    log_in(page, url)
    go(page, "/pay?text=offset:f1/hugo")
    page.get_by_role("button", name="Add as a friend").click()
    page.get_by_label("Name").fill("Hugo")
    page.get_by_label("Hugo may owe you at most").fill("30")
    assert "The most you can lose: 30.00" in page.inner_text("main")
    page.get_by_role("button", name="Add friend").click()
    page.get_by_role("heading", name="Hugo").wait_for()
    sent = next(
        body for method, path, body in world.asked if (method, path) == ("POST", "cards/home/friends")
    )
    assert sent["currencies"] == {"FST": {"may_owe": "3000", "is_open": True}}
    page.context.close()


def test_the_camera_is_read(browser: Browser, url: str, tmp_path: Path) -> None:
    """What the camera sees is read at the first clear frame, and the camera is let go."""
    video = tmp_path / "camera.y4m"
    maker = page_in(browser)
    video.write_bytes(video_of(maker, qr.draw(TEXT, "png", 8)))
    maker.context.close()
    made_up = f"--use-file-for-fake-video-capture={video}"
    options = [
        "--no-sandbox",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        made_up,
    ]
    seeing = browser.browser_type.launch(executable_path=CHROMIUM, args=options)
    page = page_in(seeing, permissions=["camera"])
    log_in(page, url)
    go(page, "/pay")
    page.get_by_role("button", name="Camera").click()
    page.get_by_role("button", name="Pay 20.20").wait_for()
    until(page, "!document.querySelector('video')")
    seeing.close()
