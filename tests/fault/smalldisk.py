#!/usr/bin/env python3
"""Fills a small filesystem under a writer, starts on it while it is full, frees it, and goes on.

    smalldisk.py PROGRAM FOLDER [--reserves BYTES,...]

FOLDER is empty and alone on a filesystem of 24 to 64 MiB, such as `mount -t tmpfs -o size=40m tmpfs FOLDER`.
For each reserve, 0 and 4 MiB unless told otherwise: the writer runs until it is refused; the folder is checked
with what it acknowledged while the disk is still full; a filler is deleted, and the writer goes on from there.
"""

import argparse
import os
import pathlib
import shutil
import time

from oracle import Tally, Writer, end

FILLER_SIZE = 12 << 20
FULL_SECONDS_MAX = 120
GOES_ON_SECONDS_MAX = 60


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--reserves", default="0,4194304")
    return parser.parse_args()


def until(condition, seconds):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.05)
    return False


def one(asked, reserve, tally):
    folder = pathlib.Path(asked.folder)
    data = str(folder / "data")
    shutil.rmtree(data, ignore_errors=True)
    filler = folder / "filler"
    filler.write_bytes(b"\0" * FILLER_SIZE)
    os.environ["CREDENCE_DISK_RESERVE"] = str(reserve)
    name = f"reserve {reserve}"
    writer = Writer(asked.program, data)
    ended = until(lambda: writer.process.poll() is not None, FULL_SECONDS_MAX)
    writer.kill()
    acknowledged = writer.last_ack()
    free = shutil.disk_usage(folder).free
    print(f"{name}: {acknowledged} batches acknowledged, {free} bytes free, ended by itself: {ended}")
    print(f"{name}: {writer.error_text().strip().splitlines()[-1:]}")
    tally.note_panic(writer, name)
    if not ended or acknowledged == 0:
        tally.unopened += 1
        print(f"{name}: the writer was not refused")
    present = tally.judge(asked.program, data, acknowledged, f"{name}, full")
    print(f"{name}: {present} batches answered for on the full disk")
    filler.unlink()
    writer = Writer(asked.program, data)
    goes_on = until(lambda: writer.last_ack() > acknowledged + 100, GOES_ON_SECONDS_MAX)
    writer.kill()
    if not goes_on:
        tally.unopened += 1
        print(f"{name}: no further writes after space returned: {writer.error_text()[-400:]}")
    print(f"{name}: {writer.last_ack()} batches after space returned")
    tally.note_panic(writer, f"{name}, freed")
    tally.judge(asked.program, data, writer.last_ack(), f"{name}, freed")
    shutil.rmtree(data, ignore_errors=True)


def main():
    asked = arguments()
    tally = Tally()
    for reserve in asked.reserves.split(","):
        one(asked, int(reserve), tally)
    print(tally)
    end(tally.failed())


if __name__ == "__main__":
    main()
