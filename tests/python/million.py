#!/usr/bin/env python3
"""Imports a penalty file of a million rows within bounds of memory, kills either side at random, and goes on.

    million.py PROGRAM FOLDER [--rows N] [--kills N] [--seed N] [--memory-max-mib N]

1. Makes a penalty file (V2), seeded.
2. Imports it into a fresh server, undisturbed: the most memory resident (VmHWM) of server and client, the
   rows per second, the longest silence of the progress, the content digest.
3. Imports it into another server; `--kills` times one side, drawn at random, is killed with SIGKILL after a
   random while: the server is started again in its folder, the client is started again.
4. Both servers must have the same content digest and every row once, and no side may have exceeded the bound.

Linux: memory is read from /proc. Needs grpcio; ends with 1 if anything is not as it must be.
"""

import argparse
import csv
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import harness
from harness import Server, code_check, organisation_check

HEADERS = [
    "行政相对人名称", "行政相对人类别", "行政相对人代码_1（统一社会信用代码）", "法定代表人", "行政处罚决定书文号",
    "违法行为类型", "违法事实", "处罚依据", "处罚类别", "处罚内容", "罚款金额（万元）", "处罚决定日期", "处罚有效期",
    "公示截止期", "处罚机关", "处罚机关统一社会信用代码", "数据来源单位", "数据来源单位统一社会信用代码", "备注",
    "案件程序类别",
]


def code_of(number):
    part = f"{number:08}"
    first = "91150802" + part + organisation_check(part)
    return first + code_check(first)


