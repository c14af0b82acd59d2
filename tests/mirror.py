"""Fails when a source file has no test file: `python tests/mirror.py`, part of `make check`.

    ca/tlscope_ca/x.py            tests/ca/test_x.py
    proxy/tlscope/a/b.py          tests/proxy/a/test_b.py
    ui/tlscope_ui/cli/x.py        tests/ui/cli/test_x.py

Packages' `__init__` and `__main__` need none.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOTS = {"ca": "tlscope_ca", "proxy": "tlscope", "ui": "tlscope_ui"}
EXEMPT = {"__init__.py", "__main__.py"}


def missing(repository: Path) -> list[tuple[Path, Path]]:
    """Each source file that has no test file, with the one that it should have; both relative to `repository`."""
    found = []
    for root, package in ROOTS.items():
        for source in sorted((repository / root / package).rglob("*.py")):
            below = source.relative_to(repository / root / package)
            test = Path("tests", root, below.parent, f"test_{below.name}")
            if below.name not in EXEMPT and not (repository / test).is_file():
                found.append((source.relative_to(repository), test))
    return found


def main() -> int:
    """Say which are missing; 1 if any is."""
    lacking = missing(Path(__file__).resolve().parent.parent)
    for source, test in lacking:
        print(f"{source} has no {test}", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
