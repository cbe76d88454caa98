"""Code and pages cite the book of the protocol in docs/protocol: each section, number and link must lead somewhere."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "docs/protocol"
FOLDERS = ("src", "tests", "docs", "fuzz", "benchmarks", "scripts", "examples")
ENDINGS = {".py", ".md", ".capnp", ".sql", ""}
"""The endings of texts that cite; scripts have none."""
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
CHAPTERS = {
    "01": "01-wire.md",
    "02": "02-relay-and-channeler.md",
    "03": "03-funder.md",
    "04": "04-index.md",
    "05": "05-apps.md",
    "06": "06-compact.md",
    "07": "07-texts.md",
}
DEFECT_ITEMS = ("01", "9")
"""The section whose defects are cited as items: "spec 01, 9, item 5" is 1-5."""
HOMES = {"1-": DEFECT_ITEMS[0], "W": "02", "D": "03", "I": "03", "R": "04", "D-": "05", "C-": "06"}
"""The chapter of each kind of number."""

# A citation may go on behind the end of a line, and there behind the mark of a comment.
GAP = r"(?:[ \t]*\n[ \t]*(?:#|//|--)?[ \t]*|[ ])"
CITATION = re.compile(r"\b[Ss]pec" + GAP + r"(\d\d)(?!\d)")
SEPARATOR = re.compile(rf"[,;]{GAP}(?:and{GAP})?|{GAP}(?:and|to){GAP}|{GAP}(?=(?:step|item)s?\b)")
SECTION = re.compile(r"\d+(?:\.\d+)*(?!\w|\.\d)")
LETTER = re.compile(rf"appendix{GAP}([A-Z])\d*\b|([A-Z])(?=[:;,.)\"`]|\s|$)")
NUMBER = re.compile(r"(?:[DC]-|[WDRI])\d+(?!\w)")
STEPS = re.compile(rf"(?:steps?|items?){GAP}(\d+)(?:{GAP}(?:to|and){GAP}(\d+))?")

HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
HEADING_NUMBER = re.compile(r"(\d+(?:\.\d+)*(?=\.? |\.?$)|[A-Z](?=\. ))")
FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^()\s]+)\)")
BARE_NUMBER = re.compile(r"(?<![\w-])(?:(?:[DC]-|[WDR])\d+|1-\d+)(?![\w-])")


@dataclass(frozen=True)
class Citation:
    """One thing that is cited: a chapter, or in it a section, a step or item of a section, or a number."""

    chapter: str
    section: str = ""
    step: int = 0
    number: str = ""

    def __str__(self) -> str:
        step = f"step {self.step}" if self.step else ""
        return " ".join(part for part in (self.chapter, self.section, step, self.number) if part)


@dataclass(frozen=True)
class Book:
    """What can be cited."""

    sections: dict[str, dict[str, str]]
    """The text under each heading with a number, by chapter."""
    anchors: frozenset[str]
    """Of the page of defects, and of the invariants in chapter 03."""


def citations(text: str) -> Iterator[tuple[int, Citation]]:
    """Each thing that a text cites, with its line."""
    for start in CITATION.finditer(text):
        line = text.count("\n", 0, start.start()) + 1
        chapter, section, at = start[1], "", start.end()
        yield line, Citation(chapter)
        while separator := SEPARATOR.match(text, at):
            at = separator.end()
            if found := STEPS.match(text, at):
                for step in range(int(found[1]), int(found[2] or found[1]) + 1):
                    if (chapter, section) == DEFECT_ITEMS:
                        yield line, Citation(chapter, number=f"{int(chapter)}-{step}")
                    else:
                        yield line, Citation(chapter, section, step)
            elif found := NUMBER.match(text, at):
                yield line, Citation(chapter, number=found[0])
            elif found := SECTION.match(text, at):
                section = found[0]
                yield line, Citation(chapter, section)
            elif found := LETTER.match(text, at):
                section = found[1] or found[2]
                yield line, Citation(chapter, section)
            else:
                break
            at = found.end()


def why_wrong(citation: Citation, book: Book) -> str:
    """What is missing of what is cited; empty if nothing is."""
    chapter, section, number = citation.chapter, citation.section, citation.number
    if chapter not in book.sections:
        return f"there is no chapter {chapter}"
    if section and section not in book.sections[chapter]:
        return f"chapter {chapter} has no section {section}"
    body = book.sections[chapter].get(section, "")
    if citation.step and not re.search(rf"^ *{citation.step}\. ", body, re.MULTILINE):
        return f"section {section} of chapter {chapter} has no step {citation.step}"
    if number:
        kind = re.match(r"\d+-|[A-Z]-?", number)
        home = HOMES[kind[0]] if kind else ""
        if home != chapter:
            return f"{number} is not of chapter {chapter}"
        if number.lower() not in book.anchors:
            return f"{number} has no anchor"
    return ""


def sections_of(markdown: str) -> dict[str, str]:
    """The text under each heading that begins with a number or a letter of its own, by that."""
    markdown = FENCE.sub(lambda fence: re.sub(r"^#", " #", fence[0], flags=re.MULTILINE), markdown)
    headings = list(HEADING.finditer(markdown))
    ends = [heading.start() for heading in headings[1:]] + [len(markdown)]
    found = {}
    for heading, end in zip(headings, ends, strict=True):
        if number := HEADING_NUMBER.match(heading[1]):
            found[number[1]] = markdown[heading.end() : end]
    return found


def anchors_of(markdown: str) -> frozenset[str]:
    """What a link into a page may name: headings as GitHub writes them, and anchors that are set by hand."""
    bare = FENCE.sub("", markdown)
    found = set(re.findall(r'<a id="([^"]+)"></a>', bare))
    for heading in HEADING.findall(bare):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        copies = [slug, *(f"{slug}-{copy}" for copy in range(1, 100))]
        found.add(next(copy for copy in copies if copy not in found))
    return frozenset(found)


def links_of(markdown: str) -> list[str]:
    """The targets of all links but those out of the repository."""
    bare = re.sub(r"`[^`\n]*`", "code", FENCE.sub("", markdown))
    return [target for target in LINK.findall(bare) if not re.match(r"\w+:", target)]


@functools.cache
def the_book() -> Book:
    """The book as it lies in docs/protocol."""
    texts = {chapter: (BOOK / name).read_text("utf-8") for chapter, name in CHAPTERS.items()}
    invariants = {anchor for anchor in anchors_of(texts[HOMES["I"]]) if re.fullmatch(r"i\d+", anchor)}
    defects = anchors_of((BOOK / "defects.md").read_text("utf-8"))
    return Book({chapter: sections_of(text) for chapter, text in texts.items()}, defects | invariants)


@functools.cache
def citing_files() -> dict[str, str]:
    """The texts that may cite, by their path. This one is left out: it cites wrongly on purpose."""
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    paths += [ROOT / name for name in PAGES]
    found = {}
    for path in sorted(paths):
        if path.is_file() and path.suffix in ENDINGS and path != Path(__file__).resolve():
            found[str(path.relative_to(ROOT))] = path.read_text("utf-8", errors="replace")
    return found


SMALL = Book(
    {
        "01": {"9": "", "4.6": ""},
        "02": {"3.3": "", "A": ""},
        "03": {"7": "", "7.4": "1. first\n2. second\n", "3.2": "", "6.1": ""},
        "05": {"7": ""},
    },
    frozenset({"1-5", "w13", "w15", "w16", "d23", "d-3", "i4"}),
)
"""A book for the examples below."""


@pytest.mark.parametrize(
    "text, cited",
    [
        ("spec 03", ["03"]),
        ("Spec 03, 7.4.", ["03", "03 7.4"]),
        ("(spec 03, 7.4 and 3.2)", ["03", "03 7.4", "03 3.2"]),
        ("spec 05, 7, D-3: no", ["05", "05 7", "05 D-3"]),
        ("spec 03, D23", ["03", "03 D23"]),
        ("spec 02, 3.3; W13 to W15", ["02", "02 3.3", "02 W13", "02 W15"]),
        ("spec 03, 7.4 step 2", ["03", "03 7.4", "03 7.4 step 2"]),
        ("spec 03, 7.4, steps 1 to 2", ["03", "03 7.4", "03 7.4 step 1", "03 7.4 step 2"]),
        ("spec 01, 9, item 5", ["01", "01 9", "01 1-5"]),
        ("spec 03, 7.4, item 2", ["03", "03 7.4", "03 7.4 step 2"]),
        ("spec 02, A: keys", ["02", "02 A"]),
        ("spec 02, 3.3 and appendix A1", ["02", "02 3.3", "02 A"]),
        ("spec 03,\n    # 7.4 and\n    # I4", ["03", "03 7.4", "03 I4"]),
        ("spec 01, 4.6, B's line; 16 more", ["01", "01 4.6"]),
        ("spec 01, 4.6; spec 03, 7", ["01", "01 4.6", "03", "03 7"]),
    ],
)
def test_what_is_cited(text: str, cited: list[str]) -> None:
    """A citation names a chapter and then sections, steps and numbers, until something else comes."""
    found = [citation for _, citation in citations(text)]
    assert [str(citation) for citation in found] == cited
    assert [why_wrong(citation, SMALL) for citation in found] == [""] * len(found)


@pytest.mark.parametrize(
    "text, wrong",
    [
        ("spec 07, 1", "there is no chapter 07"),
        ("spec 03, 7.5", "chapter 03 has no section 7.5"),
        ("spec 03, 7.4 and 3.9", "chapter 03 has no section 3.9"),
        ("spec 03,\n# 7.4,\n# 9.1", "chapter 03 has no section 9.1"),
        ("spec 03, B.", "chapter 03 has no section B"),
        ("spec 03, 7.4, step 3", "section 7.4 of chapter 03 has no step 3"),
        ("spec 03, 7, D24", "D24 has no anchor"),
        ("spec 03, I5", "I5 has no anchor"),
        ("spec 05, 7, D-4", "D-4 has no anchor"),
        ("spec 05, D23", "D23 is not of chapter 05"),
        ("spec 03, D-3", "D-3 is not of chapter 03"),
        ("spec 02, W13 to W17", "W17 has no anchor"),
        ("spec 01, 9, item 6", "1-6 has no anchor"),
        ("spec 01, 4.6, item 5", "section 4.6 of chapter 01 has no step 5"),
    ],
)
def test_a_made_up_citation_is_found(text: str, wrong: str) -> None:
    """What does not exist is named."""
    found = [why for _, citation in citations(text) if (why := why_wrong(citation, SMALL))]
    assert found[-1] == wrong


def test_lines_of_citations() -> None:
    """A citation is reported at the line where it begins."""
    assert [line for line, _ in citations("a\nspec 03, 7.4\n\n# spec\n# 03\n")] == [2, 2, 4]


def test_headings_are_sections() -> None:
    """A heading that begins with its number is a section; what looks like one in code is not."""
    page = (
        "# 03 The funder\n## A friend\n## 1. Credit\nx\n### 1.2 In\ny\n```\n## 8. Code\n```\n## A. Vectors\n"
    )
    sections = sections_of(page)
    assert sorted(sections) == ["03", "1", "1.2", "A"]
    assert sections["1"].strip() == "x"


def test_anchors_and_links() -> None:
    """Anchors are those of GitHub, repeated headings with a count; links in code are none."""
    page = '# The *Funder* (`spec` 03, 6.2)\n## Same\n## Same\n<a id="w1"></a>\n[a](b.md#c) `[d](e.md)` [f](https://g)\n'
    assert anchors_of(page) == {"the-funder-spec-03-62", "same", "same-1", "w1"}
    assert links_of(page) == ["b.md#c"]


def test_every_citation_leads_to_the_book() -> None:
    """All that code and pages cite of the protocol is in docs/protocol."""
    book = the_book()
    cited = 0
    wrong = []
    for file, text in citing_files().items():
        for line, citation in citations(text):
            cited += 1
            if why := why_wrong(citation, book):
                wrong.append(f"{file}:{line}: {why}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert cited > 300


def test_every_number_of_the_attacks_has_its_anchor() -> None:
    """A defect that docs/ATTACKS.md names by its bare number has its place on the page of defects."""
    numbers = set(BARE_NUMBER.findall(citing_files()["docs/ATTACKS.md"]))
    assert sorted(number for number in numbers if number.lower() not in the_book().anchors) == []
    assert len(numbers) > 100


def test_every_link_resolves() -> None:
    """Each relative link of a page leads to a file, and if it names an anchor the file has that."""
    wrong = []
    pages = {file: text for file, text in citing_files().items() if file.endswith(".md")}
    for file, text in pages.items():
        for target in links_of(text):
            name, _, anchor = target.partition("#")
            path = ((ROOT / file).parent / name).resolve() if name else ROOT / file
            if not path.exists():
                wrong.append(f"{file}: no file for {target}")
            elif anchor and path.suffix == ".md" and anchor not in anchors_of(path.read_text("utf-8")):
                wrong.append(f"{file}: no anchor for {target}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert len(pages) > 10
