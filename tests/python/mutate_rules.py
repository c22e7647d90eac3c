#!/usr/bin/env python3
"""Changes one number or end at a time in the rule files that follow a published set; a case has to fail.

    mutate_rules.py [SECTOR ...]      every file of standing `model` if none is named

Thresholds, caps, floors, weights, points, tiers, windows, locks, ranks and the numbers of conditions are moved
by one unit of their last digit to either side, and ends are turned from included to left out or back. A mutant is
noticed if a case of the file fails or if the file is refused at load. Many mutants are run at once: each as the
file of another sector in a copy of the folder of policies (CREDENCE_BIN, else target/debug/credence).
Survivors are listed, each with the reason why it can make no difference: that no reachable score lies between the
old end and the new one is computed here, other reasons stand in EXPLAINED. One without a reason fails.
"""

import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("CREDENCE_BIN", ROOT / "target/debug/credence"))
RULES = ROOT / "policies/rules"
SURVIVORS_MAX = Decimal("0.05")

# File and mutant, to the reason why no subject can be graded otherwise.
EXPLAINED = {
    ("CONSTR", "indicator SG-A03-03: points 3 -> 4"): "one contract gives 3, which is the cap",
    ("DRUG_DEV", 'indicator.points_by_item: "05" -10 -> -11'): "10 takes all there is; the score ends at 0",
    ("DRUG_DEV", 'indicator.points_by_item: "06" -10 -> -11'): "10 takes all there is; the score ends at 0",
    ("DRUG_DEV", 'indicator.points_by_item: "13" -10 -> -11'): "10 takes all there is; the score ends at 0",
    ("DRUG_DEV", 'indicator.points_by_item: "14" -10 -> -11'): "10 takes all there is; the score ends at 0",
    ("FOOD_PROD", "indicator CREDIT-RISK: points 20 -> 21"): "20 is the cap of the credit part",
    ("MKT_GEN", 'indicator RISK-PENALTY: "05" 60 -> 61'): "60 is the cap of the indicator",
    ("MKT_GEN", 'indicator RISK-PENALTY: "14" 60 -> 61'): "60 is the cap of the indicator",
    ("MKT_GEN", "indicator RISK-ABNORMAL: points 40 -> 41"): "40 is the cap of the indicator",
    ("MKT_GEN", "indicator RISK-UNREACHABLE: points 20 -> 21"): "20 is the cap of the indicator",
}

NUMBERS = "at_least|more_than|at_most|less_than|cap|floor|weight|points|rank_top_percent|rank_above_percent|base|by"
NUMBER = re.compile(rf'\b(?P<key>{NUMBERS}) = (?P<quote>"?)(?P<number>-?\d+(?:\.\d+)?)(?P=quote)')
BY_ITEM = re.compile(r'(?P<key>"[\w-]+") = (?P<quote>"?)(?P<number>-?\d+(?:\.\d+)?)(?P=quote)')
SPAN = re.compile(r'\b(?P<key>window|holds_for|only_after) = "(?P<number>\d+) (?P<unit>\w+)"')
CONDITION = re.compile(r"\b(?:when|where) = '(?P<text>[^']*)'")
COMPARED = re.compile(r"(?P<sign><=|>=|<|>) (?P<number>\d+)")
ENDS = {"at_least": "more_than", "more_than": "at_least", "at_most": "less_than", "less_than": "at_most"}
SIGNS = {">=": ">", ">": ">=", "<=": "<", "<": "<="}


def moved(text, way):
    """A number one unit of its last digit away."""
    number = Decimal(text)
    return str(number + way * Decimal(1).scaleb(number.as_tuple().exponent))


def of_line(line):
    """The mutants of a line: what was changed, and the line after it."""
    for found in [*NUMBER.finditer(line), *BY_ITEM.finditer(line)]:
        for way in (1, -1):
            changed = moved(found["number"], way)
            begin, end = found.span("number")
            yield f"{found['key']} {found['number']} -> {changed}", line[:begin] + changed + line[end:]
        if found["key"] in ENDS:
            begin, end = found.span("key")
            other = ENDS[found["key"]]
            yield f"{found['key']} {found['number']} -> {other}", line[:begin] + other + line[end:]
    for found in SPAN.finditer(line):
        for way in (1, -1):
            number = int(found["number"]) + way
            # The shortest span is one unit: instead of none, some days.
            changed = f"{number} {found['unit']}" if number else "300 days"
            begin, end = found.start("number"), found.end("unit")
            yield f"{found['key']} {found['number']} {found['unit']} -> {changed}", line[:begin] + changed + line[end:]
    for condition in CONDITION.finditer(line):
        for found in COMPARED.finditer(condition["text"]):
            begin = condition.start("text")
            number, sign = found.span("number"), found.span("sign")
            for changed in (int(found["number"]) + 1, int(found["number"]) - 1):
                if changed >= 0:
                    yield f"{found[0]} -> {changed}", line[: begin + number[0]] + str(changed) + line[begin + number[1] :]
            other = SIGNS[found["sign"]]
            yield f"{found[0]} -> {other}", line[: begin + sign[0]] + other + line[begin + sign[1] :]


