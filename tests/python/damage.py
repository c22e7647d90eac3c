#!/usr/bin/env python3
"""Damaged rows at random places of an import: each is refused by its own rule, and all good rows are in.

For every rule three copies of good rows are damaged and strewn over the import. The expected rule is the
only input of a check: which item was damaged, and where, is drawn from the seed (SEED=...), printed, and
never looked at again.

Source of the rules: the collection template and the import checks of the commitments' form.
"""

import datetime
import random
import sys

import harness
from harness import CODE_ALPHABET, DIVISION, TODAY, Rows, Server, Tests, equal, request_id

COPIES = 3
GOOD_ROWS = 400
BATCH_ROWS = 90
TEXTS = {
    "subject_name": 200, "reason": 512, "content": 4000, "liability": 4000,
    "accepting_body_name": 200, "remarks": 512,
}
REQUIRED_TEXTS = [
    "code", "subject_name", "subject_code", "reason", "content", "liability", "made_on",
    "accepting_body_name", "accepting_body_code",
]
REQUIRED_CHOICES = ["subject_kind", "kind", "publication"]
KINDS_WITH_CODE = ("ORGANISATION", "INDIVIDUAL_BUSINESS")


def day(text):
    return datetime.date.fromisoformat(text)


def other_character(text, place, alphabet, chance):
    found = text[place]
    wrong = chance.choice([one for one in alphabet if one != found])
    return text[:place] + wrong + text[place + 1:]


class Damage:
    """One method per rule: takes a good row of the wanted kind and breaks that rule in it, and no other."""

    def __init__(self, chance):
        self.chance = chance

    def REQUIRED(self, row):
        field = self.chance.choice(REQUIRED_TEXTS + REQUIRED_CHOICES + ["kind_words"])
        if field == "kind_words":
            row.kind = 7  # another kind, whose words are missing
        elif field in REQUIRED_CHOICES:
            setattr(row, field, 0)
        else:
            setattr(row, field, "" if self.chance.random() < 0.5 else "  ")

    def VALUE_LIST(self, row):
        setattr(row, self.chance.choice(REQUIRED_CHOICES), self.chance.choice([9, 77, 1000]))

    def LENGTH(self, row):
        field = self.chance.choice(sorted(TEXTS))
        # One character too long; a limit in bytes would refuse the good rows long before.
        setattr(row, field, "长" * (TEXTS[field] + 1))

    def DATE(self, row):
        wrong = self.chance.choice(["2024-02-30", "2023-02-29", "2024-13-01", "2024/05/06", "20240506", "昨天"])
        field = self.chance.choice(["made_on", "valid_until"])
        setattr(row, field, wrong)

    def COMMITMENT_CODE_SHAPE(self, row):
        code = row.code
        row.code = self.chance.choice([
            code[:19], code + "0", code[:10] + "X" + code[11:], code[:6] + "20240230" + code[14:],
        ])

    def CODE_DATE_MISMATCH(self, row):
        made_on = day(row.made_on) - datetime.timedelta(days=self.chance.randrange(1, 200))
        row.made_on = made_on.isoformat()

    def SOCIAL_CREDIT_CODE_SHAPE(self, row):
        code = row.subject_code
        row.subject_code = self.chance.choice([code[:17], code + "0", code[:9]])

    def SOCIAL_CREDIT_CODE_ALPHABET(self, row):
        place = self.chance.randrange(18)
        code = row.subject_code
        row.subject_code = code[:place] + self.chance.choice("IOSVZ") + code[place + 1:]

    def SOCIAL_CREDIT_CODE_CHECK(self, row):
        row.subject_code = other_character(row.subject_code, 17, CODE_ALPHABET, self.chance)

    def ORGANISATION_CODE_CHECK(self, row):
        first = other_character(row.subject_code[:17], 16, "0123456789X", self.chance)
        row.subject_code = first + harness.code_check(first)

    def RESIDENT_ID_SHAPE(self, row):
        number = row.subject_code
        self.no_unified_code(row, lambda: self.chance.choice([number[:17], number + "1", number[:4] + "A" + number[5:]]))

    def no_unified_code(self, row, draw):
        """A damaged ID that happens to be a valid unified code would rightly be refused as such."""
        row.subject_code = draw()
        while harness.is_social_credit_code(row.subject_code):
            row.subject_code = draw()

    def RESIDENT_ID_DATE(self, row):
        birth = self.chance.choice(["19990229", "19801301", "19750431", "19600100"])
        self.no_unified_code(row, lambda: harness.resident_id(self.chance, birth))

    def RESIDENT_ID_CHECK(self, row):
        row.subject_code = other_character(row.subject_code, 17, "0123456789X", self.chance)

    def KIND_AGAINST_CODE(self, row):
        if self.chance.random() < 0.5:
            row.subject_kind = harness.pb_value("SUBJECT_KIND_PERSON")
            row.publication = 3
        else:
            row.subject_code = harness.resident_id(self.chance)

    def FUTURE_DATE(self, row):
        made_on = TODAY + datetime.timedelta(days=self.chance.choice([1, 2, 30, 400]))
        row.code = f"{row.code[:6]}{made_on:%Y%m%d}{row.code[14:]}"
        row.made_on = made_on.isoformat()
        row.valid_until = "2099-12-31"

    def VALIDITY_BEFORE_PROMISE(self, row):
        before = day(row.made_on) - datetime.timedelta(days=self.chance.choice([1, 30, 365]))
        row.valid_until = before.isoformat()

    def PERSON_PUBLIC(self, row):
        row.publication = 1

    def FOREIGN_DISTRICT(self, row):
        if self.chance.random() < 0.5:
            row.code = self.chance.choice(["150821", "150800", "110105"]) + row.code[6:]
        else:
            row.accepting_body_code = "11152105011615166F"

    def CHARACTERS(self, row):
        field = self.chance.choice(sorted(TEXTS))
        setattr(row, field, getattr(row, field) + self.chance.choice(["\x00", "\x07", "\x1b"]))

    def MUST_BE_EMPTY(self, row):
        row.kind_words = "自定义类型"


