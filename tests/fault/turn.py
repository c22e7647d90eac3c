#!/usr/bin/env python3
"""Kills a server while it turns a day on which everyone is due, and reads grades all the while.

    turn.py PROGRAM FOLDER [--subjects N] [--kills N] [--seed N]

1. Fills a data folder with generated subjects, each a member of one or two sectors that are graded in real
   time, and with penalties whose windows end, up to 2024-12-31. Every pair is due on the first of January.
2. In one copy of the folder the day is turned undisturbed: every grade before and after, how long it took.
3. In another copy the server is killed with SIGKILL at random moments of the turn, and started again. A reader
   asks for random pairs as of the new day and as of the old one.
4. Both copies must have the same content digest and the same distribution of grades, and every answer must be
   right: as of the old day the old grade; as of the new day the grade as it was settled in the undisturbed
   copy, if the answer reflects the revision of the turn, else the old one. Never half of it.

A kill counts if slices of the turn stand before it and behind it in the ledger. Needs the requirements of
tests/python; ends with 1 if anything is not as it must be.
"""

import argparse
import collections
import datetime
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

import grpc
import harness
from harness import Server, code_check, organisation_check

OLD, NEW = "2024-12-31", "2025-01-01"
CLOCK = f"{OLD}T12:00:00+08:00"
BATCH = 1_000
ASKED = 100
# Sectors of real time, with a body whose penalties are attributed to them, and a matter.
SECTORS = [
    ("URBAN", "CGJ", "擅自占用道路经营"),
    ("FIRE", "XFDD", "消防设施未保持完好有效"),
    ("TOBACCO", "YCJ", "未在当地烟草专卖批发企业进货"),
    ("CATERING", "SCJG", "未落实反食品浪费规定"),
    ("FOOD_SALE", "SCJG", "经营超过保质期的食品"),
    ("MKT_GEN", "SCJG", "未按规定公示年度报告"),
]


class Api:
    """The stubs of a server's services."""

    def __init__(self, server):
        from credit.supervision.v1 import catalog_service_pb2_grpc as catalog
        from credit.supervision.v1 import grading_service_pb2_grpc as grading
        from credit.supervision.v1 import operations_service_pb2_grpc as operations
        from credit.supervision.v1 import record_service_pb2_grpc as records
        from credit.supervision.v1 import subject_service_pb2_grpc as subjects

        self.channel = server.channel()
        self.catalog = catalog.CatalogServiceStub(self.channel)
        self.grading = grading.GradingServiceStub(self.channel)
        self.operations = operations.OperationsServiceStub(self.channel)
        self.records = records.RecordServiceStub(self.channel)
        self.subjects = subjects.SubjectServiceStub(self.channel)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()


class District:
    """Subjects by number, their sectors and penalties: the same for the same seed."""

    def __init__(self, count, seed):
        self.count, self.seed = count, seed

    def code(self, number):
        part = f"{number:08}"
        first = "91150802" + part + organisation_check(part)
        return first + code_check(first)

    def name(self, number):
        return f"测试企业{number}"

    def numbers(self):
        return range(10_000_001, 10_000_001 + self.count)

    def members(self, number):
        """The sectors of a subject."""
        return [sector for sector, _, _ in self.sectors(number)]

    def sectors(self, number):
        own = [SECTORS[number % len(SECTORS)]]
        if number % 3 == 0:
            own.append(SECTORS[(number + 1) % len(SECTORS)])
        return own

    def penalties(self, number):
        """Body, matter, kind and day of each penalty of a subject; a third of them leave a window of a year."""
        chance = random.Random(f"{self.seed} {number}")
        found = []
        for _, body, matter in self.sectors(number):
            for _ in range(chance.choice([0, 0, 0, 1, 1, 2])):
                days = chance.choice([365, chance.randrange(1, 400), chance.randrange(1, 400)])
                day = datetime.date(2024, 12, 31) - datetime.timedelta(days=days)
                found.append((body, matter, chance.choice(["罚款", "罚款", "警告", "责令停产停业"]), day.isoformat()))
        return found


def batches(rows):
    rows = list(rows)
    return [rows[first:first + BATCH] for first in range(0, len(rows), BATCH)]


def request_id(what, number):
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"turn {what} {number}"))


