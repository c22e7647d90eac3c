#!/usr/bin/env python3
"""The demo's year as files: imported into a second server under the same test clock, the content is the same.

    demo_files.py [--scale N] [--seed N] [--only WORDS]

1. `credence demo --files` writes the year as files and then plays it into a first server of its own.
2. A second server begins where the manifest's clock begins; the clock is moved as the manifest says, and
   `credence import` sends what arrives at each instant. Every kind of content has the digest of the first.
3. The same with the files written otherwise: encodings, workbooks, headers, order of columns, columns that
   no one knows, full-width digits, titles and notes, ends of lines.

A kind of content that the files do not carry is named in NOT_CARRIED with the reason; any other that
differs fails the test, a new one too.
"""

import argparse
import csv
import datetime
import io
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import harness
from harness import ROOT, Server, Tests, equal, free_port

# Kinds of content that the first server has and no file says.
_SETTLED = "the service settles it itself, with each batch as it arrives and on days that only the first server turns"
NOT_CARRIED = {
    "run_opened": _SETTLED,
    "grade_settled": _SETTLED,
    "correction_raised": _SETTLED,
    "correction_closed": _SETTLED,
    # Told at the turn of a day, of the pairs that stand then: which do depends on what came before it.
    "notice_overdue": _SETTLED,
}
# Values of these types may be written with full-width digits.
WIDE_TYPES = {"date", "until", "money", "decimal", "social_credit_code", "social_credit_codes", "document", "older"}
DATE_TYPES = {"date", "until"}
# Headers that no layout knows.
EXTRA = ["序号", "填报人电话", "科室意见"]
PROGRAM = os.environ.get("CREDENCE_BIN", str(ROOT / "target/debug/credence"))


def layouts():
    """Items of every layout by its code: Chinese header to (code, type, is a number of a decision or code)."""
    found = {}
    for path in sorted((ROOT / "policies/records").glob("*.toml")):
        layout = tomllib.loads(path.read_text(encoding="utf-8"))
        if "item" in layout:
            found[layout["code"]] = {
                item["zh"]: (item["code"], item["type"], item.get("role") == "number" or item["code"] == "identify")
                for item in layout["item"]
            }
    return found


class Sheet:
    """One of the written files: its header and its rows, all texts."""

    def __init__(self, path, items):
        with open(path, encoding="utf-8-sig", newline="") as file:
            table = list(csv.reader(file))
        self.header, self.rows, self.items = table[0], table[1:], items
        self.above, self.below = [], []

    def item(self, column):
        return self.items.get(self.header[column], ("", "text", False))

    def each_cell(self, change):
        self.rows = [[change(column, text) for column, text in enumerate(row)] for row in self.rows]


def wide(text):
    return "".join(chr(ord(one) + 0xFEE0) if one.isdigit() and one.isascii() else one for one in text)


# --- ways to write a sheet; each changes it in place

def field_codes(sheet, chance):
    sheet.header = [sheet.items[header][0] for header in sheet.header]


def full_width(sheet, chance):
    def change(column, text):
        _, kind, is_code = sheet.item(column)
        return wide(text) if is_code or kind in WIDE_TYPES else text
    sheet.each_cell(change)


def shuffled(sheet, chance):
    order = list(range(len(sheet.header)))
    chance.shuffle(order)
    sheet.header = [sheet.header[place] for place in order]
    sheet.rows = [[row[place] for place in order] for row in sheet.rows]


def extra_columns(sheet, chance):
    for header in EXTRA:
        place = chance.randrange(len(sheet.header) + 1)
        sheet.header.insert(place, header)
        for number, row in enumerate(sheet.rows, 1):
            row.insert(place, str(number))


def notes(sheet, chance):
    sheet.above = [["2024年信用信息报送表"], []]
    sheet.below = [["表格说明：金额单位为万元，长期有效填2099-12-31。"]]


def as_csv(sheet, encoding="utf-8-sig", end="\r\n", delimiter=","):
    text = io.StringIO(newline="")
    table = csv.writer(text, delimiter=delimiter, lineterminator=end)
    table.writerows([*sheet.above, sheet.header, *sheet.rows, *sheet.below])
    return text.getvalue().encode(encoding)


