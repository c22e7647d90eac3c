#!/usr/bin/env python3
"""Published rule sets, graded a second time by functions written from their sources.

    rules_oracle.py [--count N] [--seed N]      2,000 evaluations if not given

The functions below follow the source tables of eight published rule sets and read none of our files; what a
source leaves open and the district's annex sets stands in DISTRICT, written down a second time. For random
subjects each function says what must come out. These expectations are put as cases into a copy of the folder
of policies, in the place of its own cases, and `credence policies test` (CREDENCE_BIN, else
target/debug/credence) runs them. Then wrong expectations are planted, and each has to be noticed.
"""

import argparse
import calendar
import datetime
import os
import random
import shutil
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("CREDENCE_BIN", ROOT / "target/debug/credence"))
DAY = datetime.timedelta(days=1)
PLANTED = 40

# What the sources leave open: points by kind of penalty, and what a clean subject begins with.
DISTRICT = {
    "FOOD_SALE": {"01": 5, "02": 15, "03": 25, "04": 35, "08": 5, "09": 25, "10": 35, "11": 35, "12": 35, "13": 45, "14": 45},
    "WATER": {"01": 6, "02": 16, "03": 26, "04": 36, "05": 56, "08": 6, "09": 26, "10": 36, "11": 36, "12": 36, "13": 46, "14": 56},
    "PROPERTY": {"01": 5, "02": 10, "03": 15, "04": 20, "05": 40, "08": 5, "09": 15, "10": 20, "11": 20, "12": 20, "13": 30, "14": 40},
    "ROAD_PASS": {"01": 30, "02": 200, "03": 250, "08": 30, "09": 250, "11": 300},
    "HEALTH": {"01": 4, "02": 6, "03": 6, "04": 10, "05": 10, "08": 4, "11": 10},
    "TAX": {"01": 3, "04": 31, "05": 31, "08": 3, "11": 21},
}


