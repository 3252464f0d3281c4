#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run cases where this process stands, and write down what came of each.

    runner.py DIR CASE...

The same file runs in a network namespace and in the enclave guest. DIR holds
plan.json (see plan() in forms.py) and gets CASE.json for each case: exit
status, output, when it began and ended. Judging is the caller's part.
Standard library only.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time

from cases import BY_NAME, PATH, Case

PRELUDE = """
set -euo pipefail
sha256() { sha256sum | cut -d' ' -f1; }
run() { %s "$@"; }
"""


def environment(plan: dict, case: Case, scratch: str) -> dict[str, str]:
    """Nothing of the caller's: only what a user would set, and the inputs."""
    ca = plan["ca"]
    return {
        "PATH": PATH, "HOME": scratch,
        "LC_ALL": "C.UTF-8", "AWS_DEFAULT_REGION": plan["region"],
        "AWS_ACCESS_KEY_ID": plan["key"],
        "AWS_SECRET_ACCESS_KEY": plan["secret_key"],
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CA_BUNDLE": ca, "REQUESTS_CA_BUNDLE": ca, "CURL_CA_BUNDLE": ca,
        "SSL_CERT_FILE": ca, "NODE_EXTRA_CA_CERTS": ca, "CA": ca,
        "SCRATCH": scratch, "PROGRAMS": plan["programs"],
        "PYTHONDONTWRITEBYTECODE": "1",
        **plan["files"], **plan["urls"][case.name]}


def run(plan: dict, case: Case, directory: str) -> dict:
    scratch = os.path.join(directory, "scratch-" + case.name)
    os.makedirs(scratch, exist_ok=True)
    script = PRELUDE % shlex.join(plan["wrap"]) + case.script
    start = time.time()
    process = subprocess.Popen(
        ["/bin/bash", "-c", script], env=environment(plan, case, scratch),
        cwd=scratch, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True)
    try:
        out, err = process.communicate(timeout=case.seconds)
    except subprocess.TimeoutExpired:
        # The session is ours: whatever the client has started goes too.
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        err += f"\nkilled after {case.seconds} s\n".encode()
    return {"status": process.returncode, "start": start, "end": time.time(),
            "out": out.decode("utf-8", "replace"),
            "err": err.decode("utf-8", "replace")}


def main() -> None:
    directory, *names = sys.argv[1:]
    with open(os.path.join(directory, "plan.json"), encoding="utf-8") as file:
        plan = json.load(file)
    for name in names:
        result = run(plan, BY_NAME[name], directory)
        # In one step, so that a guest that dies leaves no half result.
        path = os.path.join(directory, name + ".json")
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(result, file)
        os.rename(path + ".new", path)


main()
