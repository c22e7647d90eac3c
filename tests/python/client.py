#!/usr/bin/env python3
"""A client made from the proto files alone: imports, breaks off and resumes, reads errors, pages, looks
at health and reflection, and watches the server stop. Takes and prints a seed (SEED=...)."""

import queue
import random
import socket
import sys
import threading

import grpc
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status
from stdnum.cn import ric, uscc

import harness
from harness import Rows, Server, Tests, equal, request_id

DOMAIN = "credence.supervision"
SERVICE = "credit.supervision.v1.CommitmentService"


class World:
    """One server, its stubs, and what the tests need of it."""

    def __init__(self, server, chance):
        from credit.supervision.v1 import commitment_service_pb2 as pb
        from credit.supervision.v1 import commitment_service_pb2_grpc as rpc
        from credit.supervision.v1 import record_service_pb2 as record_pb
        from credit.supervision.v1 import record_service_pb2_grpc as record_rpc
        from credit.supervision.v1 import operations_service_pb2 as operations_pb
        from credit.supervision.v1 import operations_service_pb2_grpc as operations_rpc

        self.pb, self.operations_pb = pb, operations_pb
        self.server, self.chance = server, chance
        self.channel = server.channel()
        self.client = rpc.CommitmentServiceStub(self.channel)
        self.operations = operations_rpc.OperationsServiceStub(self.channel)
        self.stub = rpc.CommitmentServiceStub
        self.rows = Rows(pb, chance, harness.accepting_body(self.channel))
        self.record_pb, self.record_stub = record_pb, record_rpc.RecordServiceStub
        self.records = self.record_stub(self.channel)
        self.penalties = 0

    def batch(self, count):
        return self.pb.ImportCommitmentsRequest(request_id=request_id(self.chance), rows=self.rows.many(count))

    def record(self, rows):
        return self.client.RecordCommitments(
            self.pb.RecordCommitmentsRequest(request_id=request_id(self.chance), rows=rows))

    def total(self):
        return self.client.CountCommitments(self.pb.CountCommitmentsRequest()).total

    def names(self, page_size=50, between=lambda page: None):
        """All names, page by page; `between` is called after each page."""
        names, token, page = [], "", 0
        while True:
            answer = self.client.ListCommitments(
                self.pb.ListCommitmentsRequest(page_size=page_size, page_token=token))
            names += [one.name for one in answer.commitments]
            token, page = answer.next_page_token, page + 1
            if not token:
                return names
            between(page)


def details_of(error):
    """The details of a failed call by the names of their types."""
    status = rpc_status.from_call(error)
    if status is None:
        raise AssertionError(f"{error.code()} carries no details: {error.details()}")
    return unpacked(status)


def unpacked(status):
    found = {}
    for detail in status.details:
        name = detail.TypeName().rpartition(".")[2]
        message = getattr(error_details_pb2, name)()
        detail.Unpack(message)
        found[name] = message
    return found


def fails(code, reason, call):
    try:
        call()
    except grpc.RpcError as error:
        equal(error.code(), code, f"code of {error.details()!r}")
        details = details_of(error)
        equal((details["ErrorInfo"].reason, details["ErrorInfo"].domain), (reason, DOMAIN), "ErrorInfo")
        equal(details["LocalizedMessage"].locale, "zh-CN", "LocalizedMessage")
        assert any(ord(one) > 0x4E00 for one in details["LocalizedMessage"].message), details["LocalizedMessage"]
        return details
    raise AssertionError(f"the call succeeded; {code} was expected")


def the_numbers_of_the_rows_are_valid_for_another_program(world):
    for _ in range(200):
        assert uscc.is_valid(harness.social_credit_code(world.chance))
        number = harness.resident_id(world.chance)
        equal(ric.calc_check_digit(number), number[-1], "check digit of a resident ID")