def make(path, rows, body, chance):
    """A tenth as many parties as rows; fines between 100 and 99,900 yuan."""
    parties = max(1, rows // 10)
    with open(path, "w", encoding="gb18030", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADERS)
        for number in range(rows):
            party = 10_000_000 + chance.randrange(parties)
            yuan = 100 * chance.randrange(1, 1000)
            month, day = chance.randrange(1, 6), chance.randrange(1, 29)
            table.writerow([
                f"（测试）第{party}号商店", "法人及非法人组织", code_of(party), "测试王〇", f"测市监处罚〔2024〕{number}号",
                "生产经营不合格食品", f"销售过期食品{number}件", "《中华人民共和国食品安全法》第一百二十四条", "罚款",
                f"罚款{yuan}元", f"{yuan / 10_000:.6f}", f"2024/{month}/{day}", "2099/12/31", f"2025-{month:02}-{day:02}",
                body.title_chinese, body.social_credit_code, body.title_chinese, body.social_credit_code, "", "一般程序",
            ])


class Peak:
    """The most memory that a process had resident, in MiB, across its starts."""

    def __init__(self):
        self.mib = 0

    def look(self, process):
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            return
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        if found:
            self.mib = max(self.mib, int(found.group(1)) // 1024)


class Watch(threading.Thread):
    """Looks at the memory of processes until told to stop, and at the last moment before a kill."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.watched = {}

    def run(self):
        while not self.over.wait(0.2):
            for peak, process in list(self.watched.items()):
                peak.look(process)


def client(program, address, path):
    command = [program, "import", "--format", "json", "--server", f"http://{address}", "--wait", "600", str(path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CREDENCE_")}
    # What is printed is read after the end; what is told meanwhile goes to a file, so that no pipe fills.
    told = tempfile.TemporaryFile("w+")
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told, text=True, env=environment), told


def digest(server):
    from credit.supervision.v1 import operations_service_pb2 as pb
    from credit.supervision.v1 import operations_service_pb2_grpc as rpc

    with server.channel() as channel:
        return rpc.OperationsServiceStub(channel).GetDigests(pb.GetDigestsRequest(), timeout=600).content_digest


def count(server):
    from credit.supervision.v1 import record_service_pb2 as pb
    from credit.supervision.v1 import record_service_pb2_grpc as rpc

    with server.channel() as channel:
        return rpc.RecordServiceStub(channel).CountRecords(pb.CountRecordsRequest(), timeout=600).total


def body_of(server):
    with server.channel() as channel:
        return harness.accepting_body(channel)


def silences(told):
    """The seconds between lines of progress are five; returns how many lines there were and the figures."""
    told.seek(0)
    done = [int(found.group(1).replace(",", "")) for found in re.finditer(r"已处理([\d,]+)行", told.read())]
    steps = [later - earlier for earlier, later in zip(done, done[1:])]
    return len(done), min(steps, default=0), max(steps, default=0)


def undisturbed(program, folder, path, rows, watch, problems):
    server, server_peak, client_peak = Server(folder), Peak(), Peak()
    try:
        begun = time.monotonic()
        process, told = client(program, server.address, path)
        watch.watched = {server_peak: server.process, client_peak: process}
        printed, _ = process.communicate()
        seconds = time.monotonic() - begun
        result = json.loads(printed)["files"][0]["result"]
        if process.returncode != 0 or result["created"] != rows:
            problems.append(f"the undisturbed import ended with {process.returncode}: {result}")
        found = digest(server)
        lines, least, most = silences(told)
        print(f"undisturbed: {rows} rows in {seconds:.0f} s, {rows / seconds:.0f} rows/s; "
              f"server {server_peak.mib} MiB, client {client_peak.mib} MiB resident at most; "
              f"{lines} lines of progress, {least} to {most} rows between two", flush=True)
        if lines > 2 and least == 0:
            problems.append("the progress stood still between two lines")
        return found, seconds, (server_peak.mib, client_peak.mib)
    finally:
        server.end()


def disturbed(program, folder, path, rows, kills, seconds, chance, watch, problems):
    folder.mkdir()
    server, server_peak, client_peak = Server(folder), Peak(), Peak()
    try:
        killed = {"server": 0, "client": 0}
        process, _ = client(program, server.address, path)
        for _ in range(kills):
            watch.watched = {server_peak: server.process, client_peak: process}
            try:
                process.wait(chance.uniform(0.02, 1.0) * seconds / (kills + 1))
                break
            except subprocess.TimeoutExpired:
                pass
            if chance.random() < 0.5:
                killed["server"] += 1
                server.process.kill()
                server.process.wait()
                server.log.close()
                port = server.port
                server = again(folder, port)
            else:
                killed["client"] += 1
                process.kill()
                process.communicate()
                process, _ = client(program, server.address, path)
        watch.watched = {server_peak: server.process, client_peak: process}
        process.communicate()
        # Whatever was the last of it, one import more must end well.
        process, _ = client(program, server.address, path)
        watch.watched[client_peak] = process
        printed, _ = process.communicate()
        result = json.loads(printed)["files"][0]["result"]
        if process.returncode != 0 or result["refused"]:
            problems.append(f"the last import ended with {process.returncode}: {result}")
        total = count(server)
        if total != rows:
            problems.append(f"{total} records of {rows} rows")
        print(f"disturbed: killed {killed}; server {server_peak.mib} MiB, client {client_peak.mib} MiB", flush=True)
        return digest(server), (server_peak.mib, client_peak.mib)
    finally:
        server.end()


def again(folder, port):
    """The server once more, on the port that the client goes on asking."""
    free = harness.free_port
    harness.free_port = lambda: port
    try:
        return Server(folder)
    finally:
        harness.free_port = free


def main():
    # A digest over a million records is longer than a call may take by default.
    os.environ["CREDENCE_CALL_TIMEOUT_MS"] = "600000"
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--memory-max-mib", type=int, default=1024)
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    program = str(Path(options.program).resolve())
    os.environ["CREDENCE_BIN"] = program
    folder = options.folder / "million"
    folder.mkdir(parents=True)
    stubs = folder / "stubs"
    stubs.mkdir()
    harness.make_stubs(stubs)
    chance = random.Random(options.seed)
    problems = []
    first = folder / "first"
    first.mkdir()
    server = Server(first)
    body = body_of(server)
    server.stop()
    path = folder / "处罚.csv"
    make(path, options.rows, body, chance)
    print(f"file: {path.stat().st_size >> 20} MiB", flush=True)
    watch = Watch()
    watch.start()
    expected, seconds, peaks = undisturbed(program, first, path, options.rows, watch, problems)
    found, more = disturbed(
        program, folder / "second", path, options.rows, options.kills, seconds, chance, watch, problems)
    watch.over.set()
    if found != expected:
        problems.append(f"the digests differ: {expected} undisturbed, {found} with kills")
    for side, mib in zip(["server", "client"] * 2, [*peaks, *more]):
        if mib > options.memory_max_mib:
            problems.append(f"the {side} had {mib} MiB resident, more than {options.memory_max_mib}")
    for problem in problems:
        print(f"NOT AS IT MUST BE: {problem}")
    print("equal digests, within bounds" if not problems else f"{len(problems)} problem(s)")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