def before(day, months):
    """The corresponding day some months earlier, else the last of that month."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def after(day, months):
    """The corresponding day some months later, else the last of that month."""
    return before(day, -months)


def within(events, day, months):
    """Decided in the months up to the day: the first day is out, the last is in."""
    return [event for event in events if before(day, months) < event["decided"] <= day]


def in_year(events, day):
    return [event for event in events if event["decided"].year == day.year and event["decided"] <= day]


def in_force(events, day):
    return [event for event in events if event["decided"] <= day <= event.get("until", datetime.date.max)]


def of(events, kind, *items):
    return [event for event in events if event["kind"] == kind and (not items or event.get("item", "") in items)]


def heaviest(events, points):
    """The sum over violations, each by its heaviest penalty alone."""
    cases = {}
    for event in events:
        if event["item"] in points:
            cases[event["case"]] = max(cases.get(event["case"], 0), points[event["item"]])
    return sum(cases.values())


def graded(level, score=None, **more):
    answer = {"level": level, **more}
    return answer if score is None else {**answer, "score": score}


def food_sale(subject, day):
    """Shaanxi: A >= 100, B >= 80, C >= 60, D < 60; direct verdicts to D, which stays for two years (S25)."""
    events = subject["events"]
    penalties = within(of(events, "penalty"), day, 12)
    found = len([event for event in within(of(events, "inspection"), day, 12) if event.get("item")])
    honours = len(within(of(events, "commendation"), day, 24))
    score = 100 - heaviest(penalties, DISTRICT["FOOD_SALE"]) - min(3 * found, 12) + min(5 * honours, 10)

    def verdict(on):
        stops = {event["case"] for event in within(of(events, "penalty", "04"), on, 12)}
        return (
            any(event["decided"] == on for event in of(events, "penalty", "05"))
            or in_force(of(events, "listing", "MARKET"), on)
            or len(stops) >= 2
            or in_force(of(events, "penalty", "13"), on)
            or any(event["decided"] == on for event in of(events, "inspection", "SP-ACCIDENT"))
        )

    days = [event["decided"] for event in within(events, day, 24)] + [day]
    if any(verdict(on) for on in days):
        return graded("D", score)
    return graded("A" if score >= 100 else "B" if score >= 80 else "C" if score >= 60 else "D", score)


def drug_dev(subject, day):
    """Wuhan: from 10; the heaviest of each violation; D [0,4), C [4,7), B [7,9), A from 9; a calendar year (S26)."""
    half = Decimal("0.5")
    points = {"01": half, "02": 1, "03": 2, "09": 2, "04": 3, "05": 10, "06": 10, "11": 6}
    member = (day - subject["since"]).days
    if member < 365:
        return {"outcome": "not_rated"}
    if member < 730:
        return {"outcome": "new"}
    penalties = [event for event in in_year(of(subject["events"], "penalty"), day) if not repaired(event, day)]
    score = max(10 - heaviest(penalties, points), 0)
    return graded("A" if score >= 9 else "B" if score >= 7 else "C" if score >= 4 else "D", score)


def repaired(event, day):
    return "repaired" in event and event["repaired"] <= day


def tax(subject, day):
    """A >= 90, B [70,90), M new or without income and >= 70, C [40,70), D < 40 or by verdict (S33, S34)."""
    year = in_year(subject["events"], day)
    if subject["kind"] != "organisation":
        return {"outcome": "not_rated"}
    deducted = {}
    for event in of(year, "penalty"):
        if event.get("matter") == "首违不罚" or event.get("severity") == "minor":
            continue
        if "amount" in event:
            points = 5 if event["amount"] <= 200_000 else 11 if event["amount"] <= 1_000_000 else 31
        else:
            points = DISTRICT["TAX"].get(event["item"], 0)
        # Penalties in money and others are two items of the table.
        place = (event["case"], "amount" in event)
        deducted[place] = max(deducted.get(place, 0), points)
    late = sum(event["quantity"] for event in of(year, "inspection", "TX-LATE"))
    score = 100 - min(sum(deducted.values()) + min(5 * late, 60), 100)
    running = sum(event["quantity"] for event in of(year, "inspection", "TX-ZERO-RUNNING"))
    total = sum(event["quantity"] for event in of(year, "inspection", "TX-ZERO-TOTAL"))
    if in_force(of(subject["events"], "listing", "TAX"), day):
        return graded("D", score)
    if subject["since"] > datetime.date(day.year, 1, 1):
        return graded("M", score)
    if of(year, "inspection", "TX-NO-INCOME") and score >= 70:
        return graded("M", score)
    level = "A" if score >= 90 else "B" if score >= 70 else "C" if score >= 40 else "D"
    if level == "A" and (running >= 3 or total >= 6 or of(year, "inspection", "TX-NO-ACCOUNTS")):
        level = "B"
    return graded(level, score)


def labour(subject, day):
    """Qinzhou: A nothing found, B found, C three findings in a year, three years unreviewed, or worse (S35)."""
    if (day - subject["since"]).days < 730:
        return {"outcome": "new"}
    events = subject["events"]
    year = within(events, day, 12)
    findings = len({event["case"] for event in of(year, "penalty")})
    findings += len(of(year, "inspection", "LB-WAGES", "LB-HOURS", "LB-CONTRACT", "LB-INSURANCE"))
    unreviewed = len(within(of(events, "inspection", "LB-NO-REVIEW"), day, 36))
    worse = of(year, "inspection", "LB-MASS", "LB-EXTREME", "LB-CHILD", "LB-FORCED", "LB-REFUSED")
    worse += [event for event in of(year, "inspection") if event.get("level") == "3"]
    worse += in_force(of(events, "listing", "WAGES"), day)
    if findings >= 3 or unreviewed >= 3 or worse:
        return graded("C")
    return graded("B" if findings or unreviewed else "A")


def water(subject, day):
    """AAA 90 to 100, AA 80, A 70, B 60, C below; blacklisted: no grade; an upgrade after one year (S49)."""
    events = subject["events"]
    if in_force(of(events, "listing"), day):
        return {"outcome": "refused"}
    if (day - subject["since"]).days < 365:
        return {"outcome": "new"}
    good = 5 * len(within(of(events, "commendation"), day, 24))
    good += sum(event["value"] for event in in_force(of(events, "evaluation", "OTHER"), day))
    bad = heaviest(within(of(events, "penalty"), day, 12), DISTRICT["WATER"])
    score = 85 + min(good, 15) - min(bad, 100)
    level = "AAA" if score >= 90 else "AA" if score >= 80 else "A" if score >= 70 else "B" if score >= 60 else "C"
    order = ["AAA", "AA", "A", "B", "C"]
    last = subject.get("previous")
    if last and day < after(last["from"], 12) and order.index(level) < order.index(last["level"]):
        level = last["level"]
    return graded(level, score)


def property_management(subject, day):
    """Shandong: basic (at most 80) + good (at most 40) - bad; 85, 80, 70, 60; below 60 B without bad record (S45, S46)."""
    events = subject["events"]
    year = within(events, day, 12)
    if of(year, "inspection", "WY-UNREGISTERED"):
        return {"outcome": "missing"}
    if (day - subject["since"]).days < 365:
        return {"outcome": "not_rated"}
    if (day - subject["since"]).days < 730:
        return {"outcome": "new"}
    basic = min(75 + sum(event["value"] for event in in_force(of(events, "evaluation", "OTHER"), day)), 80)
    good = min(15 * len(of(year, "commendation")), 40)
    found = of(year, "inspection", "WY-03")
    bad = heaviest(of(year, "penalty"), DISTRICT["PROPERTY"]) + sum(2 * event["quantity"] for event in found)
    score = basic + good - bad
    if in_force(of(events, "listing"), day):
        return graded("X", score)
    if score >= 60:
        return graded("AAA" if score >= 85 else "AA" if score >= 80 else "A" if score >= 70 else "B", score)
    return graded("C" if of(year, "penalty") or found else "B", score)


def road_pass(subject, day):
    """Guangdong: AAAA base + extra >= 950, top tenth, no deadly accident; AAA >= 850; AA, A by the base (S51)."""
    if (day - subject["since"]).days < 365:
        return {"outcome": "new"}
    events = subject["events"]
    year = within(events, day, 12)
    accidents = sum(event["quantity"] for event in of(year, "inspection", "RP-ACCIDENT"))
    base = 900 - min(heaviest(of(year, "penalty"), DISTRICT["ROAD_PASS"]) + 30 * accidents, 900)
    both = base + min(50 * len(of(year, "commendation")), 100)
    deadly = of(year, "inspection", "RP-DEADLY")
    listed = of(year, "penalty", "04", "05", "10", "12", "13", "14") or in_force(of(events, "listing"), day)
    place, cohort = subject["rank"]
    if listed:
        level = "B"
    elif both >= 950 and place * 10 <= cohort and not deadly:
        level = "AAAA"
    elif both >= 850 and not deadly and accidents <= 2:
        level = "AAA"
    else:
        level = "AA" if base >= 700 else "A" if base >= 600 else "B"
    return graded(level, both)


def health(subject, day):
    """Guizhou: from 12/36, 18/54, 24/72 demerits in 1/3 years; zero when verification is passed (S58)."""
    if (day - subject["since"]).days < 730:
        return {"outcome": "new"}
    events = [event for event in subject["events"] if event["decided"] <= day]
    passed = [event["decided"] for event in of(events, "licence")]
    events = [event for event in events if not passed or event["decided"] > max(passed)]

    def demerits(months):
        recent = within(events, day, months)
        points = sum(int(event["item"][3:]) for event in of(recent, "inspection"))
        return points + heaviest(of(recent, "penalty"), DISTRICT["HEALTH"])

    one, three = demerits(12), demerits(36)
    counted, ends = (three, (36, 54, 72)) if subject["kind"] == "organisation" else (one, (12, 18, 24))
    level = ["NORMAL", "KEY", "PUBLIC", "PUT_OFF"][sum(counted >= end for end in ends)]
    return graded(level, one + three)


SETS = {
    "FOOD_SALE": food_sale,
    "DRUG_DEV": drug_dev,
    "TAX": tax,
    "LABOUR": labour,
    "WATER": water,
    "PROPERTY": property_management,
    "ROAD_PASS": road_pass,
    "HEALTH": health,
}
KINDS = {
    "FOOD_SALE": ["01", "02", "02", "03", "04", "05", "07", "08", "09", "10", "11", "12", "13", "14"],
    "DRUG_DEV": ["01", "02", "03", "04", "05", "06", "07", "09", "11"],
    "TAX": ["01", "04", "05", "07", "08", "11"],
    "HEALTH": ["01", "02", "03", "04", "05", "08", "11"],
}
FOUND = {
    "FOOD_SALE": ["FS-01", "FS-02", "SP-ACCIDENT", ""],
    "TAX": ["TX-LATE", "TX-LATE", "TX-NO-INCOME", "TX-ZERO-RUNNING", "TX-ZERO-TOTAL", "TX-NO-ACCOUNTS"],
    "LABOUR": ["LB-WAGES", "LB-HOURS", "LB-CONTRACT", "LB-INSURANCE", "LB-NO-REVIEW", "LB-NO-REVIEW", "LB-MASS", "LB-CHILD", "", "LB-REFUSED"],
    "PROPERTY": ["WY-03", "WY-03", "WY-03", "WY-UNREGISTERED"],
    "ROAD_PASS": ["RP-ACCIDENT", "RP-ACCIDENT", "RP-DEADLY"],
    "HEALTH": ["YL-1", "YL-2", "YL-4", "YL-6", "YL-10"],
}
SCORED = {"WATER": "水利建设市场静态指标评分", "PROPERTY": "物业服务企业基本信息评分"}


def day_near(dice, day):
    """A day of the last four years, often at the end of a window."""
    if dice.random() < 0.35:
        return before(day, dice.choice([0, 12, 24, 36])) + dice.choice([-1, 0, 1, 2]) * DAY
    return day - dice.randrange(0, 500 if dice.random() < 0.8 else 1500) * DAY


def subject(dice, sector, day):
    """A random subject with its events."""
    one = {
        "kind": "organisation" if dice.random() < 0.7 else "individual_business",
        "since": day - dice.choice([182, 364, 365, 700, 729, 730, 731, 2000, 2000, 2000, 2000]) * DAY,
        "events": [],
        "rank": (dice.randrange(1, 60), 60) if dice.random() < 0.6 else (dice.choice([1, 5, 6, 7]), 60),
    }
    events = one["events"]
    for number in range(dice.choice([0, 0, 1, 1, 2, 3])):
        decided = day_near(dice, day)
        for _ in range(dice.choice([1, 1, 1, 2, 3])):
            event = {"kind": "penalty", "item": dice.choice(KINDS.get(sector, KINDS["FOOD_SALE"])), "decided": decided, "case": str(number)}
            if sector == "TAX" and dice.random() < 0.6:
                event.update(item="02", amount=dice.choice([1, 200_000, 200_001, 1_000_000, 1_000_001, 90_000_000]))
            if sector == "TAX" and dice.random() < 0.1:
                event["matter"] = "首违不罚"
            if sector == "TAX" and dice.random() < 0.1:
                event["severity"] = "minor"
            if sector == "DRUG_DEV" and dice.random() < 0.1:
                event["repaired"] = day + dice.choice([-1, 0, 1]) * DAY
            if event["item"] == "13":
                event["until"] = decided + dice.randrange(30, 900) * DAY
            events.append(event)
    # Of one case each kind of penalty once.
    seen = set()
    events[:] = [event for event in events if (event["case"], event["item"]) not in seen and not seen.add((event["case"], event["item"]))]
    for _ in range(dice.choice([0, 1, 2, 3, 6]) if sector in FOUND else 0):
        event = {"kind": "inspection", "item": dice.choice(FOUND[sector]), "decided": day_near(dice, day)}
        if sector in ("TAX", "PROPERTY", "ROAD_PASS"):
            event["quantity"] = dice.choice([1, 2, 3, 5, 6, 12] if sector == "TAX" else [1, 1, 2, 3, 4])
        if event["item"] == "":
            event["level"] = dice.choice(["1", "2", "3"])
        events.append(event)
    if sector in ("FOOD_SALE", "WATER", "PROPERTY", "ROAD_PASS"):
        for _ in range(dice.choice([0, 0, 1, 1, 2, 3])):
            events.append({"kind": "commendation", "decided": day_near(dice, day)})
    if sector in SCORED and dice.random() < 0.6:
        value = Decimal(dice.randrange(-250, 200)) / 10 if dice.random() < 0.6 else dice.choice([-15, -5, 0, 4, 5, 6, 15])
        decided = day_near(dice, day)
        until = decided + dice.randrange(200, 900) * DAY
        events.append({"kind": "evaluation", "item": "OTHER", "matter": SCORED[sector], "value": value, "decided": decided, "until": until})
    if sector == "HEALTH" and dice.random() < 0.15:
        events.append({"kind": "licence", "item": "普通", "matter": "医疗机构校验合格", "decided": day_near(dice, day)})
    if dice.random() < 0.1:
        lists = {"TAX": ["TAX", "COURT"], "LABOUR": ["WAGES", "COURT"], "FOOD_SALE": ["MARKET", "COURT"]}.get(sector, ["MARKET"])
        until = day + dice.choice([-1, 0, 1, 300]) * DAY
        events.append({"kind": "listing", "item": dice.choice(lists), "decided": day - dice.randrange(2, 900) * DAY, "until": until})
    if sector == "WATER" and dice.random() < 0.4:
        begin = before(day, 12) + dice.choice([-30, -1, 0, 1, 200]) * DAY
        one["previous"] = {"level": dice.choice(["AAA", "AA", "A", "B", "C"]), "from": begin}
    return one


def toml(value):
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bool) or isinstance(value, int):
        return str(value).lower()
    return '"' + str(value) + '"'


def table(fields):
    return "{ " + ", ".join(f"{key} = {toml(value)}" for key, value in fields.items() if value != "") + " }"


def case(number, day, one, expected):
    """A case of the rule file. Scores are written as texts, which the file takes as exact decimals."""
    lines = ["[[case]]", f'name = "case {number}"', f"day = {day}", f"member_since = {one['since']}", f'subject_kind = "{one["kind"]}"']
    if "previous" in one:
        lines.append(f"previous = [{table(one['previous'])}]")
    rows = [{**event, "value": str(event["value"])} if "value" in event else event for event in one["events"]]
    lines.append("events = [" + ", ".join(table(event) for event in rows) + "]")
    lines.append(f"rank = {{ place = {one['rank'][0]}, of = {one['rank'][1]} }}")
    answer = dict(expected)
    if "score" in answer:
        score = Decimal(answer["score"])
        answer["score"] = str(score.quantize(Decimal(1)) if score == score.to_integral() else score.normalize())
    lines.append(f"expect = {table(answer)}")
    return "\n".join(lines) + "\n"


def write(folder, cases):
    """A folder with these rule files alone, each with these cases alone."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "policies", folder)
    rules = folder / "rules"
    for file in rules.iterdir():
        sector = file.stem.split("-")[0]
        if sector not in cases:
            file.unlink()
            continue
        own = file.read_text().split("[[case]]")[0]
        # A further file of a sector stands after the time that is asked about.
        file.write_text(own + ("\n".join(case(*one) for one in cases[sector]) if file.stem == sector else ""))


