"""The data of --report's page, as the program has put it in."""

import json
import os
import re

from trial import must


def page_data(trial, name="run.html"):
    path = os.path.join(trial.folder, name)
    with open(path, encoding="utf-8") as file:
        found = re.search(r'<script type="application/json" id="data">([^<]*)</script>', file.read())
    must(found, "the page has no data")
    must(os.stat(path).st_mode & 0o777 == 0o600, "others may read the page")
    return json.loads(found.group(1))


def events_of(data, kind):
    return [event for event in data["events"] if event["type"] == kind]


def good_page(trial, result):
    """Of a run that went well: all of it, mdev's log too."""
    data = page_data(trial)
    must("the report is run.html" in result.out, "the report is not told of")
    must({state["dialogue"] for state in events_of(data, "state")} >= {"login", "fdisk", "e2fsck", "resize2fs"}, data["events"])
    must(events_of(data, "proof")[0]["proof"]["outcome"] == "proved" and events_of(data, "end")[0]["code"] == 0, data["events"])
    must("ACTION:" in data["mdev_log"] and data["timing"] and "e2fsck 1." in data["console"][0]["bytes"], data.keys())


def bad_page(trial, result):
    """Of a run that failed: the failure, with what is known of it."""
    data = page_data(trial)
    failure = events_of(data, "failure")[0]
    must(failure["code"] == result.code and data["stages"][failure["stage"]] and failure["dialogue"] == "resize2fs", failure)
