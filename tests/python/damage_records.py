#!/usr/bin/env python3
"""Damaged records at random places, over gRPC and in files: each has its reason, and all good rows are in.

TABLE names every kind of damage and what is expected of it; which item is damaged, and where in the import the
row stands, is drawn from the seed (SEED=...), printed, and never looked at again. Of each kind there are three
copies. Rows that come back from a file are mended by a script, which puts back what was damaged; they then go in
completely.
"""

import copy
import random
import sys
from pathlib import Path

import harness
import record_files
import record_rows
from harness import Server, Tests, equal, request_id
from record_damage import TABLE, Damage
from record_rows import CLOCK, ORGANISATION, Rows

COPIES = 3
GOOD_ROWS = 30
BATCH_ROWS = 90
# How the file of each layout is written: a workbook, or the encoding of a CSV file.
FORMS = {
    "COMMITMENT": "xlsx", "PENALTY_V2": "xlsx", "PENALTY_V1": "gb18030", "LICENCE_V2": "utf-8-sig",
    "SERIOUS_LISTING": "utf-16", "ABNORMAL_LISTING": "xlsx", "COMMENDATION": "utf-8", "EVALUATION": "xlsx",
    "INSPECTION_RESULT": "gb18030",
}


def rules(findings, *kinds):
    """Names of the rules of findings; of the given kinds alone, where any are given."""
    from credit.supervision.v1 import commitment_service_pb2 as pb

    wanted = {pb.CheckKind.Value(f"CHECK_KIND_{kind}") for kind in kinds}
    found = [one for one in findings if not wanted or one.kind in wanted]
    return {pb.FindingRule.Name(one.rule).removeprefix("FINDING_RULE_") for one in found}


