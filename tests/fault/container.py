#!/usr/bin/env python3
"""Runs the static program as its container does, without an engine, and treats it as an orchestrator would.

    container.py PROGRAM

The root is an empty folder with the program and a mount point, mounted read-only; /data is the only place
to write. Process 1 of its own process space is the program, as user 10001, without a capability, forbidden
to gain any. There is no /proc, no /tmp, no /etc, and of /dev the random devices, as the least that every
engine gives. Checked: the program is static; it serves; its own health
check says so; nothing but the volume was written; SIGTERM with open streams, an idle raw socket and one
that stopped in its greeting ends with 0 within 10 seconds; after `kill -9` the volume holds all that was
acknowledged. Needs root, util-linux and the Python packages of tests/python/requirements.txt.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

USER = 10001
STOP_SECONDS_MAX = 10
START_SECONDS_MAX = 60
PT_INTERP = 3
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 24, 38, 47, 4
CAPABILITIES_MAX = 63
HTTP2_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def inside(root, data, program_and_arguments):
    """Becomes the program, inside; runs in mount and process spaces of its own, as root until the end."""
    for command in (
        ["mount", "--make-rprivate", "/"],
        ["mount", "--bind", root, root],
        ["mount", "--bind", data, f"{root}/data"],
        ["mount", "--bind", "/dev/random", f"{root}/dev/random"],
        ["mount", "--bind", "/dev/urandom", f"{root}/dev/urandom"],
        ["mount", "-o", "remount,bind,ro,nosuid,nodev", root],
    ):
        subprocess.run(command, check=True)
    os.chroot(root)
    os.chdir("/")
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(CAPABILITIES_MAX + 1):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs")
    os.umask(0o077)
    settings = {name: value for name, value in os.environ.items() if name.startswith("CREDENCE_")}
    os.execve("/credence", ["/credence", *program_and_arguments], settings)


class Container:
    """The image's layout with a volume; `run` starts the program in it."""

    def __init__(self, program, folder):
        self.root, self.data = folder / "root", folder / "volume"
        (self.root / "data").mkdir(parents=True)
        shutil.copy(program, self.root / "credence")
        (self.root / "credence").chmod(0o755)
        (self.root / "dev").mkdir()
        (self.root / "dev/random").touch()
        (self.root / "dev/urandom").touch()
        self.data.mkdir()
        os.chown(self.data, USER, USER)
        self.data.chmod(0o700)
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.log = folder / "log"
        self.started = []
        self.settings = {
            "CREDENCE_DATA": "/data",
            "CREDENCE_LOG_FORMAT": "json",
            "CREDENCE_LISTEN": self.address,
            "CREDENCE_CLOCK": "2024-06-28T09:00:00+08:00",
            "CREDENCE_SEGMENT_SIZE": "1048576",
            "CREDENCE_DISK_RESERVE": "0",
            "CREDENCE_BALLAST_SIZE": "0",
        }

    def run(self, *arguments):
        command = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child=SIGKILL",
                   sys.executable, os.path.abspath(__file__), "--inside", str(self.root), str(self.data), *arguments]
        path = {"PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")}
        with open(self.log, "ab") as log:
            outer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                     env={**path, **self.settings})
        self.started.append(outer)
        return outer

    def end(self):
        """Leaves nothing behind of a run that failed."""
        for outer in self.started:
            if outer.poll() is None:
                with contextlib.suppress(AssertionError, ProcessLookupError):
                    os.kill(process_one(outer), signal.SIGKILL)
                outer.wait(10)

    def written(self):
        """Everything in the root that is not the program or a mount point."""
        found = {str(path.relative_to(self.root)) for path in self.root.rglob("*")}
        return found - {"credence", "data", "dev", "dev/random", "dev/urandom"}


def process_one(outer):
    """The program itself: the child of `unshare`."""
    until = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < until:
        for line in subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(outer.pid)],
                                   capture_output=True, text=True, check=False).stdout.splitlines():
            pid, name = line.split(None, 1)
            if name == "credence":
                return int(pid)
        time.sleep(0.05)
    raise AssertionError("the program was not reached")


