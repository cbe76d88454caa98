"""The page of a share, to print: one file that loads nothing from elsewhere."""

from __future__ import annotations

from html import escape

from offset.wallet.qr import draw
from offset.wire.files.share_sheets import Sheet, advice, facts

# Pixels for a module: 55 mm for the whole code.
_SCALE = 3
_STYLE = """
@page { margin: 18mm }
body { font: 11pt/1.4 sans-serif; max-width: 44em; margin: 1em auto; color: #000; background: #fff }
h1 { font-size: 16pt; margin: 0 0 .6em }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1em 1em; margin: 0 }
dt { font-weight: bold } dd { margin: 0; overflow-wrap: anywhere }
ol { columns: 3; font: 12pt/1.6 monospace; border: 1px solid #000; padding: .6em .6em .6em 3.2em }
p { margin: .5em 0 } svg { display: block; margin: 0 auto }
"""


def sheet_page(sheet: Sheet) -> str:
    """The page as HTML. Raises nothing: the words of a share fit a QR code."""
    title = f"Offset: share {sheet.number} of {sheet.total}"
    told = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts(sheet))
    words = "".join(f"<li>{word}</li>" for word in sheet.words.split())
    prose = "".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in advice(sheet))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style></head>\n"
        f"<body><h1>{title}</h1>\n<dl>{told}</dl>\n<ol>{words}</ol>\n"
        f"{draw(sheet.words, 'svg', _SCALE).decode()}\n{prose}</body></html>\n"
    )
