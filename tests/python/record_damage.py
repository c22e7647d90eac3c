"""The kinds of damage that rows of records arrive with, and what is to become of each.

TABLE is the only statement of what is expected; [`Damage`] has one method per kind, which takes a good row and
breaks it in that way and no other. The sources are the rows of the table of import checks (2.8) and the items of
the list of easy mistakes (14) of the domain's description.
"""

import datetime
from dataclasses import dataclass

import harness
from harness import CODE_ALPHABET
from record_rows import BUSINESS, LEVELS_FROM, ORGANISATION, PERSON, PREFIX, TODAY, months_after

RECORDS = tuple(PREFIX)
PARTIES = tuple(layout for layout in RECORDS if layout != "PENALTY_V1")
V1, V2, LICENCE, COMMITMENT = ("PENALTY_V1",), ("PENALTY_V2",), ("LICENCE_V2",), ("COMMITMENT",)
PENALTIES = V1 + V2


@dataclass
class Kind:
    """What is expected of a kind of damage.

    `expected` is a word and a rule: `reject` and `stop` refuse the row, `part` refuses the performance alone,
    `ask` and `warn` record it with this finding, `taken` records it without any. `stored` is what the record
    then says, where that is the point.
    """

    source: str
    expected: tuple
    layouts: tuple = V2
    party: str | None = ORGANISATION
    stored: dict | None = None


def reject(source, rule, layouts=V2, party=ORGANISATION):
    return Kind(source, ("reject", rule), layouts, party)


def ask(source, rule, layouts=V2):
    return Kind(source, ("ask", rule), layouts)


def warn(source, rule, layouts=V2):
    return Kind(source, ("warn", rule), layouts)


def taken(source, layouts=V2, party=ORGANISATION, **stored):
    return Kind(source, ("taken", None), layouts, party, stored or None)