class World:
    """The rows of one run, damaged and good, and what each of two servers answered to them."""

    def __init__(self, chance, folder, over_grpc, by_file):
        from credit.supervision.v1 import commitment_service_pb2 as commitments
        from credit.supervision.v1 import record_service_pb2 as records

        self.chance, self.folder = chance, folder
        self.commitments, self.records = commitments, records
        self.over_grpc, self.by_file = over_grpc, by_file
        channel = over_grpc.channel()
        self.bodies = record_rows.Bodies(channel)
        self.layouts = record_rows.layouts()
        self.maker = Rows(chance, self.bodies)
        self.register = [self.maker.good("REGISTER") for _ in range(COPIES)]
        self.rows = [self.maker.good(layout) for layout in FORMS for _ in range(GOOD_ROWS)]
        damage = Damage(chance, self.maker, self.layouts, self.register)
        self.rows += [damage.row(kind) for kind in TABLE for _ in range(COPIES)]
        chance.shuffle(self.rows)
        self.answers, self.sheets, self.returned = {}, {}, {}

    def of_kind(self, kind):
        return [row for row in self.rows if row.kind == kind]

    def of_layout(self, layout):
        return [row for row in self.rows if row.layout == layout]

    # --- over gRPC, with the client made from the protos alone

    def record_row(self, row):
        items = [self.records.RecordItem(code=code, text=text) for code, text in row.items.items()]
        self.chance.shuffle(items)
        return self.records.RecordRow(layout=row.layout, items=items)

    def send(self):
        from credit.supervision.v1 import commitment_service_pb2_grpc, record_service_pb2_grpc

        channel = self.over_grpc.channel()
        self.record_client = record_service_pb2_grpc.RecordServiceStub(channel)
        self.commitment_client = commitment_service_pb2_grpc.CommitmentServiceStub(channel)
        self.send_register(channel)
        promised = [row for row in self.rows if row.layout == "COMMITMENT"]
        others = [row for row in self.rows if row.layout != "COMMITMENT"]
        self.stream(others, self.record_row, self.records.ImportRecordsRequest, self.record_client.ImportRecords)
        self.stream(promised, lambda row: record_rows.commitment_message(self.commitments, row.items),
                    self.commitments.ImportCommitmentsRequest, self.commitment_client.ImportCommitments)

    def send_register(self, channel):
        from credit.supervision.v1 import subject_service_pb2 as pb
        from credit.supervision.v1 import subject_service_pb2_grpc as rpc

        rows = [pb.RegisterRow(
            social_credit_code=row.items["DJ_SHXYM"], name=row.items["DJ_MC"],
            kind=harness.pb_value("SUBJECT_KIND_ORGANISATION"), established_on=row.items["DJ_CLRQ"],
            state=pb.REGISTER_STATE_ACTIVE)
            for row in self.register]
        request = pb.RegisterSubjectsRequest(request_id=request_id(self.chance), rows=rows)
        answer = rpc.SubjectServiceStub(channel).RegisterSubjects(request)
        equal(answer.created_count, len(rows), f"registered: {answer}")

    def stream(self, rows, message, request, call):
        batches = [rows[place:place + BATCH_ROWS] for place in range(0, len(rows), BATCH_ROWS)]
        requests = [request(request_id=request_id(self.chance), rows=[message(row) for row in batch])
                    for batch in batches]
        for batch, answer in zip(batches, call(iter(requests)), strict=True):
            equal(answer.WhichOneof("answer"), "result", str(answer.refusal))
            for row, result in zip(batch, answer.result.results, strict=True):
                self.answers[row.serial] = result

    def recorded(self, server):
        """All records of a server, by layout and number."""
        from credit.supervision.v1 import record_service_pb2_grpc as rpc

        client, found, token = rpc.RecordServiceStub(server.channel()), {}, ""
        while True:
            page = client.ListRecords(self.records.ListRecordsRequest(page_size=500, page_token=token))
            for record in page.records:
                found.setdefault((record.layout, record.number), []).append(record)
            token = page.next_page_token
            if not token:
                return found

    def committed(self, server):
        """All commitments of a server, by code."""
        from credit.supervision.v1 import commitment_service_pb2_grpc as rpc

        client, found, token = rpc.CommitmentServiceStub(server.channel()), {}, ""
        while True:
            page = client.ListCommitments(self.commitments.ListCommitmentsRequest(page_size=500, page_token=token))
            found |= {one.code: one for one in page.commitments}
            token = page.next_page_token
            if not token:
                return found

    def questions(self, server):
        from credit.supervision.v1 import commitment_service_pb2_grpc as rpc

        client = rpc.CommitmentServiceStub(server.channel())
        request = self.commitments.ListOpenQuestionsRequest(page_size=500)
        return [one.finding for one in client.ListOpenQuestions(request).questions]

    # --- as files

    def import_files(self):
        titles = {layout: {code: item["zh"] for code, item in items.items()}
                  for layout, items in self.layouts.items()}
        register = record_files.Sheet(self.chance, "REGISTER", titles["REGISTER"], self.register, "xlsx")
        code, said = record_files.imported(self.by_file, register.write(self.folder / "REGISTER.xlsx"))
        equal((code, said["result"]["created"]), (0, len(self.register)), str(said))
        for layout, form in FORMS.items():
            rows = self.of_layout(layout)
            sheet = record_files.Sheet(self.chance, layout, titles[layout], rows, form)
            path = sheet.write(self.folder / f"{layout}.{sheet.suffix()}")
            code, said = record_files.imported(self.by_file, path)
            self.sheets[layout], self.returned[layout] = sheet, (code, said)


    def mended(self):
        """The same world after mending: rows that had come back are good, the others as they were."""
        after = copy.copy(self)
        after.rows = [record_rows.Row(row.layout, row.serial, row.good if comes_back(row) else row.items)
                      for row in self.rows]
        return after


def expected(row):
    """What the table says of a row, as a word and a rule."""
    return TABLE[row.kind].expected if row.kind else ("taken", None)


def comes_back(row):
    return expected(row)[0] in ("reject", "stop", "part")


def is_recorded(row):
    return expected(row)[0] not in ("reject", "stop")


def number_of(row):
    items = row.items
    return next((items[code] for code in items if code.endswith("_WSH")), "") or items.get("code", "")


def check_kind(world, kind):
    """Three copies of a kind, each with this outcome, this reason and no other, in both languages."""
    pb = world.commitments
    word, rule = TABLE[kind].expected
    rows = world.of_kind(kind)
    equal(len(rows), COPIES, "damaged copies")
    for row in rows:
        result = world.answers[row.serial]
        about = f"{row.layout} {sorted(row.damaged)} {result}"
        findings = result.findings
        if word == "part":
            equal(result.outcome, pb.OUTCOME_CREATED, about)
            result, findings = result.performance, result.performance.findings
        assert all(one.english and one.chinese for one in findings), about
        if word in ("reject", "stop", "part"):
            equal(result.outcome, pb.OUTCOME_REFUSED, about)
            kinds = {"stop": ("STOP",)}.get(word, ("REJECT",))
            equal((rules(findings, *kinds), rules(findings, "REJECT", "STOP")), ({rule}, {rule}), about)
            continue
        equal(result.outcome, pb.OUTCOME_CREATED, about)
        of_kind = {"ask": ("ASK",), "warn": ("WARN",), "taken": ()}[word]
        wanted = {rule} if rule else set()
        equal((rules(findings, *of_kind), rules(findings)), (wanted, wanted), about)
        check_stored(world, row, result)


