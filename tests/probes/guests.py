# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs probes in the lab (tests/vm): server in the parent guest, probes in the
enclave guest, over real AF_VSOCK.  One boot for all."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
LAB = HERE.parent / "vm" / "run"
CANNOT_RUN = 77  # exit status of tests/vm/run
SECONDS = 900

PARENT = """#!/bin/bash
set -eu
. "$VM_LIB"
# The server serves until its stdin ends.
mkfifo /tmp/stdin
: >/tmp/stdout
exec 3<>/tmp/stdin
{server} vsock <&3 >/tmp/stdout &
vm_wait 30 'the server' grep -q ready /tmp/stdout
parent_ready
serve_until_stop $!
"""

ENCLAVE = """#!/bin/bash
set -eu
. "$VM_LIB"
wait_for_parent
{inside}
"""


class LabMissing(Exception):
    """This machine cannot run the lab."""


def run(kernel: str, build: Path, out: Path, inside: list[str]) -> None:
    """Runs @inside in the enclave guest; its results are left in @out."""
    enclave, parent = out / "enclave.sh", out / "parent.sh"
    server = shlex.quote(str(build / "probes" / "server"))
    parent.write_text(PARENT.format(server=server))
    enclave.write_text(ENCLAVE.format(inside=shlex.join(inside)))
    status = subprocess.run([LAB, "-k", kernel, "-t", str(SECONDS), "-o", out,
                             enclave, parent], check=False).returncode
    if status == CANNOT_RUN:
        raise LabMissing(f"tests/vm/run -k {kernel} cannot run here")
    if status:
        print(f"      tests/vm/run -k {kernel}: exit status {status}")
