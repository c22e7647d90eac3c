#!/usr/bin/env python3
"""Kills a writer again and again, and checks after each death that nothing acknowledged is lost.

    killloop.py PROGRAM FOLDER [--rounds N] [--seed N] [--point NAME] [--seconds MIN MAX]

Without --point the writer gets SIGKILL after a random time. With --point it is started with that crash
point armed (feature `failpoints`, variable FAILPOINTS) and kills itself there; a point that is not reached
within the time is killed from outside, and at least one round must have reached it. At `during_close` the
writer is asked to stop with SIGTERM first. The folder is kept from round to round, so that recovery itself
is killed too. The verbs of PROGRAM are described in oracle.py. Ends with 0 if every round held.
"""

import argparse
import random
import shutil
import signal
import subprocess
import time

from oracle import Tally, Writer, end

# How likely an armed point fires each time it is passed: points on every commit's way fire seldom.
CHANCES = {"mid_segment_roll": 100, "during_close": 100}
CHANCE_OF_OTHERS = (1, 2, 5, 20)
POINT_SECONDS_MAX = 20
CLOSE_SECONDS_MAX = 15


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--point")
    parser.add_argument("--seconds", type=float, nargs=2, default=(0.02, 0.6), metavar=("MIN", "MAX"))
    return parser.parse_args()


def armed(point, chance):
    share = CHANCES.get(point) or chance.choice(CHANCE_OF_OTHERS)
    return {"FAILPOINTS": f"{point}={share}%return"}


def wait(writer, seconds):
    try:
        return writer.process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None


def one_death(asked, chance):
    """Runs a writer to its death; returns it and whether it died at the point."""
    if not asked.point:
        writer = Writer(asked.program, asked.folder)
        time.sleep(chance.uniform(*asked.seconds))
        return writer, writer.kill() == -signal.SIGKILL
    writer = Writer(asked.program, asked.folder, armed(asked.point, chance))
    if asked.point == "during_close":
        time.sleep(chance.uniform(*asked.seconds))
        writer.process.send_signal(signal.SIGTERM)
        ended = wait(writer, CLOSE_SECONDS_MAX)
    else:
        ended = wait(writer, POINT_SECONDS_MAX)
    if ended is None:
        writer.kill()
    return writer, ended == -signal.SIGKILL


def main():
    asked = arguments()
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    shutil.rmtree(asked.folder, ignore_errors=True)
    tally, last, hits, started = Tally(), 0, 0, time.monotonic()
    acknowledged = 0
    for number in range(asked.rounds):
        name = f"round {number}"
        writer, hit = one_death(asked, chance)
        hits += hit
        tally.note_panic(writer, name)
        acks = writer.last_ack()
        acknowledged += acks > 0
        last = max(last, acks)
        present = tally.judge(asked.program, asked.folder, last, name)
        if present is None:
            break
        # What is present has to stay; what was lost is reported once.
        last = present
    print(f"{tally} hits={hits} rounds_with_acks={acknowledged} last={last} seconds={time.monotonic() - started:.0f}")
    if hits == 0:
        end(True, f"no writer died at {asked.point or 'a random moment'}: this proves nothing")
    if acknowledged == 0:
        end(True, "no writer acknowledged anything: this proves nothing")
    end(tally.failed())


if __name__ == "__main__":
    main()