class PerformanceDamage:
    """The same for items 11 to 16, which are refused by themselves while their commitment is recorded."""

    def __init__(self, chance):
        self.chance = chance

    def REQUIRED(self, items):
        items.state = self.chance.choice([2, 3])
        items.unperformed, items.measures_taken = self.chance.choice([("未补齐", ""), ("", "责令整改")])

    def VALUE_LIST(self, items):
        items.state = 8

    def LENGTH(self, items):
        items.state = 2
        items.unperformed, items.measures_taken = "长" * 4001, "责令整改"

    def DATE(self, items):
        items.found_on = "2024-06-31"

    def MUST_BE_EMPTY(self, items):
        setattr(items, self.chance.choice(["unperformed", "measures_taken"]), "未按承诺完成")

    def FINDING_BEFORE_PROMISE(self, items):
        items.found_on = "2020-01-01"

    def FUTURE_DATE(self, items):
        items.found_on = (TODAY + datetime.timedelta(days=1)).isoformat()

    def SOCIAL_CREDIT_CODE_CHECK(self, items):
        items.finding_body_code = other_character(items.finding_body_code, 17, CODE_ALPHABET, self.chance)


WANTED_KIND = {
    rule: KINDS_WITH_CODE for rule in (
        "SOCIAL_CREDIT_CODE_SHAPE", "SOCIAL_CREDIT_CODE_ALPHABET", "SOCIAL_CREDIT_CODE_CHECK",
        "ORGANISATION_CODE_CHECK", "KIND_AGAINST_CODE")
} | {rule: ("PERSON",) for rule in ("RESIDENT_ID_SHAPE", "RESIDENT_ID_DATE", "RESIDENT_ID_CHECK", "PERSON_PUBLIC")}
# A kind that is missing must not open a person's row to the public, nor leave a code without its kind.
ORDINARY = ("ORGANISATION",)


def rules_of(damage):
    return sorted(name for name in dir(damage) if name.isupper())


class Import:
    """Good rows with damaged ones strewn between, sent over one stream; answers by the rule expected."""

    def __init__(self, server, chance):
        from credit.supervision.v1 import commitment_service_pb2 as pb
        from credit.supervision.v1 import commitment_service_pb2_grpc as rpc

        self.pb, self.chance = pb, chance
        self.channel = server.channel()
        self.client = rpc.CommitmentServiceStub(self.channel)
        self.rows = Rows(pb, chance, harness.accepting_body(self.channel))
        self.answers, self.part_answers, self.good_answers = {}, {}, []
        self.good = self.rows.many(GOOD_ROWS)

    def damaged(self):
        """Pairs of a rule with a row: (rule, part, row); `part` says that items 11 to 16 are damaged."""
        damage, of_performance = Damage(self.chance), PerformanceDamage(self.chance)
        found = []
        for rule in rules_of(damage):
            for _ in range(COPIES):
                row = self.rows.good(self.chance.choice(WANTED_KIND.get(rule, ORDINARY)))
                getattr(damage, rule)(row)
                found.append((rule, False, row))
        for rule in rules_of(of_performance):
            for _ in range(COPIES):
                row = self.rows.good()
                row.performance.state = 1
                row.performance.found_on = TODAY.isoformat()
                row.performance.finding_body_code = row.accepting_body_code
                getattr(of_performance, rule)(row.performance)
                found.append((rule, True, row))
        return found

    def send(self):
        rows = [(None, False, row) for row in self.good] + self.damaged()
        self.chance.shuffle(rows)
        sheets = [rows[place:place + BATCH_ROWS] for place in range(0, len(rows), BATCH_ROWS)]
        requests = [
            self.pb.ImportCommitmentsRequest(request_id=request_id(self.chance), rows=[row for _, _, row in sheet])
            for sheet in sheets
        ]
        for sheet, answer in zip(sheets, self.client.ImportCommitments(iter(requests)), strict=True):
            equal(answer.WhichOneof("answer"), "result", str(answer.refusal))
            for (rule, part, _), result in zip(sheet, answer.result.results, strict=True):
                if rule is None:
                    self.good_answers.append(result)
                else:
                    (self.part_answers if part else self.answers).setdefault(rule, []).append(result)

    def again(self, change):
        """Sends copies of three good rows again, in an import of their own among fresh rows."""
        chosen = self.chance.sample(self.good, COPIES)
        copies = []
        for row in chosen:
            copy = self.pb.CommitmentRow()
            copy.CopyFrom(row)
            change(copy)
            copies.append(copy)
        rows = [(True, row) for row in copies] + [(False, row) for row in self.rows.many(30)]
        self.chance.shuffle(rows)
        request = self.pb.ImportCommitmentsRequest(
            request_id=request_id(self.chance), rows=[row for _, row in rows])
        (answer,) = self.client.ImportCommitments(iter([request]))
        results = list(zip(rows, answer.result.results, strict=True))
        equal({one.outcome for (marked, _), one in results if not marked}, {self.pb.OUTCOME_CREATED}, "fresh rows")
        return [one.outcome for (marked, _), one in results if marked]


