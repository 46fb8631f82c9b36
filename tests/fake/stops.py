"""Runs that are stopped from outside, and runs at a terminal."""

CASES = []