def mutants(text):
    """All mutants of a file: where, what, and the whole text."""
    rules, mark, cases = text.partition("[[case]]")
    lines = rules.split("\n")
    code = table = ""
    for place, line in enumerate(lines):
        if line.startswith("["):
            table, code = line.strip("[]"), ""
        named = re.search(r'\b(?:code|level|name) = "([^"]*)"', line)
        if named and (not code or line.startswith("    ")):
            code = named[1]
        if re.match(r"measure = |level = \[", line):
            table = "measure"
        elif line == "]":
            table = ""
        if table == "measure" or line.startswith("#"):
            continue
        for what, changed in of_line(line):
            whole = "\n".join([*lines[:place], changed, *lines[place + 1 :]]) + mark + cases
            yield f"{table or 'file'} {code}: {what}".replace(" :", ":"), whole


def step(rules):
    """Every score is the base and a whole number of these; `None` if an event's own value counts."""
    numbers = [group[key] for group in rules.get("group", []) for key in ("cap", "floor") if key in group]
    if any("weight" in group for group in rules.get("group", [])):
        return None
    for one in rules.get("indicator", []):
        if "points_of" in one:
            return None
        numbers += [one[key] for key in ("points", "cap", "floor") if key in one]
        numbers += one.get("points_by_item", {}).values()
        numbers += [tier["points"] for tier in one.get("tier", [])]
    return math.gcd(*(int(Decimal(number) * 1_000) for number in numbers))


def reason(name, what):
    """Why a mutant makes no difference, if it does not."""
    if (name, what) in EXPLAINED:
        return EXPLAINED[name, what]
    rules = tomllib.loads((RULES / f"{name}.toml").read_text())
    end = re.fullmatch(r"band \w+: (?:at_least|less_than) (-?[\d.]+) -> (-?[\d.]+)", what)
    every = step(rules) if end else None
    if not every:
        return None
    # What the end takes changes for the scores from the lower of the two to below the higher.
    low, high = sorted(int(Decimal(number) * 1_000) for number in end.groups())
    base = int(Decimal(rules["base"]) * 1_000)
    between = [score for score in range(low, high) if (score - base) % every == 0]
    return None if between else f"every score is {Decimal(base) / 1_000} and a whole number of {Decimal(every) / 1_000}"


def as_sector(text, sector):
    """The file as that of another sector, in force without end."""
    text = re.sub(r'(?m)^sector = "\w+"', f'sector = "{sector}"', text)
    text = re.sub(r'(?m)^code = "[\w-]+"', f'code = "{sector}-M"', text, count=1)
    return re.sub(r"(?m)^until = .*\n", "", text)


def run(folder):
    done = subprocess.run([BINARY, "policies", "test", "--policies", folder], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def survivors(folder, batch, sectors):
    """Runs mutants together; those that neither a case nor the reader notices."""
    rules = folder / "rules"
    shutil.rmtree(rules, ignore_errors=True)
    rules.mkdir()
    placed = dict(zip(sectors, batch))
    for sector, (_, _, text) in placed.items():
        (rules / f"{sector}.toml").write_text(as_sector(text, sector))
    refused = 0
    while placed:
        code, said = run(folder)
        if code == 0:
            return list(placed.values()), refused
        named = placed.keys() & set(re.findall(r"(?m)^rules/(\w+)\.toml", said))
        if not named:
            sys.exit(said)
        if "算例不符" in said:
            return [one for sector, one in placed.items() if sector not in named], refused
        for sector in named:
            placed.pop(sector)
            (rules / f"{sector}.toml").unlink()
            refused += 1
    return [], refused


def main():
    chosen = sys.argv[1:]
    sectors = [sector["code"] for sector in tomllib.loads((ROOT / "policies/sectors.toml").read_text())["sector"]]
    files = []
    for file in sorted(RULES.iterdir()):
        text = file.read_text()
        data = tomllib.loads(text)
        if data["standing"] == "model" and (not chosen or file.stem in chosen):
            files.append((file.stem, text))
    all_mutants = [(name, what, text) for name, whole in files for what, text in mutants(whole)]
    counts = {name: [0, 0] for name, _ in files}
    left, refused = [], 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "policies"
        shutil.copytree(ROOT / "policies", folder)
        # Unchanged, every file passes in the place of another sector: what fails is the mutant.
        unchanged = [(name, "", text) for name, text in files]
        for begin in range(0, len(unchanged), len(sectors)):
            passing, _ = survivors(folder, unchanged[begin : begin + len(sectors)], sectors)
            if len(passing) != len(unchanged[begin : begin + len(sectors)]):
                sys.exit("an unchanged file fails")
        for begin in range(0, len(all_mutants), len(sectors)):
            batch = all_mutants[begin : begin + len(sectors)]
            alive, away = survivors(folder, batch, sectors)
            left += alive
            refused += away
            for name, _, _ in batch:
                counts[name][0] += 1
    unexplained = 0
    for name, what, _ in left:
        counts[name][1] += 1
        why = reason(name, what)
        unexplained += why is None
        print(f"survives: {name} {what}: {why or 'UNEXPLAINED'}")
    for name, (made, alive) in counts.items():
        print(f"{name}: {made} mutants, {alive} survive")
    made = len(all_mutants)
    print(f"{made} mutants, {refused} refused at load, {made - refused - len(left)} failed a case, {len(left)} survive, {unexplained} unexplained")
    good = made > 0 and unexplained == 0 and len(left) <= made * SURVIVORS_MAX
    print(f"{int(good)} passed, {int(not good)} failed")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