TABLE = {
    "required_item_empty": reject("2.8 row 1", "REQUIRED", RECORDS),
    "value_outside_its_list": reject("2.8 row 1", "VALUE_LIST", RECORDS),
    "one_character_too_long": reject("2.8 row 1, 14.27", "LENGTH", RECORDS),
    "wrong_date": reject("2.8 row 1", "DATE", RECORDS),
    "impossible_date": reject("2.8 row 1", "DATE", RECORDS),
    "code_one_character_short": reject("2.8 row 2", "SOCIAL_CREDIT_CODE_SHAPE", RECORDS),
    "placeholder_for_a_code": reject("2.8 row 2, 7.1", "SOCIAL_CREDIT_CODE_SHAPE", RECORDS),
    "outer_check_wrong": reject("2.8 row 2", "SOCIAL_CREDIT_CODE_CHECK", RECORDS),
    "inner_check_wrong": reject("2.8 row 2, 14.14", "ORGANISATION_CODE_CHECK", RECORDS),
    "organ_code_outer_check_wrong": reject("2.8 row 2", "SOCIAL_CREDIT_CODE_CHECK", PARTIES),
    "organ_code_of_no_organ": ask("2.8 row 2", "BODY_CODE_PREFIX", ("COMMENDATION", "EVALUATION")),
    "person_with_a_unified_code": reject("2.8 row 3", "KIND_AGAINST_CODE", PARTIES, PERSON),
    "organisation_with_a_resident_id": reject("2.8 row 3", "KIND_AGAINST_CODE", PARTIES),
    "organisation_without_any_code": reject("2.8 row 3", "REQUIRED", PARTIES),
    "resident_id_check_wrong": reject("2.8 row 1", "RESIDENT_ID_CHECK", RECORDS, PERSON),
    "other_name_for_a_registered_code": ask("2.8 row 4", "NAME_AGAINST_REGISTER", RECORDS),
    "registered_name_under_another_code": ask("2.8 row 4, 14.13", "CODE_NOT_IN_REGISTER", RECORDS),
    "promise_under_another_name": ask("2.8 row 4", "NAME_AGAINST_REGISTER", COMMITMENT),
    "promise_under_another_code": ask("2.8 row 4, 14.13", "CODE_NOT_IN_REGISTER", COMMITMENT),
    "decided_after_receipt": reject("2.8 row 5, 14.6", "FUTURE_DATE", RECORDS),
    "decided_on_the_day_of_receipt": taken("2.8 row 5, 14.6"),
    "decided_before_the_organ_was": reject("2.8 row 5", "BEFORE_BODY", V2 + LICENCE),
    "decided_on_the_organs_first_day": taken("2.8 row 5, 14.6"),
    "publicity_ends_before_decision": warn("2.8 row 6", "PUBLICITY_BEFORE_DECISION"),
    "publicity_ends_on_the_longest_day": taken("2.8 row 6, 14.6, 14.8"),
    "publicity_ends_a_day_beyond": warn("2.8 row 6, 14.6", "PUBLICITY_BEYOND_MAXIMUM"),
    "publicity_counted_from_receipt": warn("2.8 row 6, 14.8", "PUBLICITY_BEYOND_MAXIMUM"),
    "fine_without_amount": warn("2.8 row 7", "AMOUNT_MISSING"),
    "fine_of_zero": warn("2.8 row 7", "AMOUNT_MISSING"),
    "amount_without_a_fine": warn("2.8 row 7", "AMOUNT_WITHOUT_KIND"),
    "amount_other_than_in_the_text": warn("2.8 row 7, 14.3", "AMOUNT_AGAINST_TEXT"),
    "amount_in_yuan": warn("2.8 row 7, 14.3", "AMOUNT_IN_YUAN"),
    "amount_as_floating_point": reject("14.3", "MONEY_PRECISION"),
    "amount_in_words": reject("14.3", "MONEY"),
    "amount_of_one_fen": taken("14.3", CF_NR_FK=1),
    "amount_with_all_decimals": taken("14.3", CF_NR_FK=1_234_567),
    "licence_revoked_and_not_named": warn("2.8 row 8", "LICENCE_NAME_MISSING"),
    "valid_from_after_valid_until": reject("2.8 row 9, 14.15", "VALID_FROM_AFTER_UNTIL", LICENCE),
    "valid_for_one_day": taken("2.8 row 9, 14.6", LICENCE),
    "procedure_not_given": ask("2.8 row 11", "PROCEDURE_MISSING"),
    "procedure_left_empty_before_levels": ask("2.8 row 11", "PROCEDURE_MISSING"),
    "person_opened_to_the_public": Kind("2.8 row 12", ("stop", "PERSON_PUBLIC"), PARTIES, PERSON),
    "basis_repealed": warn("2.8 row 13", "LAW_REPEALED", PENALTIES),
    "seventh_working_day": taken("14.12", due_on="2026-05-11", working_days_late=0),
    "eighth_working_day": taken("14.12", due_on="2026-05-09", working_days_late=1),
    "name_in_other_widths": taken("14.13", RECORDS),
    "individual_business_without_code": reject("14.13", "KIND_AGAINST_CODE", PARTIES[:2], BUSINESS),
    "letter_that_no_code_has": reject("14.14", "SOCIAL_CREDIT_CODE_ALPHABET", RECORDS),
    "code_in_lower_case": taken(
        "14.14", RECORDS, party_code=lambda row: row.good[f"{PREFIX[row.layout]}_XDR_SHXYM"]),
    "code_whose_sum_is_a_multiple": taken("14.14", RECORDS),
    "check_of_a_multiple_as_a_letter": reject("14.14", "SOCIAL_CREDIT_CODE_CHECK", RECORDS),
    "validity_swapped": reject("14.15", "VALID_FROM_AFTER_UNTIL", LICENCE),
    "persons_number_as_representatives": reject("14.15", "DOCUMENT_MISPLACED", V2 + LICENCE, PERSON),
    "representatives_number_as_persons": warn("14.15", "DOCUMENT_MISPLACED", V2 + LICENCE),
    "organ_and_source_codes_swapped": ask("14.15", "BODIES_SWAPPED", V2 + LICENCE),
    "organ_and_source_names_swapped": ask("14.15", "BODIES_SWAPPED", V2 + LICENCE),
    "long_term_by_2099": taken("14.16", open_ended=True, valid_until=""),
    "long_term_by_9999": taken("14.16", LICENCE, open_ended=True, valid_until=""),
    "last_day_but_one_of_2099": taken("14.16", open_ended=False, valid_until="2099-12-30"),
    "long_term_as_decision": reject("14.16", "FUTURE_DATE", V2 + LICENCE),
    "publicity_long_term": warn("14.16", "PUBLICITY_BEYOND_MAXIMUM"),
    "validity_as_number_of_days": reject("14.17", "DATE", COMMITMENT),
    "performance_not_yet_there": taken("14.17", COMMITMENT, performance=False),
    "validity_ends_with_the_promise": taken("14.17, 14.6", COMMITMENT),
    "validity_before_the_promise": reject("14.17, 14.6", "VALIDITY_BEFORE_PROMISE", COMMITMENT),
    "partial_without_the_measure": Kind("14.18", ("part", "REQUIRED"), COMMITMENT),
    "partial_without_what_was_not_done": Kind("14.18", ("part", "REQUIRED"), COMMITMENT),
    "full_with_a_measure": Kind("14.18", ("part", "MUST_BE_EMPTY"), COMMITMENT),
    "partial_with_both": taken("14.18", COMMITMENT, performance=True),
    "division_of_another_district": warn("14.20", "DIVISION_CODE", V1),
    "as_many_characters_as_allowed": taken("14.27", RECORDS),
    "as_many_rare_characters_as_allowed": taken("14.27", RECORDS),
}