def column_name(column):
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def is_xml(row):
    """Whether XML can say every character of a row."""
    return all(one >= " " or one in "\t\n\r" for text in row for one in text)


def as_xlsx(sheet):
    """A workbook: days are kept as numbers that are shown as days, all else as texts.

    Rows with characters that XML has not are left out: they are refused in any case.
    """
    def cell(row, column, text, is_day):
        place = f"{column_name(column)}{row}"
        if is_day:
            try:
                day = datetime.date.fromisoformat(text)
                return f'<c r="{place}" s="1"><v>{(day - datetime.date(1899, 12, 30)).days}</v></c>'
            except ValueError:
                pass
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'

    days = [sheet.item(column)[1] in DATE_TYPES for column in range(len(sheet.header))]
    table = [*((row, False) for row in [*sheet.above, sheet.header]),
             *((row, True) for row in sheet.rows if is_xml(row)), *((row, False) for row in sheet.below)]
    rows = "".join(
        f'<row r="{number}">' + "".join(
            cell(number, column, text, is_data and days[column]) for column, text in enumerate(row) if text
        ) + "</row>"
        for number, (row, is_data) in enumerate(table, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" ContentType='
            f'"application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="报送表" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
            '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2">'
            '<xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    bytes_of = io.BytesIO()
    with zipfile.ZipFile(bytes_of, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return bytes_of.getvalue()


# Name, changes in their order, writer, ending of the file's name.
VARIANTS = [
    ("as GB18030", [], lambda sheet: as_csv(sheet, "gb18030"), "csv"),
    ("as workbooks", [], as_xlsx, "xlsx"),
    ("with field codes and LF", [field_codes], lambda sheet: as_csv(sheet, "utf-8", "\n"), "csv"),
    ("with shuffled and extra columns", [shuffled, extra_columns], as_csv, "csv"),
    ("with full-width digits", [full_width], as_csv, "csv"),
    ("with title, note row and CR", [notes], lambda sheet: as_csv(sheet, end="\r"), "csv"),
    ("as UTF-16 with tabs", [], lambda sheet: as_csv(sheet, "utf-16", delimiter="\t"), "csv"),
    ("with all of it as GB18030 with semicolons", [full_width, shuffled, extra_columns, notes],
     lambda sheet: as_csv(sheet, "gb18030", delimiter=";"), "csv"),
    ("with all of it as workbooks", [full_width, shuffled, extra_columns, notes], as_xlsx, "xlsx"),
]


def environment():
    return {name: value for name, value in os.environ.items() if not name.startswith("CREDENCE_")}


def digests(address):
    from credit.supervision.v1 import operations_service_pb2 as pb
    from credit.supervision.v1 import operations_service_pb2_grpc as rpc
    import grpc

    with grpc.insecure_channel(address, [("grpc.enable_http_proxy", 0)]) as channel:
        answer = rpc.OperationsServiceStub(channel).GetDigests(pb.GetDigestsRequest(), timeout=600)
    return {one.kind: (one.count, one.digest) for one in answer.content_digests}


def played(folder, scale, seed):
    """Writes the files, plays the year into a server, and answers with its digests."""
    address = f"127.0.0.1:{free_port()}"
    command = [PROGRAM, "demo", "--files", str(folder), "--scale", str(scale), "--seed", str(seed),
               "--listen", address, "--format", "json"]
    with open(folder.parent / "demo.log", "w") as log:
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment())
        lines = []
        for line in demo.stdout:
            lines.append(line)
            if line == "}\n":
                break
        if not lines or lines[-1] != "}\n":
            raise SystemExit(f"the demo ended:\n{(folder.parent / 'demo.log').read_text()}")
        try:
            return digests(address)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)


def imported(files, manifest, folder, leave_out=0):
    """Imports files as the manifest says into a server of its own; answers with its digests.

    `leave_out` is how many rows more than the manifest says are in no file.
    """
    from credit.supervision.v1 import operations_service_pb2 as pb
    from credit.supervision.v1 import operations_service_pb2_grpc as rpc

    folder.mkdir()
    server = Server(folder, manifest["clock"])
    try:
        with server.channel() as channel:
            operations = rpc.OperationsServiceStub(channel)
            for step in manifest["steps"]:
                to = pb.AdvanceClockRequest()
                to.instant.FromJsonString(step["clock"])
                operations.AdvanceClock(to, timeout=600)
                options = lambda file: (file["source"], file["correct"])
                for (source, correct), together in itertools.groupby(step["files"], options):
                    leave_out -= sent(server, files, list(together), source, correct, folder)
        equal(leave_out, 0, "rows that are in no file")
        return digests(server.address)
    finally:
        server.end()


def sent(server, files, together, source, correct, folder):
    """Imports files in one command and compares what became of their rows; answers how many were missing."""
    paths = [str(files[file["file"]]) for file in together]
    command = [PROGRAM, "import", "--server", f"http://{server.address}", "--format", "json",
               "--rejects", str(folder), *paths]
    command += ["--source", source] if source else []
    command += ["--correct"] if correct else []
    ended = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=3600)
    if ended.returncode not in (0, 1):
        raise AssertionError(f"import ended with {ended.returncode}: {ended.stdout}{ended.stderr}")
    missing = 0
    for file, found in zip(together, json.loads(ended.stdout)["files"]):
        equal(found["layout"], file["layout"], file["file"])
        missing += file["rows"] - found["rows"]
        became = {name: found["result"][name] for name in ("created", "repeated", "corrected", "refused")}
        expected = {name: file[name] for name in became}
        expected["refused"] -= file["rows"] - found["rows"]
        # A file that says again what an earlier one said, byte by byte, is answered as that one was.
        if not found["result"]["replayed_batches"]:
            equal(became, expected, file["file"])
    return missing