def check_stored(world, row, result):
    """What the record says of itself, where the table expects something of it."""
    stored = TABLE[row.kind].stored
    if stored is None:
        return
    if row.layout == "COMMITMENT":
        found = world.commitment_client.GetCommitment(world.commitments.GetCommitmentRequest(name=result.name))
    else:
        found = world.record_client.GetRecord(world.records.GetRecordRequest(name=result.name))
    for name, value in stored.items():
        value = value(row) if callable(value) else value
        if name == "performance":
            equal(found.HasField(name), value, f"{row.kind}: {found}")
        elif name[0].isupper():
            (item,) = [one for one in found.items if one.code == name]
            equal(item.fen, value, f"{row.kind} {name}")
        else:
            equal(getattr(found, name), value, f"{row.kind} {name}: {found}")


def every_good_row_is_in_and_nothing_that_should_not_be(world):
    for row in world.rows:
        if not row.kind:
            result = world.answers[row.serial]
            equal((result.outcome, list(result.findings)), (world.commitments.OUTCOME_CREATED, []), f"{row.items}")
    check_content(world, world.over_grpc, is_recorded)


def check_content(world, server, is_in):
    """The records and commitments of a server are these rows, each once, and no others."""
    wanted = [row for row in world.rows if is_in(row)]
    records = [(row.layout, normal(number_of(row))) for row in wanted if row.layout != "COMMITMENT"]
    found = world.recorded(server)
    equal(sorted(found), sorted(records), "records by layout and number")
    equal([key for key, copies in found.items() if len(copies) != 1], [], "numbers that stand twice")
    codes = {row.items["code"] for row in wanted if row.layout == "COMMITMENT"}
    equal(set(world.committed(server)), codes, "commitments by code")


def normal(number):
    """A number as it is kept: with one kind of bracket and without blanks."""
    return number.translate(str.maketrans("([（［", "〔〔〔〔") | str.maketrans(")]）］", "〕〕〕〕")).replace(" ", "")


def asked_and_stopped_rows_are_listed_to_the_office(world):
    for server in (world.over_grpc, world.by_file):
        asked = sorted(rule for question in world.questions(server) for rule in rules([question], "ASK", "STOP"))
        wanted = sorted(TABLE[row.kind].expected[1] for row in world.rows
                        if row.kind and TABLE[row.kind].expected[0] in ("ask", "stop"))
        equal(asked, wanted, "open questions")


def same_content_is_answered_as_repeated_and_other_content_as_corrected(world):
    good = [row for row in world.rows if not row.kind and row.layout != "COMMITMENT"]
    for change, outcome, snapshot in ((None, "OUTCOME_REPEATED", 1), ("更正后的内容", "OUTCOME_CORRECTED", 2)):
        copies = [record_rows.Row(row.layout, row.serial, dict(row.items)) for row in world.chance.sample(good, COPIES)]
        if change:
            for row in copies:
                row.items["BZ"] = change
        fresh = [world.maker.good("PENALTY_V2") for _ in range(20)]
        rows = [(True, row) for row in copies] + [(False, row) for row in fresh]
        world.chance.shuffle(rows)
        request = world.records.RecordRecordsRequest(
            request_id=request_id(world.chance), rows=[world.record_row(row) for _, row in rows])
        results = world.record_client.RecordRecords(request).results
        for (is_copy, _), result in zip(rows, results, strict=True):
            wanted = (outcome, snapshot) if is_copy else ("OUTCOME_CREATED", 1)
            equal((world.commitments.Outcome.Name(result.outcome), result.snapshot), wanted, str(result))


def a_decision_with_other_brackets_and_blanks_is_the_same_decision(world):
    good = [row for row in world.rows if not row.kind and row.layout in ("PENALTY_V2", "LICENCE_V2")]
    rows = []
    for row in world.chance.sample(good, COPIES):
        item = "CF_WSH" if row.layout == "PENALTY_V2" else "XK_WSH"
        brackets = world.chance.choice(["（）", "()", "[]", "【】"])
        number = row.items[item].replace("〔", f" {brackets[0]}").replace("〕", f"{brackets[1]} ")
        rows.append(world.record_row(record_rows.Row(row.layout, row.serial, row.items | {item: number})))
    request = world.records.RecordRecordsRequest(request_id=request_id(world.chance), rows=rows)
    answer = world.record_client.RecordRecords(request)
    equal(answer.repeated_count, COPIES, str(answer))


