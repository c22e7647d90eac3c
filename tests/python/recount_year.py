"""Recounts subjects and credit records from exported facts; part of recount.py, without any code of the server.

Terms are counted by the calendars in the policies folder, sectors of records by its attribution data.
"""

import datetime
import pathlib
import tomllib
from collections import Counter

TERM = 7
PENALTY, HISTORY = "PENALTY_V2", "PENALTY_V1"
GONE = ("WITHDRAWN", "DELETED")
RECORDED = ("record_recorded", "record_corrected")
REGISTERED = ("subject_registered", "register_corrected")
MEMBER = ("membership_recorded", "membership_corrected")


class Record:
    """The current state of one credit record."""

    def __init__(self, fact):
        self.received_on = fact["received_on"]
        self.ends = []
        self.take(fact)

    def take(self, fact):
        self.kind, self.layout = fact["record_kind"], fact["layout"]
        self.decided_on, self.party = fact["decided_on"], fact["subject_kind"]
        self.body, self.changed_by = fact["content"]["body"], fact["changed_by"]
        self.items = {item["code"]: item["value"] for item in fact["content"]["items"]}
        self.sectors = fact["sectors"]

    @property
    def end(self):
        return self.ends[-1][0] if self.ends else None


class YearLedger:
    """Folds the facts about subjects and credit records."""

    def __init__(self):
        self.records, self.registered, self.sectors = {}, set(), Counter()
        self.broken = []

    def fold(self, fact):
        kind = fact["kind"]
        if kind == RECORDED[0]:
            if fact["record"] in self.records:
                self.broken.append(f"{fact['revision']} records {fact['record']} for the second time")
            self.records[fact["record"]] = Record(fact)
        elif kind == RECORDED[1]:
            self._known(fact).take(fact)
        elif kind == "record_ended":
            self._known(fact).ends.append((fact["end"], fact["ruling"]))
        elif kind == "record_revived":
            self._known(fact).ends.pop()
        elif kind == REGISTERED[0]:
            self.registered.add(fact["subject"])
        elif kind == MEMBER[0]:
            self.sectors[fact["sector"]] += 1

    def _known(self, fact):
        record = self.records.get(fact["record"])
        if record is None:
            raise ValueError(f"{fact['revision']} ({fact['kind']}) names a record never recorded")
        return record


class Calendar:
    """Working days by the calendars of the policies folder."""

    def __init__(self, folder):
        self.off, self.worked, self.years = set(), set(), set()
        for path in sorted(pathlib.Path(folder).glob("*.toml")):
            with open(path, "rb") as file:
                year = tomllib.load(file)
            self.years.add(year["year"])
            for holiday in year["holiday"]:
                day = holiday["from"]
                while day <= holiday["until"]:
                    self.off.add(day)
                    day += datetime.timedelta(days=1)
                self.worked.update(holiday["make_up"])

    def due(self, day):
        """The last day of the term; None where a year has no calendar."""
        left = TERM
        if day.year not in self.years:
            return None
        while left:
            day += datetime.timedelta(days=1)
            if day.year not in self.years:
                return None
            left -= day in self.worked or (day.weekday() < 5 and day not in self.off)
        return day


def attributed(policies, record):
    """The sectors of an organisation's record by the data, evaluated anew; a person's matter is not exported."""
    matter = record.items.get({"PENALTY": "CF_WFXW", "LICENCE": "XK_XKWS"}.get(record.kind, ""), "")
    if record.layout == HISTORY:
        matter = record.items.get("CF_CFMC", "")
    named, of_body = set(), set()
    for rule in policies["attribution"]:
        bodies = {policies["codes"].get(code) for code in rule["bodies"]}
        if rule["kind"].upper() != record.kind or record.body not in bodies:
            continue
        if plain(matter) in {plain(one) for one in rule.get("matters", ())}:
            named.update(rule["sectors"])
        if not rule.get("matters"):
            of_body.update(rule["sectors"])
    return sorted(named or of_body)


def plain(text):
    """A matter without its brackets and blanks, as matters are compared."""
    return "".join(one for one in text if one not in "()（）[]〔〕 ")


def read_policies(folder):
    folder = pathlib.Path(folder)
    codes, rules = {}, []
    for name, key in (("departments.toml", "department"), ("bodies.toml", "body")):
        with open(folder / name, "rb") as file:
            codes.update({one["code"]: one["social_credit_code"] for one in tomllib.load(file)[key]})
    for path in sorted((folder / "attribution").glob("*.toml")):
        with open(path, "rb") as file:
            rules.extend(tomllib.load(file)["rule"])
    return {"codes": codes, "attribution": rules, "calendar": Calendar(folder / "calendars")}


def count(year, requests_of, policies):
    """Counts by the names of the plan; `requests_of` gives the row outcomes of requests about some kinds."""
    standing = [one for one in year.records.values() if one.end not in GONE]
    penalties = [one for one in standing if one.layout == PENALTY]
    ends = Counter(one.end for one in year.records.values())
    rows, register, members = (requests_of(kinds) for kinds in (RECORDED, REGISTERED, MEMBER))
    timely = Counter()
    for one in standing:
        if one.kind in ("PENALTY", "LICENCE"):
            due = policies["calendar"].due(datetime.date.fromisoformat(one.decided_on))
            if due is not None:
                timely["in_time" if datetime.date.fromisoformat(one.received_on) <= due else "late"] += 1
    for one in standing:
        if one.party != "PERSON" and attributed(policies, one) != one.sectors:
            year.broken.append(f"sectors of a {one.kind} of {one.body}: the data say otherwise than {one.sectors}")
    by_body = dict(Counter(one.body for one in penalties))
    return {
        "penalties": len(penalties),
        "enforcement_bodies": len(by_body),
        "penalties_by_body": by_body,
        "penalties_by_month": dict(Counter(one.received_on[:7] for one in penalties)),
        "penalties_by_kind": dict(Counter(code for one in penalties for code in set(one.items["CF_CFLB"]))),
        "penalties_by_party": dict(Counter(one.party for one in penalties)),
        "penalties_history": sum(one.layout == HISTORY for one in standing),
        "licences": sum(one.kind == "LICENCE" for one in standing),
        "records_by_kind": dict(Counter(one.kind for one in standing)),
        "rulings_correcting": sum(
            one.kind == "PENALTY" and bool(one.changed_by or one.ends and one.ends[-1][1])
            for one in year.records.values()),
        "records_sent": sum(rows.values()),
        "records_created": rows["CREATED"],
        "records_repeated": rows["REPEATED"],
        "records_corrected": rows["CORRECTED"],
        "records_refused": rows["REFUSED"],
        "records_withdrawn": ends["WITHDRAWN"],
        "records_deleted": ends["DELETED"],
        "records_repaired": ends["REPAIRED"],
        "late": timely["late"],
        "timeliness_rate": {"in_time": timely["in_time"], "of": timely.total()},
        "unattributed_records": sum(not one.sectors for one in standing),
        "subjects": len(year.registered),
        "register_rows": sum(register.values()),
        "register_outcomes": dict(register),
        "memberships": year.sectors.total(),
        "memberships_by_sector": dict(year.sectors),
        "membership_outcomes": dict(members),
    }
