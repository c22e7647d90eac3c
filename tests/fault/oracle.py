"""What the fault harnesses share: the two verbs of the program under test, and how its answers are judged.

The program (examples/torture.rs) has two verbs:

    write FOLDER    commits until it is killed; prints `ACK n` for each acknowledged commit, n rising
    check FOLDER    opens what is there and prints `seq=n rec=n idx=n bad=n`: the last commit present, records
                    and index entries found, contradictions among them; ends with 0 only if there are none

The oracle stands outside the process: an acknowledged number must be present after whatever happened.
"""

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field

ACK = re.compile(rb"^ACK (\d+)\n", re.MULTILINE)
STATE = re.compile(rb"seq=(\d+) rec=(\d+) idx=(\d+) bad=(\d+)")
CHECK_SECONDS_MAX = 120


class Writer:
    """A running `write`, whose output goes to files so that a full pipe never slows it down."""

    def __init__(self, program, folder, environment=()):
        self.output = tempfile.TemporaryFile()
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [program, "write", folder],
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=self.errors,
            env={**os.environ, **dict(environment)},
        )

    def last_ack(self):
        self.output.seek(0)
        numbers = [int(number) for number in ACK.findall(self.output.read())]
        return max(numbers, default=0)

    def error_text(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def kill(self):
        self.process.kill()
        return self.process.wait()


@dataclass
class Tally:
    """Counts how rounds ended."""

    kept: int = 0
    lost: list = field(default_factory=list)
    contradictions: int = 0
    unopened: int = 0
    panics: int = 0

    def failed(self):
        return bool(self.lost or self.contradictions or self.unopened or self.panics)

    def judge(self, program, folder, last_ack, name):
        """Checks a folder against the last acknowledged number; returns the number present, or None."""
        try:
            checked = subprocess.run(
                [program, "check", folder],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=CHECK_SECONDS_MAX,
            )
        except subprocess.TimeoutExpired:
            self.unopened += 1
            print(f"{name}: check did not end within {CHECK_SECONDS_MAX} s")
            return None
        state = STATE.search(checked.stdout)
        if not state:
            self.unopened += 1
            print(f"{name}: not opened, exit {checked.returncode}: {tail(checked.stdout)} {tail(checked.stderr)}")
            return None
        present = int(state[1])
        if checked.returncode or int(state[4]):
            self.contradictions += 1
            print(f"{name}: contradiction, exit {checked.returncode}: {tail(checked.stdout)} {tail(checked.stderr)}")
        if present < last_ack:
            self.lost.append((last_ack, present))
            print(f"{name}: lost: {last_ack} was acknowledged, {present} is present")
        else:
            self.kept += 1
        return present

    def note_panic(self, writer, name):
        text = writer.error_text()
        if "panicked" in text:
            self.panics += 1
            print(f"{name}: the writer panicked: {text[-600:]}")

    def __str__(self):
        return (
            f"kept={self.kept} lost={len(self.lost)} contradictions={self.contradictions} "
            f"unopened={self.unopened} panics={self.panics}"
        )


def tail(text):
    return text.decode(errors="replace").strip()[-300:]


def end(failed, reason=""):
    if failed and reason:
        print(reason)
    sys.exit(1 if failed else 0)