def same(first, second):
    """Compares the digests of two servers, kind by kind."""
    different = [
        f"{kind}: {first.get(kind)} and {second.get(kind)}"
        for kind in sorted(first.keys() | second.keys())
        if first.get(kind) != second.get(kind) and kind not in NOT_CARRIED
    ]
    if different:
        raise AssertionError("the content differs:\n  " + "\n  ".join(different))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=int, default=100)
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    tests = Tests(options.only)
    with harness.temporary_folder() as folder:
        stubs = folder / "stubs"
        stubs.mkdir()
        harness.make_stubs(stubs)
        written = folder / "files"
        first = played(written, options.scale, options.seed)
        manifest = json.loads((written / "manifest.json").read_text(encoding="utf-8"))
        plain = {file["file"]: written / file["file"] for step in manifest["steps"] for file in step["files"]}
        kinds = ", ".join(f"{kind} {count}" for kind, (count, _) in sorted(first.items()))
        print(f"{len(plain)} files; content: {kinds}", flush=True)
        for kind, why in NOT_CARRIED.items():
            print(f"not carried by files: {kind}: {why}", flush=True)
        for rows in manifest["left_out"]:
            print(f"in no file: {rows['rows']} row(s) refused by {rows['rule']}: {rows['why']}", flush=True)
        items = layouts()
        of = {file["file"]: items[file["layout"]] for step in manifest["steps"] for file in step["files"]}

        def a_year_of_files_is_the_same_content_as_the_year():
            same(first, imported(plain, manifest, folder / "plain"))

        tests.run(a_year_of_files_is_the_same_content_as_the_year)
        for number, (name, changes, write, ending) in enumerate(VARIANTS):
            def written_otherwise():
                chance = random.Random(options.seed + number)
                other, left_out = {}, 0
                for file, path in plain.items():
                    sheet = Sheet(path, of[file])
                    left_out += 0 if ending == "csv" else sum(not is_xml(row) for row in sheet.rows)
                    for change in changes:
                        change(sheet, chance)
                    other[file] = folder / f"variant{number}" / Path(file).with_suffix(f".{ending}")
                    other[file].parent.mkdir(parents=True, exist_ok=True)
                    other[file].write_bytes(write(sheet))
                same(first, imported(other, manifest, folder / f"server{number}", left_out))

            written_otherwise.__name__ = f"the same files {name} are the same content"
            tests.run(written_otherwise)
    return tests.close()


if __name__ == "__main__":
    sys.exit(main())
