"""What the tests in Python share: a server of their own, stubs from the proto files, rows, and a tally."""

import contextlib
import datetime
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import uuid
from pathlib import Path

import grpc
import grpc_tools
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parents[2]
CLOCK = "2024-06-28T09:00:00+08:00"
TODAY = datetime.date(2024, 6, 28)
DIVISION = "150802"
CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def make_stubs(folder):
    """Compiles the proto files, and nothing else of the project, into Python modules in `folder`."""
    proto = ROOT / "proto"
    included = Path(grpc_tools.__file__).parent / "_proto"
    files = sorted(str(path.relative_to(proto)) for path in proto.glob("credit/supervision/v1/*.proto"))
    # google/rpc comes as a package with its own modules; here it is only looked up.
    code = protoc.main([
        "protoc", f"-I{proto}", f"-I{ROOT / 'third_party/proto'}", f"-I{included}",
        f"--python_out={folder}", f"--grpc_python_out={folder}", *files,
    ])
    if code != 0:
        raise SystemExit("the proto files do not compile")
    sys.path.insert(0, str(folder))


class Server:
    """The program under test on a free port of loopback, with a folder of its own and a test clock."""

    def __init__(self, folder, clock=CLOCK, arguments=(), cwd=None):
        self.folder = Path(folder)
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        program = os.environ.get("CREDENCE_BIN", str(ROOT / "target/debug/credence"))
        command = [program, "serve", "--data", str(self.folder / "data"), "--listen", self.address, "--clock", clock,
                   *arguments]
        self.log = open(self.folder / "server.log", "ab")
        # The variable that names the binary is ours; the server takes every CREDENCE_* for a setting.
        environment = {name: value for name, value in os.environ.items() if name != "CREDENCE_BIN"}
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT, env=environment,
                                        cwd=cwd)
        self._wait_until_serving()

    def _wait_until_serving(self):
        from grpc_health.v1 import health_pb2, health_pb2_grpc

        until = time.monotonic() + 60
        with self.channel() as channel:
            health = health_pb2_grpc.HealthStub(channel)
            while True:
                if self.process.poll() is not None:
                    raise SystemExit(f"the server ended with {self.process.returncode}:\n{self.log_text()}")
                try:
                    answer = health.Check(health_pb2.HealthCheckRequest(), timeout=5, wait_for_ready=True)
                    if answer.status == health_pb2.HealthCheckResponse.SERVING:
                        return
                except grpc.RpcError:
                    pass
                if time.monotonic() > until:
                    raise SystemExit(f"the server does not serve within a minute:\n{self.log_text()}")

    def log_text(self):
        self.log.flush()
        return (self.folder / "server.log").read_text(errors="replace")

    def channel(self):
        return grpc.insecure_channel(self.address, [
            ("grpc.max_receive_message_length", 64 << 20),
            ("grpc.enable_http_proxy", 0),
            # Two channels to one address must be two connections.
            ("grpc.use_local_subchannel_pool", 1),
        ])

    def stop(self, within=10):
        """Asks the server to end; answers with its exit code and how many seconds that took."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = None
        return code, time.monotonic() - begun

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Tests:
    """Runs functions named as sentences and counts how they end."""

    def __init__(self, only=""):
        self.only = only
        self.passed = 0
        self.failed = []

    def run(self, function, *arguments):
        # A documented line is its own name; other names are sentences.
        name = function.__name__
        name = name if " " in name and "grpcurl" in name else name.replace("_", " ")
        if self.only not in name:
            return
        try:
            function(*arguments)
            self.passed += 1
            print(f"ok    {name}", flush=True)
        except Exception:
            self.failed.append(name)
            print(f"FAIL  {name}", flush=True)
            traceback.print_exc()

    def close(self):
        print(f"{self.passed} passed, {len(self.failed)} failed", flush=True)
        return 1 if self.failed or not self.passed else 0


def equal(found, expected, about=""):
    if found != expected:
        raise AssertionError(f"{about}: expected {expected!r}, found {found!r}")


def request_id(chance):
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


# --- numbers, composed by the standards' rules and checked by python-stdnum

def code_check(first):
    weight, total = 1, 0
    for character in first:
        total += CODE_ALPHABET.index(character) * weight
        weight = weight * 3 % 31
    return CODE_ALPHABET[(31 - total % 31) % 31]


def organisation_check(first):
    total = sum(int(one, 36) * weight for one, weight in zip(first, (3, 7, 9, 10, 5, 8, 4, 2)))
    return {10: "X", 11: "0"}.get(11 - total % 11) or str(11 - total % 11)


def social_credit_code(chance, prefix="91"):
    part = f"MA0{chance.randrange(100_000):05}"
    first = prefix + DIVISION + part + organisation_check(part)
    return first + code_check(first)


def resident_check(first):
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(first))
    return "10X98765432"[total % 11]


def resident_id(chance, birth=None):
    birth = birth or f"{chance.randrange(1955, 2005)}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}"
    first = f"{DIVISION}{birth}{chance.randrange(1000):03}"
    return first + resident_check(first)


def is_social_credit_code(text):
    """Whether a text passes both checks of a unified code: one in some hundred texts of digits does."""
    if len(text) != 18 or any(one not in CODE_ALPHABET for one in text):
        return False
    return organisation_check(text[8:16]) == text[16] and code_check(text[:17]) == text[17]


class Rows:
    """Makes good rows for one accepting body; every row has a code and a promisor of its own."""

    def __init__(self, pb, chance, body, first_serial=1):
        self.pb, self.chance, self.body = pb, chance, body
        self.serial = first_serial - 1

    def good(self, kind=None):
        pb, chance = self.pb, self.chance
        self.serial += 1
        kind = kind or chance.choice(["ORGANISATION", "INDIVIDUAL_BUSINESS", "PERSON"])
        person = kind == "PERSON"
        made_on = TODAY - datetime.timedelta(days=chance.randrange(60))
        code = resident_id(chance) if person else social_credit_code(chance, "91" if kind == "ORGANISATION" else "92")
        return pb.CommitmentRow(
            code=f"{DIVISION}{made_on:%Y%m%d}{self.serial:06}",
            subject_name=f"测试张〇{self.serial}" if person else f"（测试）第{self.serial}号",
            subject_kind=pb_value(f"SUBJECT_KIND_{kind}"),
            subject_code=code,
            kind=pb.COMMITMENT_KIND_APPROVAL_REPLACING,
            reason="申请食品经营许可",
            content="所填写的信息真实、准确，能够满足告知的条件、标准和要求。",
            liability="如违反承诺，自愿接受撤销许可决定。",
            made_on=made_on.isoformat(),
            valid_until=(made_on + datetime.timedelta(days=365)).isoformat(),
            accepting_body_name=self.body.title_chinese,
            accepting_body_code=self.body.social_credit_code,
            publication=pb.PUBLICATION_TYPE_LIMITED if person else pb.PUBLICATION_TYPE_PUBLIC,
        )

    def many(self, count, kind=None):
        return [self.good(kind) for _ in range(count)]


def pb_value(name):
    from credit.supervision.v1 import resources_pb2

    return resources_pb2.SubjectKind.Value(name)


def accepting_body(channel):
    """A body of a department that takes commitments, as the service's own catalogue names it."""
    from credit.supervision.v1 import catalog_service_pb2 as pb
    from credit.supervision.v1 import catalog_service_pb2_grpc as rpc

    catalog = rpc.CatalogServiceStub(channel)
    departments = catalog.ListDepartments(pb.ListDepartmentsRequest(page_size=500)).departments
    takers = {one.name for one in departments if any(word.startswith("commitment") for word in one.authorities)}
    bodies = catalog.ListBodies(pb.ListBodiesRequest(page_size=500)).bodies
    own = [one for one in bodies if one.department in takers and one.social_credit_code.startswith("11")]
    if not own:
        raise AssertionError("the catalogue names no body that takes commitments")
    return own[0]


@contextlib.contextmanager
def temporary_folder():
    with tempfile.TemporaryDirectory(prefix="credence-python-") as folder:
        yield Path(folder)


def seed():
    """The seed of this run, printed so that a failing run can be made again (SEED=...)."""
    value = int(os.environ.get("SEED") or random.SystemRandom().getrandbits(32))
    print(f"SEED={value}", flush=True)
    return value
