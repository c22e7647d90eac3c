#!/usr/bin/env python3
"""What settled grades cost: an import with and without rule sets, in turn, and everyone graded anew.

    grading_cost.py PROGRAM... [--subjects N] [--rounds N] [--regrade N]

1. In each round and for each program, two servers take the same import, one after the other: a register,
   memberships, penalties of members. One has the rule sets that are built in, the other a single rule set of a
   sector without members. Time and the server's processor time of the penalties, and their ratio.
2. `--regrade N`: N subjects, each in two sectors of all 43. The turn of 2025-01-01 grades those of real time,
   then a run each of the others; pairs a second.

Linux: processor time is read from /proc. Prints the load average, since figures of a busy machine are worth
little; ratios are worth more. Several programs (an older build and a newer one) are measured in turn.
"""

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "fault"))

import harness
import turn
from harness import ROOT, Server

TICKS = os.sysconf("SC_CLK_TCK")


def processor_time(server):
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def without_rules(folder):
    """A folder of policies with one rule set, of a sector in which nobody is."""
    shutil.copytree(ROOT / "policies", folder)
    for file in (folder / "rules").iterdir():
        if file.name != "LEGAL.toml":
            file.unlink()
    return folder


def imported(program, policies, district):
    """Seconds and processor seconds of the whole import, and of its penalties alone."""
    os.environ["CREDENCE_BIN"] = program
    with harness.temporary_folder() as folder:
        server = Server(folder, turn.CLOCK, arguments=["--set", f"policies={policies}"])
        try:
            with turn.Api(server) as api:
                marks = [(time.monotonic(), processor_time(server))]
                members = turn.register(api, district)
                marks.append((time.monotonic(), processor_time(server)))
                penalties = turn.penalise(api, district)
                marks.append((time.monotonic(), processor_time(server)))
            server.stop(120)
        finally:
            server.end()
    steps = [(later[0] - earlier[0], later[1] - earlier[1]) for earlier, later in zip(marks, marks[1:])]
    return (len(members), *steps[0]), (penalties, *steps[1])


def costs(programs, subjects, rounds, folder):
    with_rules, bare = ROOT / "policies", without_rules(folder / "bare")
    district = turn.District(subjects, 2_024)
    for program in programs:
        found = {"with": [], "without": []}
        for _ in range(rounds):
            found["without"].append(imported(program, bare, district))
            found["with"].append(imported(program, with_rules, district))
        print(f"{program}: {subjects} subjects, best of {rounds} rounds in turn, load average {os.getloadavg()[0]:.1f}")
        for place, what in enumerate(("register and memberships", "penalties")):
            best = {
                how: (runs[0][place][0], *(min(run[place][at] for run in runs) for at in (1, 2)))
                for how, runs in found.items()
            }
            for how, (rows, seconds, processor) in best.items():
                print(f"  {what:<24} {how:<8} {rows / seconds:>8.0f} rows/s, "
                      f"{processor / rows * 1e6:>7.0f} us of processor time a row")
            ratios = [best["with"][at] / best["without"][at] for at in (1, 2)]
            print(f"  {what:<24} ratio    {ratios[0]:>8.2f} of time, {ratios[1]:.2f} of processor time", flush=True)


class Everywhere(turn.District):
    """Each subject in two sectors of all."""

    def __init__(self, count, seed, sectors):
        super().__init__(count, seed)
        self.all = sectors

    def members(self, number):
        return [self.all[(number * step + step) % len(self.all)] for step in (1, 2)]

    def penalties(self, number):
        chance = random.Random(f"{self.seed} {number}")
        return super().penalties(number) if chance.random() < 0.3 else []


def regraded(program, subjects):
    from credit.supervision.v1 import catalog_service_pb2, grading_service_pb2

    os.environ["CREDENCE_BIN"] = program
    with harness.temporary_folder() as folder:
        server = Server(folder, turn.CLOCK)
        try:
            with turn.Api(server) as api:
                sectors = api.catalog.ListSectors(catalog_service_pb2.ListSectorsRequest(page_size=500)).sectors
                names = [one.name.removeprefix("sectors/") for one in sectors]
                district = Everywhere(subjects, 2_024, names)
                begun = time.monotonic()
                members = turn.register(api, district)
                penalties = turn.penalise(api, district)
                print(f"{program}: {subjects} subjects, {len(members)} pairs, {penalties} penalties, "
                      f"imported in {time.monotonic() - begun:.0f} s, load average {os.getloadavg()[0]:.1f}", flush=True)
                rule_sets = api.grading.ListRuleSets(grading_service_pb2.ListRuleSetsRequest()).rule_sets
                cycles = {one.sector.removeprefix("sectors/"): one.cycle for one in rule_sets if not one.until}
                real_time = sum(cycles[sector] == "real_time" for _, sector in members)
                begun, processor = time.monotonic(), processor_time(server)
                turn.advance(api)
                report("the turn of the day", real_time, begun, processor, server)
                begun, processor = time.monotonic(), processor_time(server)
                for place, sector in enumerate(name for name in names if cycles[name] != "real_time"):
                    request = grading_service_pb2.RunAssessmentRequest(
                        request_id=turn.request_id("run", place), sector=f"sectors/{sector}", reason="重新评定")
                    api.grading.RunAssessment(request, timeout=600)
                turn.advance(api)
                report("a run of each other sector", len(members) - real_time, begun, processor, server)
            server.stop(120)
        finally:
            server.end()


def report(what, pairs, begun, processor, server):
    seconds, processor = time.monotonic() - begun, processor_time(server) - processor
    print(f"  {what:<28} {pairs} pairs in {seconds:.1f} s, {pairs / seconds:.0f} pairs/s, "
          f"{processor / pairs * 1e6:.0f} us of processor time each", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", nargs="+")
    parser.add_argument("--subjects", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--regrade", type=int, default=0)
    options = parser.parse_args()
    programs = [str(Path(program).resolve()) for program in options.programs]
    with tempfile.TemporaryDirectory(prefix="credence-cost-") as folder:
        stubs = Path(folder) / "stubs"
        stubs.mkdir()
        harness.make_stubs(stubs)
        if options.rounds:
            costs(programs, options.subjects, options.rounds, Path(folder))
        if options.regrade:
            for program in programs:
                regraded(program, options.regrade)
    return 0


if __name__ == "__main__":
    sys.exit(main())