def fill(api, district):
    """Registers everyone, makes them members and records their penalties; returns pairs of subject and sector."""
    pairs = register(api, district)
    penalties = penalise(api, district)
    print(f"filled: {district.count} subjects, {len(pairs)} memberships, {penalties} penalties", flush=True)
    return [(subject, f"sectors/{sector}") for subject, sector in pairs]


def register(api, district):
    """Registers everyone and makes them members; returns names of subjects with their sectors."""
    from credit.supervision.v1 import resources_pb2, subject_service_pb2

    organisation = resources_pb2.SubjectKind.Value("SUBJECT_KIND_ORGANISATION")
    numbers = district.numbers()
    names = []
    for place, batch in enumerate(batches(numbers)):
        rows = [
            subject_service_pb2.RegisterRow(
                social_credit_code=district.code(number), name=district.name(number), kind=organisation,
                established_on="2015-06-01", state=subject_service_pb2.RegisterState.Value("REGISTER_STATE_ACTIVE"))
            for number in batch
        ]
        answer = api.subjects.RegisterSubjects(subject_service_pb2.RegisterSubjectsRequest(
            request_id=request_id("register", place), rows=rows))
        harness.equal(answer.created_count, len(batch), "register")
        names.extend(result.name for result in answer.results)
    members = [(number, sector) for number in numbers for sector in district.members(number)]
    for place, batch in enumerate(batches(members)):
        rows = [
            subject_service_pb2.MembershipRow(
                subject_name=district.name(number), subject_kind=organisation, subject_code=district.code(number),
                sector=sector, **{"from": "2020-01-01"}, evidence="名录")
            for number, sector in batch
        ]
        answer = api.subjects.RecordMemberships(subject_service_pb2.RecordMembershipsRequest(
            request_id=request_id("members", place), rows=rows))
        harness.equal(answer.created_count, len(batch), "memberships")
    return [(names[number - numbers[0]], sector) for number, sector in members]


def penalise(api, district):
    """Records everyone's penalties, in an order of their own as days bring them; returns how many."""
    from credit.supervision.v1 import catalog_service_pb2, record_service_pb2

    bodies = {
        code: api.catalog.GetBody(catalog_service_pb2.GetBodyRequest(name=f"bodies/{code}"))
        for code in {body for _, body, _ in SECTORS}
    }
    penalties = [(number, *one) for number in district.numbers() for one in district.penalties(number)]
    random.Random(district.seed).shuffle(penalties)
    for place, batch in enumerate(batches(penalties)):
        first = place * BATCH
        rows = [penalty(district, bodies, first + at, one) for at, one in enumerate(batch)]
        answer = api.records.RecordRecords(record_service_pb2.RecordRecordsRequest(
            request_id=request_id("penalties", place), rows=rows))
        if answer.created_count != len(batch):
            refused = next(result for result in answer.results if result.findings)
            raise AssertionError(f"penalties: {answer.refused_count} refused, such as {refused}")
    return len(penalties)


def penalty(district, bodies, serial, what):
    from credit.supervision.v1 import record_service_pb2 as pb

    number, body, matter, kind, day = what
    body = bodies[body]
    items = {
        "CF_XDR_MC": district.name(number), "CF_XDR_LB": "法人及非法人组织", "CF_XDR_SHXYM": district.code(number),
        "CF_FRDB": "王测试", "CF_WSH": f"测罚〔2024〕{serial}号", "CF_WFXW": matter, "CF_SY": "经查，该单位有上述行为。",
        "CF_YJ": "依据有关规定", "CF_CFLB": kind, "CF_NR": kind, "CF_JDRQ": day, "CF_YXQ": "2099-12-31",
        "CF_CFJG": body.title_chinese, "CF_CFJGDM": body.social_credit_code, "CF_SJLY": body.title_chinese,
        "CF_SJLYDM": body.social_credit_code, "CF_AJCXLB": "一般",
    }
    if kind == "罚款":
        items["CF_NR_FK"] = "0.2"
    return pb.RecordRow(
        layout="PENALTY_V2", items=[pb.RecordItem(code=code, text=text) for code, text in items.items()])


def told(grade):
    """What must be the same however the turn went: everything but where and when it was settled."""
    return (grade.outcome, grade.level, grade.score, getattr(grade, "from"), grade.until, grade.period_first,
            grade.assessed_on, grade.rule_set, grade.evidence_digest, grade.cause)


