#!/usr/bin/env python3
"""Walks through docs/import.md as an officer would: makes its files, runs its commands, compares every line.

Blocks: ```csv NAME is a file that is made; ```console holds a command after `$ ` and what it prints; the
lines of ```returned NAME are the reasons in that returned file, in their order.
"""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import harness
from harness import ROOT, Server, Tests, equal

PAGE = ROOT / "docs/import.md"
FENCE = re.compile(r"^```(\w*) ?(.*)$")


def blocks(text):
    """Kind, name and lines of every fenced block that the walk-through uses, with the place it begins at."""
    found, kind, name, lines, begun = [], None, "", [], 0
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if fence and kind is None:
            kind, name, lines, begun = fence.group(1) or "text", fence.group(2), [], number
        elif line == "```" and kind is not None:
            if kind in ("csv", "console", "returned"):
                found.append((begun, kind, name, lines))
            kind = None
        elif kind is not None:
            lines.append(line)
    return found


def make(folder, name, lines):
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def reasons(folder, name, lines):
    with open(folder / name, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    equal([row["错误原因"] for row in rows], lines, name)


def run(folder, server, lines):
    assert lines[0].startswith("$ credence "), lines[0]
    words = lines[0].removeprefix("$ credence ").split()
    program = os.environ.get("CREDENCE_BIN", str(ROOT / "target/debug/credence"))
    if words[0] == "import" and "--check" not in words:
        # The page leaves the address out, as on the machine of the service; here the port is a free one.
        words = [words[0], "--server", server.address, *words[1:]]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CREDENCE_")}
    ended = subprocess.run(
        [program, *words], cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=120)
    printed = (ended.stdout + ended.stderr).replace(f" --server {server.address}", "")
    equal(printed.splitlines(), lines[1:], lines[0])


def step(folder, server, begun, kind, name, lines):
    def walk():
        if kind == "csv":
            make(folder, name, lines)
        elif kind == "returned":
            reasons(folder, name, lines)
        else:
            run(folder, server, lines)

    walk.__name__ = f"line_{begun}_{kind}_{name or lines[0]}"
    return walk


def main():
    found = blocks(PAGE.read_text(encoding="utf-8"))
    if not any(kind == "console" for _, kind, _, _ in found):
        print(f"no command in {PAGE.relative_to(ROOT)}")
        return 1
    tests = Tests()
    with harness.temporary_folder() as folder:
        desk = Path(folder) / "desk"
        desk.mkdir()
        server = Server(folder)
        try:
            for block in found:
                tests.run(step(desk, server, *block))
            if server.stop()[0] != 0:
                tests.failed.append("the server's exit code")
        finally:
            server.end()
    return tests.close()


if __name__ == "__main__":
    sys.exit(main())
