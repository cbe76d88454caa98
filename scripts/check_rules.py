"""The house rules that no other tool knows; prints each breach as file:line and fails if there is one.

Each rule is a module of scripts/rules, and its docstring says what it asks for.
"""

import sys

from rules import (
    children,
    circles,
    comments,
    faces,
    homes,
    late,
    mirror,
    pins,
    privates,
    sizes,
    texts,
    vendored,
)
from rules.project import read_project

RULES = (homes, late, sizes, texts, pins, circles, privates, comments, mirror, children, vendored, faces)


def main() -> int:
    project = read_project()
    found = [breach for rule in RULES for breach in rule.breaches(project)]
    for breach in found:
        print(breach)
    print(f"rules: {len(found)} breaches" if found else "rules: kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