def an_import_is_answered_batch_by_batch_in_order(world):
    before = world.total()
    batches = [world.batch(20) for _ in range(8)]
    answers = list(world.client.ImportCommitments(iter(batches)))
    equal([one.request_id for one in answers], [one.request_id for one in batches], "order of answers")
    for answer in answers:
        equal(answer.WhichOneof("answer"), "result", str(answer.refusal))
        equal((answer.result.created_count, answer.result.replayed), (20, False), "a fresh batch")
        equal([one.index for one in answer.result.results], list(range(20)), "indices")
    equal(world.total(), before + 160, "commitments recorded")


def a_refused_batch_is_an_answer_and_the_stream_goes_on(world):
    good = [world.batch(3), world.batch(3)]
    bad = world.pb.ImportCommitmentsRequest(request_id="not a uuid", rows=world.rows.many(1))
    answers = list(world.client.ImportCommitments(iter([good[0], bad, good[1]])))
    equal([one.WhichOneof("answer") for one in answers], ["result", "refusal", "result"], "answers")
    equal(answers[1].refusal.code, grpc.StatusCode.INVALID_ARGUMENT.value[0], "code of the refusal")
    equal(unpacked(answers[1].refusal)["ErrorInfo"].domain, DOMAIN, "ErrorInfo of the refusal")


def a_broken_import_is_resumed_and_every_record_is_there_once(world):
    before = set(world.names(500))
    batches = [world.batch(25) for _ in range(12)]
    answered, sent = {}, queue.SimpleQueue()

    def outgoing():
        for batch in batches:
            sent.put(batch.request_id)
            yield batch

    # The first connection is cut after the third answer, with batches still on their way.
    with world.server.channel() as channel:
        call = world.stub(channel).ImportCommitments(outgoing())
        for answer in call:
            answered[answer.request_id] = answer.result
            if len(answered) == 3:
                break
        call.cancel()
    assert sent.qsize() >= 3, "batches were sent before the cut"
    left = [one for one in batches if one.request_id not in answered]
    assert left, "something was unanswered at the cut"

    # What was not answered goes out again under the same ids.
    with world.server.channel() as channel:
        for answer in world.stub(channel).ImportCommitments(iter(left)):
            equal(answer.WhichOneof("answer"), "result", str(answer.refusal))
            answered[answer.request_id] = answer.result
    equal(set(answered), {one.request_id for one in batches}, "answered batches")
    names = []
    for result in answered.values():
        equal((result.created_count, result.repeated_count), (25, 0), f"replayed {result.replayed}")
        names += [one.name for one in result.results]
    listed = [one for one in world.names(500) if one not in before]
    equal(sorted(listed), sorted(names), "records listed")
    equal(len(set(listed)), len(batches) * 25, "records, each once")

    # Everything again: the same answers, and nothing recorded.
    total = world.total()
    for answer in world.client.ImportCommitments(iter(batches)):
        equal(answer.result.replayed, True, "replayed")
        first = answered[answer.request_id]
        equal([(one.outcome, one.revision) for one in answer.result.results],
              [(one.outcome, one.revision) for one in first.results], "the first answer")
    equal(world.total(), total, "commitments after the replay")


def repeats_and_corrections_are_told_apart(world):
    pb = world.pb
    row = world.rows.good("ORGANISATION")
    first = world.record([row]).results[0]
    equal(first.outcome, pb.OUTCOME_CREATED, "first")
    again = world.record([row]).results[0]
    equal((again.outcome, again.revision), (pb.OUTCOME_REPEATED, first.revision), "the same content")
    other = pb.CommitmentRow()
    other.CopyFrom(row)
    other.remarks = "更正"
    corrected = world.record([other]).results[0]
    equal((corrected.outcome, corrected.snapshot), (pb.OUTCOME_CORRECTED, 2), "other content")
    equal(world.record([row]).results[0].outcome, pb.OUTCOME_REPEATED, "the old content after the correction")
    now = world.client.GetCommitment(pb.GetCommitmentRequest(name=first.name))
    equal((now.remarks, now.snapshot_count), ("更正", 2), "the commitment")
    old = world.client.GetCommitment(pb.GetCommitmentRequest(name=first.name, snapshot=1))
    equal((old.remarks, old.snapshot), ("", 1), "its first snapshot")


