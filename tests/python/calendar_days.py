#!/usr/bin/env python3
"""The working days that the service serves, day by day against an independent calendar.

Every start day of 2024 to 2026 is asked for the ends of periods of 1, 2, 3, 7, 10, 15 and 20 working days, and
each year for the count of each of its months. The package compared with refuses 2027, and so must the
service: a period that reaches there is an error, never a count of Mondays to Fridays.
"""

import datetime
import sys

import chinese_calendar
import grpc
import harness
from harness import Server, Tests, equal

FIRST, LAST = datetime.date(2024, 1, 1), datetime.date(2026, 12, 31)
# Of every clock that the service or the rules of repair know, and some between.
LENGTHS = (1, 2, 3, 7, 10, 15, 20)
DAY = datetime.timedelta(days=1)


def is_working(day):
    return chinese_calendar.is_workday(day)


def end_of(start, length):
    """The end of a period by the other calendar; None where it leaves the years that calendar knows."""
    day, left = start, length
    while left:
        day += DAY
        if day > LAST:
            return None
        left -= is_working(day)
    return day


def refused(error):
    from google.rpc import error_details_pb2
    from grpc_status import rpc_status

    info = error_details_pb2.ErrorInfo()
    for detail in rpc_status.from_call(error).details:
        if detail.Unpack(info):
            return error.code(), info.reason, dict(info.metadata)
    raise AssertionError("an error without ErrorInfo")


def every_start_day_of_2024_to_2026_ends_its_periods_on_the_same_days(catalog, pb):
    starts = [FIRST + DAY * number for number in range((LAST - FIRST).days + 1)]
    pairs = [(start, length) for start in starts for length in LENGTHS]
    asked = [
        catalog.AddWorkingDays.future(
            pb.AddWorkingDaysRequest(start_on=start.isoformat(), working_days=length), timeout=60)
        for start, length in pairs
    ]
    compared = missing = 0
    for (start, length), call in zip(pairs, asked):
        expected = end_of(start, length)
        try:
            found = datetime.date.fromisoformat(call.result().end_on)
            equal(found, expected, f"{start} + {length}")
            compared += 1
        except grpc.RpcError as error:
            equal(expected, None, f"{start} + {length} was refused")
            equal(refused(error)[1:], ("CALENDAR_MISSING", {"year": "2027"}), f"{start} + {length}")
            missing += 1
    print(f"      {compared} ends compared, {missing} refused for want of 2027")
    equal(compared + missing, len(starts) * len(LENGTHS), "all pairs")
    equal(missing > 0, True, "the end of 2026 reaches 2027")


def each_month_of_each_year_has_the_same_number_of_working_days(catalog, pb):
    calendars = {one.year: one for one in catalog.ListCalendars(pb.ListCalendarsRequest()).calendars}
    equal(sorted(calendars), [2023, 2024, 2025, 2026], "years")
    for year, calendar in calendars.items():
        months = [0] * 12
        day = datetime.date(year, 1, 1)
        while day.year == year:
            months[day.month - 1] += is_working(day)
            day += DAY
        equal(list(calendar.working_days_by_month), months, year)
        equal(calendar.working_days, sum(months), year)


def both_refuse_2027(catalog, pb):
    try:
        chinese_calendar.is_workday(datetime.date(2027, 1, 4))
        raise AssertionError("the package knows 2027 by now: add the calendar")
    except NotImplementedError:
        pass
    try:
        catalog.CountWorkingDays(pb.CountWorkingDaysRequest(start_on="2026-12-31", end_on="2027-01-04"))
        raise AssertionError("the service counts days of 2027")
    except grpc.RpcError as error:
        equal(refused(error), (
            grpc.StatusCode.FAILED_PRECONDITION, "CALENDAR_MISSING", {"year": "2027"}), "the refusal")


def main():
    tests = Tests(sys.argv[1] if len(sys.argv) > 1 else "")
    with harness.temporary_folder() as folder:
        harness.make_stubs(folder)
        from credit.supervision.v1 import catalog_service_pb2 as pb
        from credit.supervision.v1 import catalog_service_pb2_grpc as rpc

        server = Server(folder)
        try:
            with server.channel() as channel:
                catalog = rpc.CatalogServiceStub(channel)
                for test in (
                    every_start_day_of_2024_to_2026_ends_its_periods_on_the_same_days,
                    each_month_of_each_year_has_the_same_number_of_working_days,
                    both_refuse_2027,
                ):
                    tests.run(test, catalog, pb)
        finally:
            server.end()
    return tests.close()


if __name__ == "__main__":
    sys.exit(main())