def other_character(text, place, alphabet, chance):
    return text[:place] + chance.choice([one for one in alphabet if one != text[place]]) + text[place + 1:]


class Damage:
    """One method per kind of TABLE: breaks a good row in that way, at an item drawn by chance."""

    def __init__(self, chance, maker, layouts, register):
        self.chance, self.maker, self.layouts, self.register = chance, maker, layouts, register

    def row(self, kind):
        """A row of a layout drawn by chance with this damage."""
        table = TABLE[kind]
        row = self.maker.good(self.chance.choice(table.layouts), table.party)
        row.kind = kind
        getattr(self, kind)(row, row.items)
        return row

    def item(self, row, role):
        """The code of the item that has a role in the row's layout."""
        (code,) = [code for code, item in self.layouts[row.layout].items() if item.get("role") == role]
        return code

    def filled(self, row, *types):
        """An item of one of the types that the row fills, drawn by chance; not the organ's name, which an older
        layout has in place of its code."""
        items = self.layouts[row.layout]
        return self.chance.choice(sorted(
            code for code in row.items if items[code]["type"] in types and items[code].get("role") != "body_name"))

    def days(self, day, first=1, last=300):
        return (day + datetime.timedelta(days=self.chance.randrange(first, last))).isoformat()

    def decided(self, row):
        return datetime.date.fromisoformat(row.items[self.item(row, "decided_on")])

    def code(self, row, change):
        code = self.item(row, "party_code")
        row.items[code] = change(row.items[code])

    # --- items by themselves

    def required_item_empty(self, row, items):
        always = [code for code in items if "always" in self.layouts[row.layout][code].get("need", [])]
        items[self.chance.choice(sorted(always))] = self.chance.choice(["", "  "])

    def value_outside_its_list(self, row, items):
        items[self.filled(row, "choice", "choices")] = self.chance.choice(["表外", "88", "不详"])

    def one_character_too_long(self, row, items):
        code = self.filled(row, "text")
        # A limit in bytes would refuse rows long before.
        items[code] = "长" * (self.layouts[row.layout][code]["length"] + 1)

    def wrong_date(self, row, items):
        items[self.filled(row, "date", "until")] = self.chance.choice(["昨天", "26-04-01", "2026-04", "04/01/2026"])

    def impossible_date(self, row, items):
        items[self.filled(row, "date", "until")] = self.chance.choice(
            ["2026-02-30", "2025/2/29", "20260431", "2026年13月1日"])

    def as_many_characters_as_allowed(self, row, items):
        items["BZ"] = "长" * self.layouts[row.layout]["BZ"]["length"]

    def as_many_rare_characters_as_allowed(self, row, items):
        items["BZ"] = "𠮷" * self.layouts[row.layout]["BZ"]["length"]

    # --- codes

    def code_one_character_short(self, row, items):
        self.code(row, lambda code: self.chance.choice([code[:17], code + "0"]))

    def placeholder_for_a_code(self, row, items):
        self.code(row, lambda code: "00000000000000000X")

    def outer_check_wrong(self, row, items):
        self.code(row, lambda code: other_character(code, 17, CODE_ALPHABET, self.chance))

    def inner_check_wrong(self, row, items):
        def change(code):
            first = other_character(code[:17], 16, "0123456789X", self.chance)
            return first + harness.code_check(first)

        self.code(row, change)

    def letter_that_no_code_has(self, row, items):
        place = self.chance.randrange(18)
        self.code(row, lambda code: code[:place] + self.chance.choice("IOSVZ") + code[place + 1:])

    def code_in_lower_case(self, row, items):
        self.code(row, str.lower)

    def a_multiple(self):
        while True:
            code = harness.social_credit_code(self.chance)
            if code.endswith("0"):
                return code

    def code_whose_sum_is_a_multiple(self, row, items):
        self.code(row, lambda _: self.a_multiple())

    def check_of_a_multiple_as_a_letter(self, row, items):
        self.code(row, lambda _: self.a_multiple()[:17] + "Y")

    def organ_code_outer_check_wrong(self, row, items):
        code = self.item(row, "body_code")
        items[code] = other_character(items[code], 17, CODE_ALPHABET, self.chance)

    def organ_code_of_no_organ(self, row, items):
        items[self.item(row, "body_code")] = harness.social_credit_code(self.chance, self.chance.choice(["51", "91"]))
        items[self.item(row, "body_name")] = "测试行业协会"

    # --- whom the row is about

    def person_with_a_unified_code(self, row, items):
        items[self.item(row, "party_code")] = harness.social_credit_code(self.chance)

    def organisation_with_a_resident_id(self, row, items):
        def change(_):
            while True:
                number = harness.resident_id(self.chance)
                if not harness.is_social_credit_code(number):
                    return number

        self.code(row, change)

    def organisation_without_any_code(self, row, items):
        self.code(row, lambda _: "")

    def resident_id_check_wrong(self, row, items):
        code = self.item(row, "party_document")
        items[code] = other_character(items[code], 17, "0123456789X", self.chance)

    def other_name_for_a_registered_code(self, row, items):
        items[self.item(row, "party_code")] = self.chance.choice(self.register).items["DJ_SHXYM"]

    def registered_name_under_another_code(self, row, items):
        items[self.item(row, "party_name")] = self.chance.choice(self.register).items["DJ_MC"]

    def promise_under_another_name(self, row, items):
        items["identify"] = self.chance.choice(self.register).items["DJ_SHXYM"]

    def promise_under_another_code(self, row, items):
        items["subjectName"] = self.chance.choice(self.register).items["DJ_MC"]

    def name_in_other_widths(self, row, items):
        known = self.chance.choice(self.register).items
        items[self.item(row, "party_code")] = known["DJ_SHXYM"]
        wide = str.maketrans("0123456789", "０１２３４５６７８９")
        items[self.item(row, "party_name")] = self.chance.choice([
            known["DJ_MC"].replace("（", "(").replace("）", ")"), known["DJ_MC"].replace("登记", " 登记 "),
            known["DJ_MC"].translate(wide)])

    def individual_business_without_code(self, row, items):
        self.code(row, lambda _: "")
        items[self.item(row, "party_document_kind")] = "身份证"
        items[self.item(row, "party_document")] = harness.resident_id(self.chance)

    def person_opened_to_the_public(self, row, items):
        items[self.item(row, "publication")] = "可向社会公开"

    def persons_number_as_representatives(self, row, items):
        own = self.item(row, "party_document")
        items[self.item(row, "representative_document")] = items[own]
        items[own] = ""

    def representatives_number_as_persons(self, row, items):
        items[self.item(row, "party_document")] = harness.resident_id(self.chance)

    # --- who decided

    def organ_and_source_codes_swapped(self, row, items):
        self.swap(items, self.item(row, "body_code"), self.item(row, "source_code"))

    def organ_and_source_names_swapped(self, row, items):
        self.swap(items, self.item(row, "body_name"), self.item(row, "source_name"))

    def swap(self, items, one, other):
        items[one], items[other] = items[other], items[one]

    def division_of_another_district(self, row, items):
        items["DFBM"] = self.chance.choice(["152801", "150821", "110105"])

    # --- days

    def decide(self, row, day):
        """Decided on another day, shown as long as may be from then on."""
        row.items[self.item(row, "decided_on")] = day.isoformat()
        if row.layout == "PENALTY_V2":
            row.items["CF_GSJZQ"] = months_after(day, 12).isoformat() if day >= LEVELS_FROM else ""

    def decided_after_receipt(self, row, items):
        items[self.item(row, "decided_on")] = self.chance.choice([self.days(TODAY), self.days(TODAY, 1, 2)])

    def decided_on_the_day_of_receipt(self, row, items):
        self.decide(row, TODAY)

    def decided_before_the_organ_was(self, row, items):
        self.decide(row, datetime.date(2003, 12, 31))

    def decided_on_the_organs_first_day(self, row, items):
        self.decide(row, datetime.date(2004, 1, 1))

    def seventh_working_day(self, row, items):
        self.decide(row, datetime.date(2026, 4, 28))

    def eighth_working_day(self, row, items):
        self.decide(row, datetime.date(2026, 4, 27))

    def publicity_ends_before_decision(self, row, items):
        items["CF_GSJZQ"] = self.days(self.decided(row), -300, 0)

    def publicity_ends_on_the_longest_day(self, row, items):
        self.decide(row, self.decided(row))

    def publicity_ends_a_day_beyond(self, row, items):
        items["CF_GSJZQ"] = self.days(months_after(self.decided(row), 12), 1, 2)

    def publicity_counted_from_receipt(self, row, items):
        self.decide(row, TODAY - datetime.timedelta(days=self.chance.randrange(1, 30)))
        items["CF_GSJZQ"] = months_after(TODAY, 12).isoformat()

    def publicity_long_term(self, row, items):
        items["CF_GSJZQ"] = "2099/12/31"

    def long_term_by_2099(self, row, items):
        items["CF_YXQ"] = self.chance.choice(["2099/12/31", "2099-12-31", "20991231"])

    def long_term_by_9999(self, row, items):
        items["XK_YXQZI"] = self.chance.choice(["9999-12-31", "9999/12/31"])

    def last_day_but_one_of_2099(self, row, items):
        items["CF_YXQ"] = "2099/12/30"

    def long_term_as_decision(self, row, items):
        items[self.item(row, "decided_on")] = self.chance.choice(["2099/12/31", "9999-12-31"])

    def valid_from_after_valid_until(self, row, items):
        items["XK_YXQZ"] = self.days(datetime.date.fromisoformat(items["XK_YXQZI"]))

    def valid_for_one_day(self, row, items):
        items["XK_YXQZI"] = items["XK_YXQZ"]

    def validity_swapped(self, row, items):
        self.swap(items, "XK_YXQZ", "XK_YXQZI")

    # --- what a penalty's items must agree in

    def without_publicity(self, items, **changed):
        """Changes what the level depends on, and with it the longest publicity."""
        items |= {"CF_GSJZQ": "", **changed}

    def fine_without_amount(self, row, items):
        items["CF_NR_FK"] = ""

    def fine_of_zero(self, row, items):
        items["CF_NR_FK"] = self.chance.choice(["0", "0.00"])

    def amount_without_a_fine(self, row, items):
        self.without_publicity(items, CF_CFLB="警告", CF_NR="警告")

    def amount_other_than_in_the_text(self, row, items):
        items["CF_NR_FK"] = self.chance.choice(["0.3", "0.02", "2"])

    def amount_in_yuan(self, row, items):
        items["CF_NR_FK"] = self.chance.choice(["2000", "2000.00"])

    def amount_as_floating_point(self, row, items):
        items["CF_NR_FK"] = self.chance.choice(["0.20000000000000001", "0.1999999999"])

    def amount_in_words(self, row, items):
        items["CF_NR_FK"] = self.chance.choice(["贰仟", "约0.2", "0.2.0"])

    def amount_of_one_fen(self, row, items):
        items |= {"CF_NR_FK": "0.000001", "CF_NR": "罚款0.01元"}

    def amount_with_all_decimals(self, row, items):
        items |= {"CF_NR_FK": "1.234567", "CF_NR": "罚款12345.67元"}

    def licence_revoked_and_not_named(self, row, items):
        self.without_publicity(items, CF_CFLB="吊销许可证", CF_NR="吊销许可证", CF_NR_FK="")

    def procedure_not_given(self, row, items):
        self.without_publicity(items, CF_AJCXLB="")

    def procedure_left_empty_before_levels(self, row, items):
        self.decide(row, LEVELS_FROM - datetime.timedelta(days=self.chance.randrange(1, 300)))
        items["CF_AJCXLB"] = ""

    def basis_repealed(self, row, items):
        items["CF_YJ"] = {
            "PENALTY_V1": "《中华人民共和国行政处罚法》第八十条", "PENALTY_V2": "《中华人民共和国合同法》第五十二条",
        }[row.layout]

    # --- promises and their performance

    def validity_as_number_of_days(self, row, items):
        items["commitmentValidity"] = self.chance.choice(["365", "365天", "12个月"])

    def performance_not_yet_there(self, row, items):
        items["fulfillmentStatus"] = ""

    def validity_ends_with_the_promise(self, row, items):
        items["commitmentValidity"] = items["commitmentDate"]

    def validity_before_the_promise(self, row, items):
        items["commitmentValidity"] = self.days(datetime.date.fromisoformat(items["commitmentDate"]), -300, 0)

    def partly(self, row, **changed):
        """A performance that is right but for what is changed afterwards; mended, it is right."""
        right = {"fulfillmentStatus": "部分履行", "unperformedCommitmentContent": "未补交验收材料",
                 "liabilityBreachCommitmentContent": "责令限期整改", "fulfillmentStatusDate": TODAY.isoformat()}
        row.good |= right
        row.items |= right | changed

    def partial_with_both(self, row, items):
        self.partly(row)

    def partial_without_the_measure(self, row, items):
        self.partly(row, liabilityBreachCommitmentContent="")

    def partial_without_what_was_not_done(self, row, items):
        self.partly(row, unperformedCommitmentContent="")

    def full_with_a_measure(self, row, items):
        self.partly(row, fulfillmentStatus="全部履行", unperformedCommitmentContent="")