def status_of(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_static(program):
    """Whether no loader is asked for: no PT_INTERP among the program headers (ELF, 64 bits)."""
    data = Path(program).read_bytes()
    assert data[:5] == b"\x7fELF\x02", "no 64-bit ELF program"
    order = "<" if data[5] == 1 else ">"
    start, = struct.unpack_from(order + "Q", data, 32)
    size, count = struct.unpack_from(order + "HH", data, 54)
    kinds = [struct.unpack_from(order + "I", data, start + number * size)[0] for number in range(count)]
    return PT_INTERP not in kinds


def healthy(container, within=START_SECONDS_MAX):
    """Asks with the program's own health check, inside a container of its own, as an engine does."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        if container.run("healthcheck").wait() == 0:
            return
        time.sleep(0.2)
    raise AssertionError(f"not healthy within {within} s:\n{container.log.read_text()[:4000]}")


def open_streams(harness, address, count):
    """Health watches that have answered once and go on; ended by the server, not by us."""
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    channel = grpc.insecure_channel(address, [("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1)])
    ends, begun = [], []

    def watch():
        first = threading.Event()
        begun.append(first)

        def follow():
            try:
                for _ in health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest()):
                    first.set()
                ends.append("OK")
            except grpc.RpcError as error:
                ends.append(error.code().name)

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        return thread

    threads = [watch() for _ in range(count)]
    for event in begun:
        assert event.wait(10), "a stream did not begin"
    return channel, threads, ends


def record(harness, address, chance, count, first_serial=1):
    """Records rows one by one; answers with the last acknowledged revision."""
    import grpc
    from credit.supervision.v1 import commitment_service_pb2 as pb
    from credit.supervision.v1 import commitment_service_pb2_grpc as rpc

    with grpc.insecure_channel(address, [("grpc.enable_http_proxy", 0)]) as channel:
        rows = harness.Rows(pb, chance, harness.accepting_body(channel), first_serial)
        stub, last = rpc.CommitmentServiceStub(channel), ""
        for _ in range(count):
            request = pb.RecordCommitmentsRequest(request_id=harness.request_id(chance), rows=[rows.good()])
            answer = stub.RecordCommitments(request)
            assert answer.created_count == 1, answer
            last = answer.revision
        return last


def head(address):
    import grpc
    from credit.supervision.v1 import operations_service_pb2 as pb
    from credit.supervision.v1 import operations_service_pb2_grpc as rpc

    with grpc.insecure_channel(address, [("grpc.enable_http_proxy", 0)]) as channel:
        return rpc.OperationsServiceStub(channel).GetHead(pb.GetHeadRequest()).revision


def number(revision):
    return int(revision.partition(".")[2])


def a_stop_ends_streams_and_idle_sockets(harness, container, chance):
    outer = container.run("serve")
    healthy(container)
    pid = process_one(outer)
    status = status_of(pid)
    assert status["Uid"].split() == [str(USER)] * 4 and status["Gid"].split() == [str(USER)] * 4, status["Uid"]
    assert all(int(status[name], 16) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")), status
    assert status["NoNewPrivs"] == "1" and status["NSpid"].split()[-1] == "1", status
    record(harness, container.address, chance, 20)
    channel, threads, ends = open_streams(harness, container.address, 8)
    idle = socket.create_connection(("127.0.0.1", container.port))
    greeting = socket.create_connection(("127.0.0.1", container.port))
    greeting.sendall(HTTP2_GREETING)
    begun = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    code = outer.wait(STOP_SECONDS_MAX + 5)
    took = time.monotonic() - begun
    for thread in threads:
        thread.join(5)
    idle.close(), greeting.close(), channel.close()
    assert code == 0 and took < STOP_SECONDS_MAX, f"exit code {code} after {took:.1f} s:\n{container.log.read_text()}"
    assert ends == ["UNAVAILABLE"] * 8, ends
    assert not container.written(), container.written()
    print(f"SIGTERM with 8 open streams and 2 idle sockets: exit code 0 after {took:.2f} s")


def a_kill_leaves_a_volume_that_goes_on(harness, container, chance):
    last = "1.0"
    for number_of_kill in range(3):
        outer = container.run("serve")
        healthy(container)
        assert number(head(container.address)) >= number(last), "acknowledged revisions are gone"
        last = record(harness, container.address, chance, 50, 1 + 50 * number_of_kill)
        os.kill(process_one(outer), signal.SIGKILL)
        outer.wait(10)
    outer = container.run("serve")
    healthy(container)
    reached = head(container.address)
    assert number(reached) >= number(last), f"{last} was acknowledged, {reached} is there"
    os.kill(process_one(outer), signal.SIGTERM)
    assert outer.wait(STOP_SECONDS_MAX + 5) == 0
    verified = container.run("ledger", "verify", "--data", "/data").wait()
    assert verified == 0, container.log.read_text()
    print(f"3 kills: {last} was acknowledged, {reached} is there, the ledger is whole")


def main():
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
    import random

    import harness

    program = sys.argv[1]
    size = os.path.getsize(program)
    assert is_static(program), f"{program} asks for a loader; build it with -C target-feature=+crt-static"
    print(f"static, {size / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory(prefix="credence-container-") as folder:
        harness.make_stubs(folder)
        chance = random.Random(harness.seed())
        for case in (a_stop_ends_streams_and_idle_sockets, a_kill_leaves_a_volume_that_goes_on):
            place = Path(folder) / case.__name__
            place.mkdir()
            container = Container(program, place)
            try:
                case(harness, container, chance)
            finally:
                container.end()


if __name__ == "__main__":
    if len(sys.argv) > 4 and sys.argv[1] == "--inside":
        inside(sys.argv[2], sys.argv[3], sys.argv[4:])
    main()
