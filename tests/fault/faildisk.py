#!/usr/bin/env python3
"""Makes the n-th call of each kind fail under a writer, for rising n, and checks what is left.

    faildisk.py PROGRAM SCRATCH --shim FIO.SO [--calls-max N] [--match TEXT] [--seconds S]

For each kind of call and error the writer runs in a fresh folder under the shim (fio.c) with call n failing.
It may refuse, stop or go on; what it acknowledged must be there when the folder is opened without the shim.
A kind is done when call n is not reached within the time any more, or at --calls-max. A panic is a failure.
"""

import argparse
import pathlib
import shutil
import tempfile
import time

from oracle import Tally, Writer, end

EIO, ENOSPC = 5, 28
KINDS = [
    ("pwrite", EIO, False),
    ("pwrite", ENOSPC, False),
    ("pwrite", ENOSPC, True),
    ("fdatasync", EIO, False),
    ("fsync", EIO, False),
    ("ftruncate", ENOSPC, False),
    ("create", ENOSPC, False),
    ("write", ENOSPC, False),
]
AFTER_FAULT_SECONDS = 1.0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("scratch")
    parser.add_argument("--shim", required=True)
    parser.add_argument("--calls-max", type=int, default=30)
    parser.add_argument("--match", default="/data/")
    parser.add_argument("--seconds", type=float, default=3.0)
    return parser.parse_args()


def run_with_fault(asked, folder, call, error, is_short, number):
    """Runs a writer whose call `number` fails; returns it and whether that call was reached."""
    environment = {
        "LD_PRELOAD": str(pathlib.Path(asked.shim).resolve()),
        "FIO_CALL": call,
        "FIO_ERROR": str(error),
        "FIO_NUMBER": str(number),
        "FIO_MATCH": asked.match,
    }
    if is_short:
        environment["FIO_SHORT"] = "1"
    writer = Writer(asked.program, folder, environment)
    until = time.monotonic() + asked.seconds
    reached = False
    while time.monotonic() < until and writer.process.poll() is None and not reached:
        time.sleep(0.02)
        reached = "[fio]" in writer.error_text()
    if reached:
        # Time to acknowledge what must not be acknowledged, if it were so.
        until = time.monotonic() + AFTER_FAULT_SECONDS
        while time.monotonic() < until and writer.process.poll() is None:
            time.sleep(0.02)
    writer.kill()
    return writer, reached or "[fio]" in writer.error_text()


def main():
    asked = arguments()
    pathlib.Path(asked.scratch).mkdir(parents=True, exist_ok=True)
    tally, faults = Tally(), 0
    with tempfile.TemporaryDirectory(dir=asked.scratch) as scratch:
        for call, error, is_short in KINDS:
            reached_last = 0
            for number in range(1, asked.calls_max + 1):
                name = f"{call} {number}, error {error}{', short' if is_short else ''}"
                folder = str(pathlib.Path(scratch) / "data")
                shutil.rmtree(folder, ignore_errors=True)
                writer, reached = run_with_fault(asked, folder, call, error, is_short, number)
                tally.note_panic(writer, name)
                if not reached:
                    break
                reached_last = number
                faults += 1
                tally.judge(asked.program, folder, writer.last_ack(), name)
            print(f"{call}, error {error}{', short' if is_short else ''}: calls 1 to {reached_last} failed in turn")
    print(f"{tally} faults={faults}")
    if faults == 0:
        end(True, "no call failed: is the program linked statically, or the path not matched?")
    end(tally.failed())


if __name__ == "__main__":
    main()
