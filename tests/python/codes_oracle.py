#!/usr/bin/env python3
"""Compares the checks of codes with python-stdnum, on random codes and on single-character errors.

    codes_oracle.py [--count N] [--seed N]      20,000 cases if not given

The verdicts come from `examples/codes.rs` (CREDENCE_CODES, else target/debug/examples/codes). Where the rules
of python-stdnum are others than those of the standards, the difference has a class of its own, which is
counted and explained at the end; a difference without a class is a failure.
"""

import argparse
import collections
import datetime
import os
import random
import subprocess
import sys
from pathlib import Path

from stdnum.cn import ric, uscc
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_11_10

ROOT = Path(__file__).resolve().parents[2]
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
OUTSIDE = "IOSVZiosvzabx-*"
DIVISIONS = ["110108", "150802", "440300", "230500", "360426", "653126"]

EXPLAINED = {
    "letters first": "python-stdnum wants digits in the first 8 places; GB 32100 has letters there too (the registering "
    "departments A, N and Y exist), so only length, alphabet and check are compared",
    "small letters": "python-stdnum takes small letters and hyphens for the code itself; a code is written in capitals "
    "without separators, and the import cleans it before it is checked, with a note",
    "inner check": "python-stdnum does not look at the organisation code inside (GB 11714, place 17); it is compared with "
    "a second implementation in this file",
    "birth place": "python-stdnum wants a county that existed at the birth; division codes change over the years and old "
    "numbers stand, so the division is no reason to refuse an ID",
    "15 digits": "python-stdnum does not know the numbers of 15 digits given before 1999; they are compared as the 18 "
    "characters that they stand for",
    "13 digits": "registration numbers of 13 digits have no check; all digits pass",
}