def grades(api, pairs, day):
    """The grade of each pair as of a day, and the revisions that the answers reflect."""
    from credit.supervision.v1 import grading_service_pb2 as pb

    answer = api.grading.BatchGetGrades(pb.BatchGetGradesRequest(
        pairs=[pb.GradePair(subject=subject, sector=sector) for subject, sector in pairs], as_of=day), timeout=60)
    return answer


def everyone(api, pairs, day):
    found = {}
    for batch in batches(pairs):
        for pair, one in zip(batch, grades(api, batch, day).answers):
            found[pair] = told(one.grade) if one.HasField("grade") else None
    return found


def summary(api):
    """Content digest and the distribution of grades on the new day."""
    from credit.supervision.v1 import grading_service_pb2, operations_service_pb2

    digest = api.operations.GetDigests(operations_service_pb2.GetDigestsRequest(), timeout=3_600).content_digest
    counts = api.grading.CountGrades(grading_service_pb2.CountGradesRequest(as_of=NEW), timeout=600).sectors
    distribution = {
        (one.sector, count.outcome, count.level): count.grades for one in counts for count in one.counts
    }
    return digest, distribution


def advance(api):
    from credit.supervision.v1 import operations_service_pb2 as pb

    while True:
        try:
            return api.operations.AdvanceClock(pb.AdvanceClockRequest(date=NEW), timeout=3_600)
        except grpc.RpcError as error:
            # No call takes longer than the server lets it; the day is turned all the same, and asked for again.
            if error.code() != grpc.StatusCode.DEADLINE_EXCEEDED:
                raise


class Reader(threading.Thread):
    """Asks for random pairs, over every start of the server, and keeps what the answers said."""

    def __init__(self, pairs, old, new, chance):
        super().__init__(daemon=True)
        self.pairs, self.old, self.new, self.chance = pairs, old, new, chance
        self.over = threading.Event()
        self.server = None
        # Of the new day: revision reflected, and whether all answers were the old grades, or all the new ones.
        self.seen = []
        self.wrong = []
        # How many answers were of a pair that was due.
        self.due = threading.Semaphore(0)
        self.counts = collections.Counter()

    def run(self):
        while not self.over.is_set():
            server = self.server
            if server is None:
                time.sleep(0.005)
                continue
            try:
                with Api(server) as api:
                    while not self.over.is_set() and server is self.server:
                        self.ask(api)
            except grpc.RpcError as error:
                # What a killed server leaves of a call; anything else is wrong.
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                    self.wrong.append(f"{error.code()}: {error.details()}")
                time.sleep(0.01)

    def ask(self, api):
        pairs = self.chance.sample(self.pairs, min(ASKED, len(self.pairs)))
        day = OLD if self.chance.random() < 0.2 else NEW
        answer = grades(api, pairs, day)
        revision = int(answer.revision.split(".")[1])
        as_old = as_new = 0
        for pair, one in zip(pairs, answer.answers):
            found = told(one.grade) if one.HasField("grade") else None
            self.counts[f"{day} {'provisional' if one.grade.provisional else 'settled'}"] += 1
            if one.grade.provisional:
                self.due.release()
            is_old, is_new = found == self.old[pair], found == self.new[pair]
            if day == OLD:
                if not is_old:
                    self.wrong.append(f"as of {OLD} at {revision} {pair}: {found}, not {self.old[pair]}")
            elif not is_old and not is_new:
                self.wrong.append(
                    f"as of {NEW} at {revision} {pair}: {found}, neither {self.old[pair]} nor {self.new[pair]}")
            else:
                as_old += not is_new
                as_new += not is_old
        if day == NEW:
            self.seen.append((revision, as_old, as_new))


def turned_at(program, folder):
    """Reads the ledger: the revision of the turn, and how many starts lie between two of its slices."""
    lines = subprocess.Popen([program, "ledger", "export", "--data", str(folder)], stdout=subprocess.PIPE, text=True)
    turn, slices, starts = None, [], []
    for line in lines.stdout:
        if '"day_turned"' not in line and '"effects_settled"' not in line and '"server_started"' not in line:
            continue
        fact = json.loads(line)
        revision = int(str(fact["revision"]).split(".")[1])
        if fact["kind"] == "day_turned":
            turn = revision
        elif fact["kind"] == "effects_settled":
            slices.append(revision)
        else:
            starts.append(revision)
    if lines.wait() != 0:
        raise SystemExit("the ledger could not be exported")
    slices = [revision for revision in slices if revision > turn]
    between = [start for start in starts if slices and slices[0] < start < slices[-1]]
    return turn, len(slices), len(between)