def namesakes_are_two_subjects_and_a_renamed_firm_is_one(world):
    first, namesake, renamed = (world.maker.good("PENALTY_V2", ORGANISATION) for _ in range(3))
    namesake.items["CF_XDR_MC"] = first.items["CF_XDR_MC"]
    renamed.items["CF_XDR_SHXYM"] = first.items["CF_XDR_SHXYM"]
    rows = [world.record_row(row) for row in (first, namesake, renamed)]
    request = world.records.RecordRecordsRequest(request_id=request_id(world.chance), rows=rows)
    results = world.record_client.RecordRecords(request).results
    get = world.record_client.GetRecord
    subjects = [get(world.records.GetRecordRequest(name=result.name)).subject for result in results]
    assert subjects[0] != subjects[1], "namesakes are one subject"
    equal(subjects[0], subjects[2], "one code under two names")


# --- what came back from the files

def check_file(world, layout):
    """Refused rows came back with their reasons and marked cells; all others are in."""
    code, said = world.returned[layout]
    rows = {row.serial: row for row in world.of_layout(layout)}
    back = {serial for serial, row in rows.items() if comes_back(row)}
    equal(code, 1 if back else 0, str(said))
    refused = sum(expected(row)[0] in ("reject", "stop") for row in rows.values())
    result = said["result"]
    equal((result["created"], result["refused"], result["returned"]), (len(rows) - refused, refused, len(back)),
          str(said))
    if not back:
        return
    by_suffix = {Path(path).suffix: path for path in said["returned"]}
    workbook = record_files.returned_xlsx(by_suffix[".xlsx"])
    lines = record_files.returned_csv(by_suffix[".csv"])
    equal((set(workbook), set(lines)), (back, back), "rows that came back")
    for serial, (reasons, marked) in workbook.items():
        row, about = rows[serial], f"{rows[serial].kind} {sorted(rows[serial].damaged)}"
        result = world.answers[serial]
        part = result.performance.findings if expected(row)[0] == "part" else result.findings
        wanted = {one.chinese for one in part if rules([one], "REJECT", "STOP")}
        equal(reasons, wanted, about)
        equal(lines[serial], wanted, about)
        assert marked, f"no cell is marked: {about}"


def the_files_hold_what_was_sent_over_grpc(world):
    check_content(world, world.by_file, is_recorded)
    over_grpc, by_file = world.recorded(world.over_grpc), world.recorded(world.by_file)
    for key, (record,) in by_file.items():
        other = over_grpc[key][0]
        shown = lambda one: (one.party_code, one.valid_until, one.open_ended, one.due_on, one.working_days_late,
                             sorted(rules(one.findings)), [str(item) for item in one.items])
        equal(shown(record), shown(other), str(key))


def mended_files_go_in_completely(world):
    """The mended workbook and the mended CSV file; the second of them only repeats the first."""
    for layout, (_, said) in world.returned.items():
        paths = [Path(path) for path in said.get("returned", [])]
        world.chance.shuffle(paths)
        for place, path in enumerate(paths):
            record_files.mend(path, world.sheets[layout])
            code, mended = record_files.imported(world.by_file, path)
            result, count = mended["result"], said["result"]["returned"]
            equal((code, result["refused"], result["returned"], mended.get("returned")), (0, 0, 0, None), str(mended))
            equal(result["created"] + result["repeated"] + result["corrected"], count, str(mended))
            if place > 0:
                equal(result["repeated"], count, f"second file: {mended}")
    check_content(world.mended(), world.by_file, lambda row: True)


