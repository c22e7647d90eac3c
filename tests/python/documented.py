#!/usr/bin/env python3
"""Runs every grpcurl line of docs/operations.md as it is written, with tests/tools/grpcurl as grpcurl.

Looks at fenced blocks only. A line that ends with a backslash goes on in the next one. The documented
address is replaced by that of the server under test. A line is expected to succeed; a line or the one
before it may say `# ends with 69` to name another exit code (64 plus the gRPC code).
"""

import os
import re
import shutil
import subprocess
import sys

import harness
from harness import ROOT, Server, Tests

ADDRESS = re.compile(r"\b(?:localhost|127\.0\.0\.1):50051\b")
ENDS_WITH = re.compile(r"#\s*ends with (\d+)")
PAGE = ROOT / "docs/operations.md"


def documented_lines(text):
    """Pairs of a shell line that calls grpcurl and the exit code it says it ends with."""
    found, fenced, whole, code = [], False, "", 0
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fenced, whole, code = not fenced, "", 0
            continue
        if not fenced:
            continue
        said = ENDS_WITH.search(line)
        code = int(said.group(1)) if said else code
        whole += line.strip()
        if whole.endswith("\\"):
            whole = whole[:-1].rstrip() + " "
            continue
        whole = whole.removeprefix("$ ")
        if re.search(r"(^|[|;&(]\s*)grpcurl\s", whole):
            found.append((whole, code))
            code = 0
        elif whole and not whole.startswith("#"):
            code = 0
        whole = ""
    return found


def line_test(line, code, server, tools):
    def run():
        command = ADDRESS.sub(server.address, line)
        environment = dict(os.environ, PATH=f"{tools}{os.pathsep}{os.environ['PATH']}")
        ended = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True,
            timeout=60)
        if ended.returncode != code:
            raise AssertionError(
                f"ended with {ended.returncode}, not {code}\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}")

    run.__name__ = line
    return run


def main():
    lines = documented_lines(PAGE.read_text(encoding="utf-8"))
    if not lines:
        print(f"no grpcurl line in {PAGE.relative_to(ROOT)}")
        return 1
    tests = Tests(sys.argv[1] if len(sys.argv) > 1 else "")
    with harness.temporary_folder() as folder:
        # The same Python as this one runs the shim, whatever its first line finds.
        tools = folder / "tools"
        tools.mkdir()
        shim = tools / "grpcurl"
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "tests/tools/grpcurl"}" "$@"\n')
        shim.chmod(0o755)
        assert shutil.which("bash"), "the documented lines need bash"
        server = Server(folder)
        try:
            for line, code in lines:
                tests.run(line_test(line, code, server, tools))
            if server.stop()[0] != 0:
                tests.failed.append("the server's exit code")
        finally:
            server.end()
    return tests.close()


if __name__ == "__main__":
    sys.exit(main())