def record_rows(world, count):
    """Good rows of penalties, each of an organisation of its own."""
    pb, chance, body = world.record_pb, world.chance, world.rows.body
    rows = []
    for _ in range(count):
        world.penalties += 1
        items = {
            "CF_XDR_MC": f"（测试）第{world.penalties}号", "CF_XDR_LB": "法人及非法人组织",
            "CF_XDR_SHXYM": harness.social_credit_code(chance), "CF_FRDB": "测试王〇一",
            "CF_WSH": f"（测）罚〔2024〕{world.penalties}号", "CF_WFXW": "未按规定公示信息", "CF_SY": "经查属实。",
            "CF_YJ": "依据有关规定", "CF_CFLB": "罚款", "CF_NR": "罚款2000元", "CF_NR_FK": "0.2",
            "CF_JDRQ": harness.TODAY.isoformat(), "CF_YXQ": "2099-12-31",
            "CF_CFJG": body.title_chinese, "CF_CFJGDM": body.social_credit_code,
            "CF_SJLY": body.title_chinese, "CF_SJLYDM": body.social_credit_code,
        }
        items = [pb.RecordItem(code=code, text=text) for code, text in items.items()]
        rows.append(pb.RecordRow(layout="PENALTY_V2", items=items))
    return rows


def a_broken_import_of_records_is_resumed_and_every_record_is_there_once(world):
    pb = world.record_pb
    batches = [
        pb.ImportRecordsRequest(request_id=request_id(world.chance), rows=record_rows(world, 10),
                                source=pb.RecordSource(system="测试"))
        for _ in range(6)
    ]
    answered = {}
    with world.server.channel() as channel:
        call = world.record_stub(channel).ImportRecords(iter(batches))
        for answer in call:
            equal(answer.WhichOneof("answer"), "result", str(answer.refusal))
            answered[answer.request_id] = answer.result
            if len(answered) == 2:
                break
        call.cancel()
    left = [one for one in batches if one.request_id not in answered]
    for answer in world.records.ImportRecords(iter(left)):
        answered[answer.request_id] = answer.result
    for result in answered.values():
        equal((result.created_count, result.refused_count), (10, 0), str(result.results[0].findings))
    names = [one.name for result in answered.values() for one in result.results]
    equal(len(set(names)), 60, "records, each once")
    equal(world.records.CountRecords(pb.CountRecordsRequest()).total, 60, "records counted")
    again = list(world.records.ImportRecords(iter(batches)))
    equal([one.result.replayed for one in again], [True] * 6, "replayed")
    read = world.records.GetRecord(pb.GetRecordRequest(name=names[0]))
    fine = [one.fen for one in read.items if one.code == "CF_NR_FK"]
    equal((fine, read.source.system), ([200_000], "测试"), "a fine in fen, and its source")


def persons_come_back_masked(world):
    row = world.rows.good("PERSON")
    name = world.record([row]).results[0].name
    answer = world.client.GetCommitment(world.pb.GetCommitmentRequest(name=name))
    equal(answer.subject_code, row.subject_code[:4] + "*" * 10 + row.subject_code[-4:], "masked number")
    text = str(answer)
    assert row.subject_code not in text and row.subject_name not in text, "the answer holds the person in full"


def errors_carry_reason_and_both_languages(world):
    pb = world.pb
    invalid, missing = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
    name = f"commitments/{world.rows.body.social_credit_code}-{harness.DIVISION}20240101999999"
    fails(missing, "COMMITMENT_UNKNOWN", lambda: world.client.GetCommitment(pb.GetCommitmentRequest(name=name)))
    page = pb.ListCommitmentsRequest(page_size=-1)
    details = fails(invalid, "MALFORMED_VALUE", lambda: world.client.ListCommitments(page))
    violations = details["BadRequest"].field_violations
    assert any(one.field == "page_size" for one in violations), violations
    empty = pb.RecordCommitmentsRequest(request_id=request_id(world.chance))
    fails(invalid, "BATCH_EMPTY", lambda: world.client.RecordCommitments(empty))


