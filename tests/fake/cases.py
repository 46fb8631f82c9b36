"""All cases, from the tables of their kinds."""

import os
import re

import choices
import deaths
import diagnosis
import failures
import mistakes
import patience_cases
import person
import recover
import refusals
import routes
import runbooks
import stops
import typing_cases
import warm_cases
from trial import SOURCE, Case, Result, must

SOURCE_OF_CODES = os.path.join(SOURCE, "driver/base/failure.c")
# What has to do with fetching an ISO is tested elsewhere, what the plan alone refuses (tests/plan), and a recording
# that cannot be written (unit/test_record.c), or is played back (tests/recordings).
ELSEWHERE = {0, *range(28, 40), 61, 70, 71, 72, 110, 120}


def every_code(_trial):
    """Each exit code of the program's table is wanted by a case."""
    with open(SOURCE_OF_CODES, encoding="utf-8") as source:
        codes = {int(code) for code in re.findall(r'^ +(?:\[.*\] =\s+)?\{"[a-z0-9-]+",\s+(\d+),', source.read(), re.M)}
    wanted = {case.exit for case in CASES + SLOW}
    must(len(codes) > 40, "the table of exit codes has another form now:", codes)
    missing = codes - wanted - ELSEWHERE
    must(not missing, "no case ends with", sorted(missing))
    return Result(0, "", "")


CASES = [*choices.CASES, *typing_cases.CASES, *refusals.CASES, *failures.CASES, *deaths.CASES, *mistakes.CASES, *stops.CASES,
         *diagnosis.CASES, *person.CASES, *patience_cases.CASES, *recover.CASES, *routes.CASES,
         *warm_cases.CASES, *runbooks.CASES,
         Case("table/exit-codes", disk="", run=every_code)]
SLOW = patience_cases.SLOW
