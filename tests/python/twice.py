#!/usr/bin/env python3
"""Compares what `credence demo --format json` printed of two runs.

    twice.py first.json again.json --replayed     the second run over the first one's folder
    twice.py first.json other.json                two runs with one seed over folders of their own

Every count and the content digest are equal; over the same folder every batch is answered as before.
Ends with 0 if so, else with 1.
"""

import argparse
import json
import sys

# What tells runs apart that said the same: how it came in, and names drawn at random.
OF_THE_RUN = {"table_digest", "head", "replayed_batches"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("first")
    parser.add_argument("second")
    parser.add_argument("--replayed", action="store_true", help="the second run used the folder of the first")
    options = parser.parse_args()
    with open(options.first, encoding="utf-8") as one, open(options.second, encoding="utf-8") as other:
        first, second = json.load(one), json.load(other)
    wrong = [name for name in first.keys() | second.keys()
             if name not in OF_THE_RUN and first.get(name) != second.get(name)]
    for name in sorted(wrong):
        print(f"FAIL {name}: {first.get(name)} and {second.get(name)}")
    batches = second["batches"] + second["year_batches"]
    if options.replayed and second["replayed_batches"] != batches:
        wrong.append("replayed_batches")
        print(f"FAIL {second['replayed_batches']} of {batches} batches were replayed")
    print("DIFFERENT" if wrong else f"the same: content digest {first['content_digest']}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
