"""Modules put together as one: each form that the page uses, and a plain refusal of every other one."""

from __future__ import annotations

import re
from typing import Any

import pytest

from offset.wallet.web.bundle import bundle
from offset.wallet.web.static import FACE

PAGE = """<script type="importmap">{"imports":{"lib":"./vendor/lib.mjs","tag":"./vendor/tag.mjs"}}</script>
    <script type="module" src="begin.js"></script>
    <link rel="modulepreload" href="state.js" />
    <script type="module" src="app.js"></script>
"""
FILES = {
    "begin.js": 'import { start } from "./state.js";\nstart();\n',
    "app.js": 'import { a as b } from "lib";\nimport { line } from "./state.js";\nawait b(line);\n',
    "state.js": 'import { a, B } from "lib";\nexport const line = a(B);\nexport async function start() {}\n',
    "screens/home.js": (
        'import tag from "tag";\nimport {\n  line,\n} from "../state.js";\nexport default function Home() {}\n'
    ),
    "vendor/lib.mjs": 'import{c}from"./core.mjs";var n=1;export{c}from"./core.mjs";export{n as a,c as B};',
    "vendor/core.mjs": "var x=2;export{x as c};\n//# sourceMappingURL=core.map",
    "vendor/tag.mjs": "export default function(s){return s}",
}


def made(**files: str) -> Any:
    """Of these files, some of which are others; a name is written with _ for the dot."""
    changed = {name.replace("_", "."): text for name, text in files.items()}
    return bundle(PAGE, lambda name: (FILES | changed)[name])


def test_each_form() -> None:
    """What is imported is there before, what is exported has its name, what is run is run in its order."""
    page, script, parts = made()
    assert parts == (
        "vendor/core.mjs",
        "vendor/lib.mjs",
        "state.js",
        "begin.js",
        "app.js",
        "vendor/tag.mjs",
        "screens/home.js",
    )
    assert [line for line in script.splitlines() if line.startswith(("const from_", "export", "return"))] == [
        "const from_vendor_core_mjs = (() => {",
        "return { get c() { return x; }, };",
        "const from_vendor_lib_mjs = (() => {",
        "return { get c() { return from_vendor_core_mjs.c; }, get a() { return n; }, get B() { return c; }, };",
        "const from_state_js = (() => {",
        "return { get line() { return line; }, get start() { return start; }, };",
        "const from_begin_js = (async () => {",
        "return { };",
        "const from_app_js = (async () => {",
        "return { };",
        "const from_vendor_tag_mjs = (() => {",
        "return { get default() { return unnamed; }, };",
        "const from_screens_home_js = (() => {",
        "return { get default() { return Home; }, };",
        "export const c = from_vendor_core_mjs.c;",
        "export const a = from_vendor_lib_mjs.a;",
        "export const B = from_vendor_lib_mjs.B;",
        "export const line = from_state_js.line;",
        "export const start = from_state_js.start;",
        "export default from_screens_home_js.default;",
    ]
    for line in (
        "const { a: b } = from_vendor_lib_mjs;",
        "const { line: line } = from_state_js;",
        "const tag = from_vendor_tag_mjs.default;",
        "const unnamed = function(s){return s}",
        "await b(line);",
    ):
        assert line in script
    assert page.count("<script") == 2
    assert '"tag":"./vendor/tag.mjs"' in page
    assert '"./state.js":"./first.js"' in page


@pytest.mark.parametrize(
    "files, why",
    [
        ({"state_js": 'export * from "lib";\n'}, "a form that is not read"),
        ({"state_js": 'import * as all from "lib";\n'}, "a form that is not read"),
        ({"state_js": "export let line = 1;\n"}, "a form that is not read"),
        ({"state_js": 'import "lib";\n'}, "a form that is not read"),
        ({"state_js": 'import { b } from "./app.js";\n'}, "needs itself"),
        ({"app_js": "export const start = 1;\n"}, "as another module"),
        ({"screens/home_js": 'export default function Home() {}\nimport("./pay.js");\n'}, "where it is"),
    ],
)
def test_other_forms(files: dict[str, str], why: str) -> None:
    """They are refused, so that no page is served that does something else than its modules."""
    with pytest.raises(ValueError, match=why):
        made(**files)


def test_the_page() -> None:
    """Its modules have no other forms; of what they say nothing is lost but imports and exports."""
    _, script, parts = bundle(
        (FACE / "index.html").read_text("utf-8"), lambda name: (FACE / name).read_text("utf-8")
    )
    assert {"begin.js", "app.js", "screens/home.js", "vendor/preact.mjs"} <= set(parts)
    imports = re.compile(r'^import \{[^}]*\} from "[^"]+";$', re.MULTILINE)
    exports = re.compile("^export (?:default )?", re.MULTILINE)
    lines = set(script.splitlines())
    for name in parts:
        if name.endswith(".js"):
            text = exports.sub("", imports.sub("", (FACE / name).read_text("utf-8")))
            assert {line for line in text.splitlines() if not line.startswith("import htm ")} <= lines, name
