#!/usr/bin/env python3
"""Cuts the power under a writer, by a snapshot of its disk, and checks that nothing acknowledged is lost.

    powercut.py PROGRAM SCRATCH [--cuts N] [--seed N] [--size-mib N] [--failpoints SPEC] [--expect-loss]

Each cut makes a small ext4 image, mounts it, and starts `PROGRAM write` on it. After a random time the
writer is stopped with SIGSTOP, its acknowledgements are read, and only then the image is copied: what the
kernel still held in memory is not in the copy, as after a power cut. The copy is mounted and given to
`PROGRAM check`; journal recovery happens there as it would after a real cut.

Needs Linux, root, loop devices and e2fsprogs. Segments and reserve of the program must fit the image.

--expect-loss turns the verdict round: the run succeeds only if some cut lost something. Run it with
--failpoints skip_sync=return to show that the harness would notice a missing fdatasync.
"""

import argparse
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

from oracle import Tally, Writer, end

WRITING_SECONDS = (0.3, 2.5)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("scratch", help="a folder on a disk with room for two images")
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--size-mib", type=int, default=96)
    parser.add_argument("--failpoints", default="")
    parser.add_argument("--expect-loss", action="store_true")
    return parser.parse_args()


def run(*command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


class Mounted:
    """An image mounted on a folder for as long as the block runs."""

    def __init__(self, image, folder):
        self.image, self.folder = image, folder

    def __enter__(self):
        run("mount", "-o", "loop", str(self.image), str(self.folder))
        return self.folder

    def __exit__(self, *_):
        run("umount", str(self.folder))


def fresh_image(path, size_mib):
    path.unlink(missing_ok=True)
    with path.open("wb") as image:
        image.truncate(size_mib << 20)
    run("mkfs.ext4", "-q", "-F", str(path))


def write_and_stop(asked, folder, seconds, image, copy):
    """Lets the writer write, stops it, and copies the disk as it is; returns the stopped writer's last ack."""
    environment = {"FAILPOINTS": asked.failpoints} if asked.failpoints else {}
    writer = Writer(asked.program, str(folder / "data"), environment)
    try:
        time.sleep(seconds)
        writer.process.send_signal(signal.SIGSTOP)
        _, status = os.waitpid(writer.process.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            raise RuntimeError(f"the writer ended by itself: {writer.error_text()[-600:]}")
        last = writer.last_ack()
        shutil.copyfile(image, copy)
        return last, writer
    finally:
        writer.kill()


def main():
    asked = arguments()
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    # The image is smaller than what a real disk keeps in reserve.
    os.environ["CREDENCE_DISK_RESERVE"] = "0"
    chance = random.Random(seed)
    tally, acknowledged = Tally(), 0
    with tempfile.TemporaryDirectory(dir=asked.scratch) as scratch:
        scratch = pathlib.Path(scratch)
        image, copy = scratch / "disk.img", scratch / "after.img"
        before, after = scratch / "before", scratch / "after"
        before.mkdir()
        after.mkdir()
        for number in range(asked.cuts):
            name = f"cut {number}"
            fresh_image(image, asked.size_mib)
            with Mounted(image, before) as folder:
                last, writer = write_and_stop(asked, folder, chance.uniform(*WRITING_SECONDS), image, copy)
            tally.note_panic(writer, name)
            acknowledged += last > 0
            with Mounted(copy, after) as folder:
                tally.judge(asked.program, str(folder / "data"), last, name)
    print(f"{tally} cuts_with_acks={acknowledged} examples(acknowledged, present)={tally.lost[:6]}")
    if acknowledged == 0:
        end(True, "no writer acknowledged anything: this proves nothing")
    if asked.expect_loss:
        end(not tally.failed(), "losses were expected, to show that the harness sees them")
    end(tally.failed())


if __name__ == "__main__":
    main()