def undisturbed(folder, pairs):
    server = Server(folder, CLOCK)
    try:
        with Api(server) as api:
            old = everyone(api, pairs, NEW)
            begun = time.monotonic()
            advance(api)
            seconds = time.monotonic() - begun
            new = everyone(api, pairs, NEW)
            found = summary(api)
        server.stop(120)
        return old, new, seconds, found
    finally:
        server.end()


def disturbed(folder, reader, kills, seconds, chance):
    """Turns the day with kills; each falls a random while after a pair was seen due since the start."""
    server = None
    reader.start()
    try:
        for number in range(kills + 1):
            server = Server(folder, CLOCK)
            reader.server = server
            with Api(server) as api:
                if number == kills:
                    advance(api)
                    break
                call = threading.Thread(target=quietly, args=(advance, api), daemon=True)
                call.start()
                while reader.due.acquire(blocking=False):
                    pass
                reader.due.acquire(timeout=60)
                time.sleep(chance.uniform(0.0, 0.8) * seconds / (kills + 1))
                server.process.kill()
                server.process.wait()
                call.join()
            server.log.close()
        reader.over.set()
        reader.join()
        with Api(server) as api:
            found = summary(api)
        server.stop(120)
        return found
    finally:
        reader.over.set()
        if server is not None:
            server.end()


def quietly(call, *arguments):
    try:
        call(*arguments)
    except grpc.RpcError:
        pass


def judge(reader, turn, problems):
    """Every answer must be all old before the turn and all new from it on."""
    problems.extend(reader.wrong[:10])
    if len(reader.wrong) > 10:
        problems.append(f"and {len(reader.wrong) - 10} more wrong answers")
    for revision, as_old, as_new in reader.seen:
        if revision < turn and as_new:
            problems.append(f"at {revision}, before the turn at {turn}, {as_new} grades of the new day were told")
        if revision >= turn and as_old:
            problems.append(f"at {revision}, behind the turn at {turn}, {as_old} grades of the old day were told")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--subjects", type=int, default=60_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    program = str(Path(options.program).resolve())
    os.environ["CREDENCE_BIN"] = program
    shutil.rmtree(options.folder, ignore_errors=True)
    first, second, stubs = (options.folder / name for name in ("undisturbed", "killed", "stubs"))
    for folder in (first, stubs):
        folder.mkdir(parents=True)
    harness.make_stubs(stubs)
    chance = random.Random(options.seed)
    problems = []

    begun = time.monotonic()
    server = Server(first, CLOCK)
    try:
        with Api(server) as api:
            pairs = fill(api, District(options.subjects, options.seed))
        server.stop(120)
    finally:
        server.end()
    print(f"filling took {time.monotonic() - begun:.1f} s", flush=True)
    shutil.copytree(first, second)

    old, new, seconds, expected = undisturbed(first, pairs)
    changed = sum(old[pair][:3] != new[pair][:3] for pair in pairs)
    print(f"undisturbed: {len(pairs)} pairs due in {seconds:.1f} s, {len(pairs) / seconds:.0f} pairs/s; "
          f"{changed} with another level or score", flush=True)
    if None in old.values() or changed == 0:
        problems.append("the district proves nothing: a pair without a grade, or no grade that changes")

    reader = Reader(pairs, old, new, random.Random(chance.random()))
    found = disturbed(second, reader, options.kills, seconds, chance)
    turn, slices, between = turned_at(program, second / "data")
    print(f"killed: {between} of {options.kills} kills between two of {slices} slices; "
          f"{len(reader.seen)} reads of the new day; answers {dict(reader.counts)}", flush=True)
    judge(reader, turn, problems)
    if between < options.kills:
        problems.append(f"only {between} of {options.kills} kills fell into the turn: this proves nothing")
    if not reader.counts[f"{NEW} provisional"]:
        problems.append("no pair was read while it was due: this proves nothing")
    if found[0] != expected[0]:
        problems.append(f"the content digests differ: {expected[0]} undisturbed, {found[0]} with kills")
    if found[1] != expected[1]:
        problems.append(f"the distributions differ: {expected[1]} undisturbed, {found[1]} with kills")
    for problem in problems:
        print(f"NOT AS IT MUST BE: {problem}")
    print("equal content, every due pair assessed" if not problems else f"{len(problems)} problem(s)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
