#!/usr/bin/env python3
"""Recounts a year from `credence ledger export` and compares every count with the plan.

Shares no code with the server: it folds the exported facts by itself and reads only the plan's
expectations. Usage:

    credence ledger export --data DIR > facts.jsonl
    recount.py facts.jsonl plan.json [--demo demo.json] [--departments policies/departments.toml]
        [--policies policies]

Subjects and credit records (recount_year.py) are recounted with --policies, whose calendars and
attribution data are evaluated anew.

Refusals are not remembered by the ledger beyond their number (a request keeps one outcome per record),
so the rules of the refused rows are compared from the answers in `demo.json`, and only there.
Ends with 0 if every count agrees, with 1 if one differs, with 2 if an input cannot be read.
"""

import argparse
import datetime
import json
import sys
import tomllib
from collections import Counter

import recount_year

DISTRICT_TIME = datetime.timezone(datetime.timedelta(hours=8))
RECORDED = "commitment_recorded"
CORRECTED = "commitment_corrected"
WITHDRAWN = "commitment_withdrawn"
PERFORMANCES = ("performance_recorded", "performance_corrected")
COMMITMENT_FACTS = (RECORDED, CORRECTED)


def revision_key(revision):
    epoch, number = revision.split(".")
    return int(epoch), int(number)


def civil_day(instant):
    """The day in UTC+8 of an instant such as 2024-01-05T01:02:03.000000004Z."""
    whole = instant.removesuffix("Z").partition(".")[0]
    moment = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return moment.astimezone(DISTRICT_TIME).date()


class Commitment:
    """The current state of one natural key, folded from its facts."""

    def __init__(self, fact):
        self.received_month = civil_day(fact["instant"]).isoformat()[:7]
        self.withdrawn = False
        self.corrections = 0
        self.same_as = False
        self.performance = None
        self.take(fact)

    def take(self, fact):
        self.kind = fact["commitment_kind"]
        self.subject_kind = fact["subject_kind"]
        self.department = fact["department"]
        if any(finding["rule"] == "SAME_AS" for finding in fact.get("findings", ())):
            self.same_as = True


class Ledger:
    """Folds exported facts in their order and notes what contradicts the promises of a ledger."""

    def __init__(self):
        self.commitments = {}
        self.year = recount_year.YearLedger()
        self.kind_of = {}
        self.requests = []
        self.broken = []
        self.facts = 0
        self._last = None
        self._last_instant = ""

    def fold(self, fact):
        self.facts += 1
        revision, kind = revision_key(fact["revision"]), fact["kind"]
        if self._last is not None and revision[0] == self._last[0] and revision[1] != self._last[1] + 1:
            self.broken.append(f"revision {fact['revision']} does not follow {self._last}")
        if padded(fact["instant"]) < self._last_instant:
            self.broken.append(f"the instant of {fact['revision']} lies before the one of its forerunner")
        self._last, self._last_instant = revision, padded(fact["instant"])
        self.kind_of[fact["revision"]] = kind
        self.year.fold(fact)
        if kind == RECORDED:
            self._recorded(fact)
        elif kind == CORRECTED:
            commitment = self._known(fact)
            if commitment is not None:
                commitment.corrections += 1
                commitment.take(fact)
        elif kind == WITHDRAWN:
            commitment = self._known(fact)
            if commitment is not None:
                commitment.withdrawn = True
        elif kind in PERFORMANCES:
            commitment = self._known(fact)
            if commitment is not None:
                if (kind == PERFORMANCES[0]) != (commitment.performance is None):
                    self.broken.append(f"{fact['revision']}: {kind} does not fit what stands before it")
                commitment.performance = fact["performance_state"]
        elif kind == "request_recorded":
            self.requests.append(fact)

    def _recorded(self, fact):
        if fact["commitment"] in self.commitments:
            self.broken.append(f"{fact['revision']} records a key for the second time")
        day, received = civil_day(fact["instant"]).isoformat(), fact.get("received_on")
        if received is not None and received != day:
            self.broken.append(f"{fact['revision']} was recorded on {day} but says received on {received}")
        self.commitments[fact["commitment"]] = Commitment(fact)

    def _known(self, fact):
        commitment = self.commitments.get(fact["commitment"])
        if commitment is None:
            self.broken.append(f"{fact['revision']} ({fact['kind']}) names a commitment never recorded")
        return commitment

    def row_outcomes(self, kinds=COMMITMENT_FACTS):
        """Outcomes of the rows of batches that recorded facts of these kinds; single requests stay out."""
        outcomes = Counter()
        for request in self.requests:
            epoch = request["revision"].partition(".")[0]
            pointed = {self.kind_of.get(whole(outcome.get("revision"), epoch)) for outcome in request["outcomes"]}
            if pointed & set(kinds):
                outcomes.update(outcome["outcome"] for outcome in request["outcomes"])
        return outcomes


