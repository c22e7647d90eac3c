"""Files as departments send them, the program that imports them, and the files that come back mended."""

import csv
import json
import os
import re
import subprocess

import openpyxl

from harness import ROOT

SERIAL = "序号"
REASON = "错误原因"
CELL = re.compile(r"^\[[^\]]*\] ")


class Sheet:
    """Rows of one layout as a file: columns in any order, named by code or by title, beside a serial number."""

    def __init__(self, chance, layout, titles, rows, form):
        used = [code for code in titles if any(row.items.get(code) or row.good.get(code) for row in rows)]
        chance.shuffle(used)
        self.layout, self.rows, self.form = layout, rows, form
        by_code = chance.random() < 0.5
        self.header = {code: code if by_code else titles[code] for code in used}

    def write(self, path):
        table = [[SERIAL, *self.header.values()]]
        table += [[str(row.serial), *(row.items.get(code, "") for code in self.header)] for row in self.rows]
        if self.form == "xlsx":
            book = openpyxl.Workbook()
            for cells in table:
                book.active.append(cells)
            book.save(path)
        else:
            with open(path, "w", encoding=self.form, newline="") as file:
                csv.writer(file).writerows(table)
        return path

    def suffix(self):
        return "xlsx" if self.form == "xlsx" else "csv"

    def column(self, code):
        return self.header[code]


def imported(server, path, *words):
    """Imports a file; answers with the exit code and what the program says of the file."""
    program = os.environ.get("CREDENCE_BIN", str(ROOT / "target/debug/credence"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CREDENCE_")}
    command = [program, "import", "--format", "json", "--server", f"http://{server.address}", *words, str(path)]
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=300)
    try:
        (said,) = json.loads(ended.stdout)["files"]
    except (ValueError, KeyError) as error:
        raise AssertionError(f"{' '.join(command)} printed {ended.stdout!r} {ended.stderr!r}") from error
    return ended.returncode, said


def returned_csv(path):
    """Serial numbers of the rows in a returned CSV file, each with its reasons."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        return {int(row[SERIAL]): sentences(row[REASON]) for row in csv.DictReader(file)}


def sentences(reason):
    """The sentences of a reason without the cells that they are about."""
    return {CELL.sub("", line) for line in reason.splitlines()}


def returned_xlsx(path):
    """The same of a returned workbook, each with the headers whose cells are marked."""
    sheet = openpyxl.load_workbook(path).worksheets[0]
    header = [cell.value for cell in sheet[1]]
    found = {}
    for cells in sheet.iter_rows(min_row=2):
        serial = int(cells[header.index(SERIAL)].value)
        marked = {title for title, cell in zip(header, cells) if cell.fill.fill_type == "solid"}
        found[serial] = (sentences(cells[header.index(REASON)].value), marked)
    return found


def mend(path, sheet):
    """Puts the texts that were damaged back into a returned file, where it lies; nothing else is touched."""
    codes = {title: code for code, title in sheet.header.items()}
    good = {row.serial: row.good for row in sheet.rows}
    if path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        cells = book.worksheets[0]
        header = [cell.value for cell in cells[1]]
        for line in cells.iter_rows(min_row=2):
            row = good[int(line[header.index(SERIAL)].value)]
            for title, cell in zip(header, line):
                if title in codes:
                    cell.value = row.get(codes[title], "")
        book.save(path)
        return
    with open(path, encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    for line in lines:
        line |= {title: good[int(line[SERIAL])].get(code, "") for title, code in codes.items()}
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines)