def a_request_id_with_other_content_is_a_named_conflict(world):
    pb = world.pb
    request = pb.RecordCommitmentsRequest(request_id=request_id(world.chance), rows=world.rows.many(2))
    world.client.RecordCommitments(request)
    equal(world.client.RecordCommitments(request).replayed, True, "the same request again")
    other = pb.RecordCommitmentsRequest(request_id=request.request_id, rows=world.rows.many(2))
    fails(grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED", lambda: world.client.RecordCommitments(other))


def a_list_shows_each_row_once_while_writes_go_on(world):
    before = world.names(500)
    stop, written, trouble = threading.Event(), [], []
    chance = random.Random(world.chance.getrandbits(64))
    rows = Rows(world.pb, chance, world.rows.body, first_serial=800_000)

    def write():
        try:
            with world.server.channel() as channel:
                client = world.stub(channel)
                while not stop.is_set():
                    request = world.pb.RecordCommitmentsRequest(request_id=request_id(chance), rows=rows.many(3))
                    written.extend(one.name for one in client.RecordCommitments(request).results)
        except Exception as error:
            trouble.append(error)

    writer = threading.Thread(target=write)
    pages = []
    begun = []

    def between(page):
        # The writes begin behind the first page: none of them may show up on a later one.
        if not begun:
            writer.start()
            begun.append(True)
        pages.append(page)
        seen = len(written)
        while len(written) == seen and writer.is_alive():
            writer.join(0.002)

    listed = world.names(7, between)
    stop.set()
    writer.join()
    equal(trouble, [], "the writer")
    equal(listed, before, "rows listed, in the order of recording")
    assert len(pages) > 10 and len(written) >= len(pages), "writes went on between the pages"
    equal(len(world.names(500)), len(before) + len(written), "a new list")


def another_filter_under_a_page_token_is_refused(world):
    pb = world.pb
    first = world.client.ListCommitments(pb.ListCommitmentsRequest(page_size=5))
    other = pb.ListCommitmentsRequest(
        page_size=5, page_token=first.next_page_token,
        filter=pb.CommitmentFilter(kind=pb.COMMITMENT_KIND_VOLUNTARY))
    fails(grpc.StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_FOREIGN", lambda: world.client.ListCommitments(other))


def every_answer_names_its_revision(world):
    _, call = world.client.CountCommitments.with_call(world.pb.CountCommitmentsRequest())
    revision = dict(call.initial_metadata()).get("credence-revision")
    epoch, _, number = (revision or "").partition(".")
    assert epoch.isdigit() and number.isdigit(), f"credence-revision is {revision!r}"
    recorded = world.record(world.rows.many(1)).revision
    request = world.pb.CountCommitmentsRequest(min_revision=recorded)
    answer = world.client.CountCommitments(request)
    assert [int(one) for one in answer.revision.split(".")] >= [int(one) for one in recorded.split(".")]


def health_is_answered_for_the_server_and_its_services(world):
    health = health_pb2_grpc.HealthStub(world.channel)
    for service in ("", SERVICE):
        answer = health.Check(health_pb2.HealthCheckRequest(service=service))
        equal(answer.status, health_pb2.HealthCheckResponse.SERVING, service)
        watch = health.Watch(health_pb2.HealthCheckRequest(service=service), timeout=30)
        equal(next(watch).status, health_pb2.HealthCheckResponse.SERVING, f"watch of {service!r}")
        watch.cancel()


def reflection_v1alpha_shows_the_public_services(world):
    database = ProtoReflectionDescriptorDatabase(world.channel)
    services = set(database.get_services())
    for name in ("CommitmentService", "SubjectService", "CatalogService", "OperationsService"):
        assert f"credit.supervision.v1.{name}" in services, services
    assert not any("stored" in one for one in services), services
    found = database.FindFileContainingSymbol(SERVICE)
    assert any(one.name == "CommitmentService" for one in found.service)
    assert database.FindFileContainingSymbol("google.rpc.ErrorInfo").package == "google.rpc"


def reflection_v1_answers_a_raw_call(world):
    # Both versions of reflection have the same messages on the wire.
    call = world.channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    asks = [reflection_pb2.ServerReflectionRequest(list_services=""),
            reflection_pb2.ServerReflectionRequest(file_containing_symbol=SERVICE)]
    listed, described = list(call(iter(asks)))
    assert SERVICE in [one.name for one in listed.list_services_response.service]
    assert described.file_descriptor_response.file_descriptor_proto


def a_stop_with_an_open_stream_and_a_silent_socket_ends_well(world):
    silent = socket.create_connection(("127.0.0.1", world.server.port))
    batch, more, started = world.batch(5), threading.Event(), queue.SimpleQueue()

    def outgoing():
        yield batch
        more.wait(60)

    call = world.client.ImportCommitments(outgoing())
    equal(next(call).request_id, batch.request_id, "answer before the stop")
    watch = health_pb2_grpc.HealthStub(world.channel).Watch(health_pb2.HealthCheckRequest(service=""))
    equal(next(watch).status, health_pb2.HealthCheckResponse.SERVING, "health before the stop")

    def watched():
        try:
            started.put([one.status for one in watch])
        except grpc.RpcError as error:
            started.put(error.code())

    watcher = threading.Thread(target=watched, daemon=True)
    watcher.start()
    code, seconds = world.server.stop()
    more.set()
    silent.close()
    equal(code, 0, f"exit code after {seconds:.1f} s")
    assert seconds < 10, seconds
    try:
        rest = list(call)
        raise AssertionError(f"the stream ended without a status that says why: {rest}")
    except grpc.RpcError as error:
        equal(error.code(), grpc.StatusCode.UNAVAILABLE, error.details())
        equal(details_of(error)["ErrorInfo"].reason, "SHUTTING_DOWN", "reason")
    watcher.join(10)
    assert not started.empty(), "the watch of health did not end"


def everything_is_there_after_a_restart(world, folder, total):
    server = Server(folder)
    try:
        again = World(server, world.chance)
        equal(again.total(), total, "commitments after the restart")
        equal(server.stop()[0], 0, "exit code")
    finally:
        server.end()


def main():
    chance = random.Random(harness.seed())
    tests = Tests(sys.argv[1] if len(sys.argv) > 1 else "")
    with harness.temporary_folder() as folder:
        harness.make_stubs(folder)
        server = Server(folder)
        try:
            world = World(server, chance)
            for test in (
                the_numbers_of_the_rows_are_valid_for_another_program,
                an_import_is_answered_batch_by_batch_in_order,
                a_refused_batch_is_an_answer_and_the_stream_goes_on,
                a_broken_import_is_resumed_and_every_record_is_there_once,
                a_broken_import_of_records_is_resumed_and_every_record_is_there_once,
                repeats_and_corrections_are_told_apart,
                persons_come_back_masked,
                errors_carry_reason_and_both_languages,
                a_request_id_with_other_content_is_a_named_conflict,
                a_list_shows_each_row_once_while_writes_go_on,
                another_filter_under_a_page_token_is_refused,
                every_answer_names_its_revision,
                health_is_answered_for_the_server_and_its_services,
                reflection_v1alpha_shows_the_public_services,
                reflection_v1_answers_a_raw_call,
            ):
                tests.run(test, world)
            total = world.total() + 5
            tests.run(a_stop_with_an_open_stream_and_a_silent_socket_ends_well, world)
            tests.run(everything_is_there_after_a_restart, world, folder, total)
        finally:
            server.end()
    return tests.close()


if __name__ == "__main__":
    sys.exit(main())