def a_file_of_performance_is_checked_and_mended_by_itself(world):
    """Performance in a file of its own, on commitments that are recorded: the same kinds, the same reasons."""
    kinds = [kind for kind, row in TABLE.items() if row.expected[0] == "part"]
    promised = [row for row in world.rows if not row.kind and row.layout == "COMMITMENT"]
    rows = []
    for place, row in enumerate(world.chance.sample(promised, len(kinds) * COPIES + 10)):
        of = {code: row.items[code] for code in ("code", "acceptanceUnitIdentify", "acceptanceUnit")}
        of |= {"fulfillmentStatus": "全部履行", "fulfillmentStatusDate": record_rows.TODAY.isoformat()}
        kind = kinds[place // COPIES] if place < len(kinds) * COPIES else ""
        performed = record_rows.Row("PERFORMANCE", row.serial, of, dict(of), kind)
        if kind:
            getattr(Damage(world.chance, world.maker, world.layouts, world.register), kind)(performed, performed.items)
        rows.append(performed)
    world.chance.shuffle(rows)
    titles = {code: item["zh"] for code, item in world.layouts["PERFORMANCE"].items()}
    sheet = record_files.Sheet(world.chance, "PERFORMANCE", titles, rows, "gb18030")
    code, said = record_files.imported(world.by_file, sheet.write(world.folder / "PERFORMANCE.csv"))
    bad = {row.serial: row for row in rows if row.kind}
    equal((code, said["result"]["created"], said["result"]["returned"]), (1, len(rows) - len(bad), len(bad)), str(said))
    paths = [Path(path) for path in said["returned"]]
    (lines,) = [record_files.returned_csv(path) for path in paths if path.suffix == ".csv"]
    equal(set(lines), set(bad), "rows that came back")
    for serial, reasons in lines.items():
        like = [world.answers[row.serial].performance.findings for row in world.of_kind(bad[serial].kind)]
        equal(reasons, {one.chinese for findings in like for one in findings}, bad[serial].kind)
    for path in paths:
        record_files.mend(path, sheet)
        code, mended = record_files.imported(world.by_file, path)
        equal((code, mended["result"]["refused"], mended.get("returned")), (0, 0, None), str(mended))
    committed = world.committed(world.by_file)
    equal([row.items["code"] for row in rows if not committed[row.items["code"]].HasField("performance")], [],
          "commitments without the performance of the file")


def known_rows_in_a_file_are_repeated_and_changed_ones_corrected(world):
    good = [row for row in world.rows if not row.kind and row.layout == "PENALTY_V2"]
    chosen = world.chance.sample(good, 2 * COPIES)
    changed = [record_rows.Row(row.layout, row.serial, row.items | {"BZ": "更正后的内容"}) for row in chosen[COPIES:]]
    rows = chosen[:COPIES] + changed + [world.maker.good("PENALTY_V2") for _ in range(20)]
    world.chance.shuffle(rows)
    titles = {code: item["zh"] for code, item in world.layouts["PENALTY_V2"].items()}
    sheet = record_files.Sheet(world.chance, "PENALTY_V2", titles, rows, "utf-8")
    code, said = record_files.imported(world.by_file, sheet.write(world.folder / "again.csv"))
    result = said["result"]
    equal((code, result["created"], result["repeated"], result["corrected"]), (0, 20, COPIES, COPIES), str(said))


def named(test, argument, name):
    def run(world):
        test(world, argument)

    run.__name__ = name
    return run


def main():
    chance = random.Random(harness.seed())
    tests = Tests(sys.argv[1] if len(sys.argv) > 1 else "")
    with harness.temporary_folder() as folder:
        harness.make_stubs(folder)
        servers = []
        try:
            for name in ("over_grpc", "by_file"):
                (folder / name).mkdir()
                servers.append(Server(folder / name, CLOCK))
            world = World(chance, folder, *servers)
            world.send()
            world.import_files()
            tests.run(every_good_row_is_in_and_nothing_that_should_not_be, world)
            for kind, row in TABLE.items():
                word, rule = row.expected
                tests.run(named(check_kind, kind, f"{row.source}: {kind} → {word} {rule or ''}".rstrip()), world)
            tests.run(asked_and_stopped_rows_are_listed_to_the_office, world)
            for layout, form in FORMS.items():
                tests.run(named(check_file, layout, f"file of {layout} as {form}: bad rows come back with reasons"), world)
            tests.run(the_files_hold_what_was_sent_over_grpc, world)
            tests.run(mended_files_go_in_completely, world)
            tests.run(a_file_of_performance_is_checked_and_mended_by_itself, world)
            tests.run(known_rows_in_a_file_are_repeated_and_changed_ones_corrected, world)
            tests.run(same_content_is_answered_as_repeated_and_other_content_as_corrected, world)
            tests.run(a_decision_with_other_brackets_and_blanks_is_the_same_decision, world)
            tests.run(namesakes_are_two_subjects_and_a_renamed_firm_is_one, world)
        finally:
            for server in servers:
                server.end()
    return tests.close()


if __name__ == "__main__":
    sys.exit(main())