def run(folder):
    done = subprocess.run([BINARY, "policies", "test", "--policies", folder], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def wrong(expected, dice):
    """Another expectation, near enough to be overlooked."""
    other = dict(expected)
    if "score" in other and dice.random() < 0.5:
        other["score"] = other["score"] + Decimal("0.5")
    elif "level" in other:
        levels = {"A": "B", "B": "A", "C": "B", "D": "C", "M": "A", "X": "C", "AA": "A", "AAA": "AA", "AAAA": "AAA"}
        levels.update(NORMAL="KEY", KEY="NORMAL", PUBLIC="KEY", PUT_OFF="PUBLIC")
        other["level"] = levels[other["level"]]
    else:
        other["outcome"] = "new" if other["outcome"] != "new" else "not_rated"
    return other


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("--count", type=int, default=2_000)
    arguments.add_argument("--seed", type=int, default=20_240_101)
    options = arguments.parse_args()
    dice = random.Random(options.seed)
    cases = {sector: [] for sector in SETS}
    outcomes = {sector: {} for sector in SETS}
    for number in range(options.count):
        sector = list(SETS)[number % len(SETS)]
        day = datetime.date(2024, 1, 31) + dice.randrange(0, 500) * DAY
        if dice.random() < 0.5:
            day = dice.choice([datetime.date(2024, 12, 31), datetime.date(2024, 2, 29), datetime.date(2025, 2, 28)])
        one = subject(dice, sector, day)
        expected = SETS[sector](one, day)
        came = expected.get("level") or expected["outcome"]
        outcomes[sector][came] = outcomes[sector].get(came, 0) + 1
        cases[sector].append((number, day, one, expected))
    print(f"seed {options.seed}")
    for sector, found in outcomes.items():
        print(f"  {sector}: " + ", ".join(f"{level} {count}" for level, count in sorted(found.items())))
    passed = failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "policies"
        write(folder, cases)
        code, said = run(folder)
        agreed = code == 0 and f"{options.count} cases, all as expected" in said
        if agreed:
            print(f"ok: {options.count} evaluations of {len(SETS)} published rule sets agree")
            passed += 1
        else:
            print(said[:6_000])
            print("not ok: the evaluations differ")
            failed += 1
        # Planted mistakes: each is named, and nothing else.
        planted = set(dice.sample(range(options.count), min(PLANTED, options.count)))
        spoiled = {
            sector: [one if one[0] not in planted else (*one[:3], wrong(one[3], dice)) for one in own]
            for sector, own in cases.items()
        }
        write(folder, spoiled)
        code, said = run(folder)
        named = {int(line.rsplit(" ", 1)[1]) for line in said.splitlines() if line.startswith("rules/") and ": case " in line}
        if code != 0 and named == planted:
            print(f"ok: {len(planted)} planted expectations are noticed, and no other")
            passed += 1
        else:
            print(f"not ok: planted {sorted(planted)}, noticed {sorted(named)}")
            failed += 1
    outcomes_seen = all(len(found) >= 3 for found in outcomes.values())
    print("ok: each rule set came to three outcomes or more" if outcomes_seen else "not ok: too few outcomes")
    passed, failed = passed + outcomes_seen, failed + (not outcomes_seen)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
