#!/usr/bin/env python3
"""Walks through docs/write-a-rule-set.md as an officer would: makes its files, runs its commands, compares every line.

Blocks: ```toml NAME is a file that is made, ```append NAME what is put at its end, ```line NAME NUMBER what
replaces one line; ```console holds a command after `$ ` and what it prints, where {word} stands for a number;
```serve starts a server, and ```adopted tells kind and file of a fact that its ledger then holds.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import harness
from harness import ROOT, Server, Tests, equal

PAGE = ROOT / "docs/write-a-rule-set.md"
FENCE = re.compile(r"^```(\w*) ?(.*)$")
KINDS = ("toml", "append", "line", "console", "serve", "adopted")


def blocks(text):
    """Kind, name and lines of every block, with the line it begins at."""
    found, kind, name, lines, begun = [], None, "", [], 0
    for number, line in enumerate(text.splitlines(), 1):
        fence = FENCE.match(line)
        if fence and kind is None:
            kind, name, lines, begun = fence.group(1) or "text", fence.group(2), [], number
        elif line == "```" and kind is not None:
            assert kind in KINDS, f"line {begun}: a block of a kind that nothing runs: {kind}"
            found.append((begun, kind, name, lines))
            kind = None
        elif kind is not None:
            lines.append(line)
    return found


def program():
    return os.environ.get("CREDENCE_BIN", str(ROOT / "target/debug/credence"))


def run(folder, words):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CREDENCE_")}
    return subprocess.run([program(), *words], cwd=folder, env=environment, capture_output=True, text=True,
                          encoding="utf-8", timeout=120)


def command(lines):
    assert lines[0].startswith("$ credence "), lines[0]
    return lines[0].removeprefix("$ credence ").split()


def console(folder, lines):
    ended = run(folder, command(lines))
    printed = (ended.stdout + ended.stderr).splitlines()
    expected = [re.sub(r"\\\{\w+\\\}", r"\\d+", re.escape(line)) for line in lines[1:]]
    for wanted, line, written in zip(expected, printed, lines[1:]):
        assert re.fullmatch(wanted, line), f"{lines[0]}: prints\n{line}\nand the page says\n{written}"
    equal(len(printed), len(expected), f"lines of {lines[0]}")


def replace(folder, name, line):
    name, number = name.rsplit(" ", 1)
    path = folder / name
    lines = path.read_text(encoding="utf-8").splitlines()
    before, after = lines[int(number) - 1], line[0]
    # A page whose numbers have slipped would put the line where nobody means it.
    equal(before.split()[0].replace("more_than", "at_least"), after.split()[0], f"line {number} of {name}")
    lines[int(number) - 1] = after
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def serve(folder, lines):
    words = command(lines)
    equal(words[0], "serve", "the command")
    server = Server(folder, arguments=words[1:], cwd=folder)
    try:
        code, _ = server.stop()
        equal(code, 0, "the server's exit code")
    finally:
        server.end()


def adopted(folder, lines):
    ended = run(folder, command(lines))
    equal(ended.returncode, 0, ended.stderr)
    facts = [json.loads(line) for line in ended.stdout.splitlines()]
    found = [(fact.get("data"), name) for fact in facts for name in fact.get("files", [])]
    for line in lines[1:]:
        assert tuple(line.split()) in found, f"{line} is not among what was adopted: {found}"


def step(folder, begun, kind, name, lines):
    def walk():
        text = "\n".join(lines) + "\n"
        if kind == "toml":
            (folder / name).write_text(text, encoding="utf-8")
        elif kind == "append":
            with open(folder / name, "a", encoding="utf-8") as file:
                file.write(text)
        elif kind == "line":
            replace(folder, name, lines)
        elif kind == "console":
            console(folder, lines)
        elif kind == "serve":
            serve(folder, lines)
        else:
            adopted(folder, lines)

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
        shutil.copytree(ROOT / "policies", desk / "policies")
        for block in found:
            tests.run(step(desk, *block))
    return tests.close()


if __name__ == "__main__":
    sys.exit(main())