def whole(revision, epoch):
    """A revision with its epoch; an outcome may give the number alone, of the epoch of its request."""
    return f"{epoch}.{revision}" if isinstance(revision, int) else revision


def padded(instant):
    """An instant with nine digits of fraction, so that texts sort as instants do."""
    whole, _, fraction = instant.removesuffix("Z").partition(".")
    return f"{whole}.{fraction:0<9}"


def count(ledger):
    collected = [one for one in ledger.commitments.values() if not one.withdrawn]
    outcomes = ledger.row_outcomes()
    breaches = ("PARTIAL", "UNPERFORMED")
    return {
        "commitments_collected": len(collected),
        "by_kind": dict(Counter(one.kind for one in collected)),
        "by_department": dict(Counter(one.department for one in collected)),
        "by_receipt_month": dict(Counter(one.received_month for one in collected)),
        "by_subject_kind": dict(Counter(one.subject_kind for one in collected)),
        "by_performance": dict(Counter(one.performance or "NONE" for one in collected)),
        "rows_sent": sum(outcomes.values()),
        "created": outcomes["CREATED"],
        "repeated": outcomes["REPEATED"],
        "corrected": outcomes["CORRECTED"],
        "refused": outcomes["REFUSED"],
        "withdrawn": sum(one.withdrawn for one in ledger.commitments.values()),
        "performed": sum(one.performance == "FULL" for one in collected),
        "breached": sum(one.performance in breaches for one in collected),
        "departments_reporting": len({one.department for one in collected}),
        "same_as": sum(one.same_as for one in ledger.commitments.values()),
    }


def compare(name, expected, found, differences):
    agrees = expected == found
    print(f"{'ok  ' if agrees else 'FAIL'} {name}: {json.dumps(found, ensure_ascii=False)}")
    if not agrees:
        print(f"     the plan says {json.dumps(expected, ensure_ascii=False)}")
        differences.append(name)


def zero_reporters(path, reporting):
    with open(path, "rb") as file:
        departments = tomllib.load(file)["department"]
    takes = {one["code"] for one in departments if "C" in one["authority"] or "commitments" in one["authority"]}
    return sorted(takes - set(reporting))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("facts", help="JSON lines of `credence ledger export`, or - for the standard input")
    parser.add_argument("plan")
    parser.add_argument("--demo", help="the JSON object of `credence demo`: compared with the recount too")
    parser.add_argument("--policies", help="folder of the policies: recounts subjects and credit records too")
    parser.add_argument("--departments", help="policies/departments.toml: recounts the zero reporters")
    options = parser.parse_args()

    ledger = Ledger()
    with sys.stdin if options.facts == "-" else open(options.facts, encoding="utf-8") as lines:
        for line in lines:
            fact = json.loads(line)
            if "kind" in fact:
                ledger.fold(fact)
    with open(options.plan, encoding="utf-8") as file:
        expected = json.load(file)["expected"]
    found, differences = count(ledger), []
    if options.policies:
        policies = recount_year.read_policies(options.policies)
        found |= recount_year.count(ledger.year, ledger.row_outcomes, policies)

    for name, value in found.items():
        compare(name, expected[name], value, differences)
    if options.departments:
        names = zero_reporters(options.departments, found["by_department"])
        compare("zero_reporters", sorted(expected["zero_reporters"]), names, differences)
    if options.demo:
        with open(options.demo, encoding="utf-8") as file:
            demo = json.load(file)
        for name, value in found.items():
            if name in demo:
                compare(f"{name} in the demo's answer", demo[name], value, differences)
        for name in ("foreign", "refused_by_rule", "records_refused_by_rule"):
            compare(f"{name} (from the answers)", expected[name], demo[name], differences)
        compare("zero_reporters in the demo's answer", sorted(expected["zero_reporters"]),
                sorted(demo["zero_reporters"]), differences)
    ledger.broken += ledger.year.broken
    for sentence in ledger.broken[:20]:
        print(f"FAIL {sentence}")
    if not ledger.facts:
        print("FAIL there are no facts")
    differs = bool(differences or ledger.broken or not ledger.facts)
    print(f"{ledger.facts} facts; {'counts DIFFER' if differs else 'every count agrees with the plan'}")
    return 1 if differs else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, KeyError) as error:
        print(f"cannot recount: {error!r}", file=sys.stderr)
        sys.exit(2)