def inner_check(organisation):
    """The check character of eight characters by GB 11714."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(character, 36) * weight for character, weight in zip(organisation, weights))
    return "0123456789X"[(11 - total % 11) % 11]


def without(character, alphabet):
    return [other for other in alphabet if other != character]


def changed(dice, text, alphabet):
    """The text with one character replaced by another one."""
    place = dice.randrange(len(text))
    return text[:place] + dice.choice(without(text[place], alphabet)) + text[place + 1:]


def unified_code(dice):
    head = dice.choice("159ANY") + dice.choice("123459") + dice.choice(DIVISIONS)
    if dice.random() < 0.1:
        head = "".join(dice.choice(ALPHABET) for _ in range(8))
    organisation = "".join(dice.choice(ALPHABET if dice.random() < 0.3 else "0123456789") for _ in range(8))
    body = head + organisation + inner_check(organisation)
    return body + uscc.calc_check_digit(body + "0")


def unified_cases(dice, count):
    for _ in range(count):
        code = unified_code(dice)
        way = dice.random()
        if way < 0.3:
            yield code, True
        elif way < 0.7:
            # The outer check is modulo a prime: it finds every single error inside the alphabet.
            yield changed(dice, code, ALPHABET), False
        elif way < 0.8:
            yield changed(dice, code, OUTSIDE), None
        elif way < 0.9:
            # Outer check right, inner check wrong.
            inner = dice.choice(without(code[16], "0123456789X"))
            yield code[:16] + inner + uscc.calc_check_digit(code[:16] + inner + "0"), None
        else:
            size = dice.choice([0, 1, 17, 18, 18, 18, 19])
            yield "".join(dice.choice(ALPHABET) for _ in range(size)), None


def unified_expected(code, classes):
    """The faults of a unified code by python-stdnum and the second implementation."""
    if len(code) != 18:
        assert not uscc.is_valid(code) or len(uscc.compact(code)) == 18
        return {"Length"}
    if any(character not in ALPHABET for character in code):
        if uscc.is_valid(code) or code != code.upper() or "-" in code:
            classes["small letters"] += 1
        else:
            assert not uscc.is_valid(code)
        return {"Alphabet"}
    expected = set()
    if code[:8].isdigit():
        if not uscc.is_valid(code):
            expected.add("Check")
    else:
        classes["letters first"] += 1
        if uscc.calc_check_digit(code) != code[17]:
            expected.add("Check")
    if inner_check(code[8:16]) != code[16]:
        classes["inner check"] += 1
        expected.add("Organisation")
    return expected


def resident_cases(dice, count):
    for _ in range(count):
        day = datetime.date(1900, 1, 1) + datetime.timedelta(days=dice.randrange(45_000))
        body = f"{dice.choice(DIVISIONS)}{day:%Y%m%d}{dice.randrange(1000):03}"
        number = body + ric.calc_check_digit(body + "0")
        way = dice.random()
        if way < 0.3:
            yield number
        elif way < 0.7:
            yield changed(dice, number[:17], "0123456789") + number[17]
        elif way < 0.8:
            yield number[:17] + dice.choice(without(number[17], "0123456789X"))
        elif way < 0.9:
            yield number[:6] + number[8:17]
        else:
            yield "".join(dice.choice("0123456789X") for _ in range(dice.choice([14, 15, 16, 17, 18, 18, 18])))


def is_resident(number):
    """What python-stdnum says; for a place without counties it raises a KeyError instead."""
    try:
        return ric.is_valid(number)
    except KeyError:
        return False


def resident_expected(number, classes):
    if len(number) == 15 and number.isdigit():
        classes["15 digits"] += 1
        body = number[:6] + "19" + number[6:]
        number = body + ric.calc_check_digit(body + "0")
    if len(number) != 18 or not number[:17].isdigit():
        assert not is_resident(number)
        return {"Shape"}
    expected = set()
    if ric.calc_check_digit(number) != number[17]:
        expected.add("Check")
    try:
        ric.get_birth_date(number)
    except ValidationError:
        expected.add("Date")
    if not expected and not is_resident(number):
        classes["birth place"] += 1
    if expected:
        assert not is_resident(number)
    return expected


def registration_cases(dice, count):
    for _ in range(count):
        body = dice.choice(DIVISIONS) + "".join(dice.choice("0123456789") for _ in range(8))
        number = body + mod_11_10.calc_check_digit(body)
        way = dice.random()
        if way < 0.4:
            yield number
        elif way < 0.8:
            yield changed(dice, number, "0123456789")
        else:
            yield "".join(dice.choice("0123456789") for _ in range(dice.choice([12, 13, 14, 15, 16])))


def registration_expected(number, classes):
    if len(number) == 13:
        classes["13 digits"] += 1
        return set()
    return set() if len(number) == 15 and mod_11_10.is_valid(number) else {"Unverified"}


def verdicts(lines):
    program = os.environ.get("CREDENCE_CODES", str(ROOT / "target/debug/examples/codes"))
    ended = subprocess.run([program], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    answers = ended.stdout.split("\n")[:-1]
    if len(answers) != len(lines):
        raise SystemExit(f"{len(lines)} lines in, {len(answers)} out")
    return [set() if answer == "ok" else set(answer.split(",")) for answer in answers]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.count} cases")
    dice = random.Random(asked.seed)
    classes = collections.Counter()
    third = asked.count // 3
    must_differ = {}
    lines, expected = [], []
    for code, is_right in unified_cases(dice, asked.count - 2 * third):
        if is_right is not None:
            must_differ[len(lines)] = is_right
        lines.append(f"uscc\t{code}")
        expected.append(unified_expected(code, classes))
    for number in resident_cases(dice, third):
        lines.append(f"rid\t{number}")
        expected.append(resident_expected(number, classes))
    for number in registration_cases(dice, third):
        lines.append(f"regno\t{number}")
        expected.append(registration_expected(number, classes))
    found = verdicts(lines)
    failures = []
    for place, (line, wanted, got) in enumerate(zip(lines, expected, found)):
        if wanted != got:
            failures.append(f"{line!r}: expected {sorted(wanted) or 'ok'}, found {sorted(got) or 'ok'}")
        elif place in must_differ and must_differ[place] == bool(got):
            failures.append(f"{line!r}: a single-character error was not found, or a right code was refused")
    accepted = sum(not faults for faults in found)
    print(f"{accepted} accepted, {len(found) - accepted} refused or unverified by both")
    if not 0 < accepted < len(found):
        failures.append("all cases ended alike, so nothing was compared")
    print("differences that have a reason:")
    for name, why in EXPLAINED.items():
        print(f"  {classes[name]:>8}  {name}: {why}")
    for failure in failures[:20]:
        print(f"FAILED {failure}")
    agreed = len(lines) - len(failures)
    print(f"{agreed} of {len(lines)} agree")
    print(f"{int(not failures)} passed, {int(bool(failures))} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