def refusing(world, findings):
    pb = world.pb
    refuses = (pb.CHECK_KIND_REJECT, pb.CHECK_KIND_STOP)
    return {pb.FindingRule.Name(one.rule).removeprefix("FINDING_RULE_") for one in findings if one.kind in refuses}


def check_rule(world, rule):
    """Three damaged copies, each refused for this reason and no other, in both languages."""
    results = world.answers[rule]
    equal(len(results), COPIES, "damaged copies")
    for result in results:
        equal((result.outcome, refusing(world, result.findings)), (world.pb.OUTCOME_REFUSED, {rule}), rule)
        assert all(one.english and one.chinese and one.field for one in result.findings), result.findings
        assert not result.revision, "a refused row has a revision"


def check_part(world, rule):
    """Three commitments that are recorded, while their items 11 to 16 are refused for this reason."""
    results = world.part_answers[rule]
    equal(len(results), COPIES, "damaged copies")
    for result in results:
        equal(result.outcome, world.pb.OUTCOME_CREATED, f"commitment: {result.findings}")
        part = result.performance
        equal((part.outcome, refusing(world, part.findings)), (world.pb.OUTCOME_REFUSED, {rule}), rule)


def all_good_rows_are_in(world):
    equal(len(world.good_answers), GOOD_ROWS, "good rows answered")
    for result in world.good_answers:
        equal(result.outcome, world.pb.OUTCOME_CREATED, str(result.findings))
    for result in world.chance.sample(world.good_answers, 20):
        found = world.client.GetCommitment(world.pb.GetCommitmentRequest(name=result.name))
        equal(found.state, world.pb.COMMITMENT_STATE_RECORDED, result.name)
    recorded = GOOD_ROWS + COPIES * len(world.part_answers)
    total = world.client.CountCommitments(world.pb.CountCommitmentsRequest()).total
    equal(total, recorded, "commitments counted: the good rows and no damaged one")


def a_duplicate_is_answered_as_repeated(world):
    equal(world.again(lambda row: None), [world.pb.OUTCOME_REPEATED] * COPIES)


def other_content_under_a_code_is_answered_as_corrected(world):
    def change(row):
        row.remarks = "更正后的内容"

    equal(world.again(change), [world.pb.OUTCOME_CORRECTED] * COPIES)


def stopped_rows_are_listed_to_the_office(world):
    questions = world.client.ListOpenQuestions(world.pb.ListOpenQuestionsRequest(page_size=500)).questions
    stopped = [one for one in questions if one.finding.rule == world.pb.FINDING_RULE_PERSON_PUBLIC]
    equal(len(stopped), COPIES, "questions about persons' data with public scope")


def named(test, rule, suffix):
    def run(world):
        test(world, rule)

    run.__name__ = f"{rule} {suffix}"
    return run


def main():
    chance = random.Random(harness.seed())
    tests = Tests(sys.argv[1] if len(sys.argv) > 1 else "")
    with harness.temporary_folder() as folder:
        harness.make_stubs(folder)
        server = Server(folder)
        try:
            world = Import(server, chance)
            world.send()
            tests.run(all_good_rows_are_in, world)
            for rule in rules_of(Damage):
                tests.run(named(check_rule, rule, "refuses the row and nothing else does"), world)
            for rule in rules_of(PerformanceDamage):
                tests.run(named(check_part, rule, "refuses the performance and not its commitment"), world)
            tests.run(a_duplicate_is_answered_as_repeated, world)
            tests.run(other_content_under_a_code_is_answered_as_corrected, world)
            tests.run(stopped_rows_are_listed_to_the_office, world)
            code, seconds = server.stop()
            if code != 0:
                tests.failed.append(f"the server ended with {code} after {seconds:.1f} s")
                print(f"FAIL  {tests.failed[-1]}")
        finally:
            server.end()
    return tests.close()


if __name__ == "__main__":
    sys.exit(main())
