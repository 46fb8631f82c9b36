"""All cases, from the tables of their kinds."""

import choices
import failures
import mistakes
import refusals
import stops
import typing_cases

CASES = [*choices.CASES, *typing_cases.CASES, *refusals.CASES, *failures.CASES, *mistakes.CASES, *stops.CASES]
