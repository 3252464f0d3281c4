#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs probes inside the namespace or guest of one form.

    inside.py FORM SANITIZER|- BUILD OUT PROBE...

Leaves OUT/PROBE.tap and OUT/PROBE.err; tests/probes/run reads them.  A probe
that dies or hangs in a case is started again behind it, so that one defect
does not hide the next.
"""

from __future__ import annotations

import concurrent.futures
import subprocess
import sys
import tempfile
from pathlib import Path

import forms
import tap
from sanitizers import SANITIZERS

PROBE_SECONDS = 600
# They connect as fast as they can: beside them a listener's queue may be full,
# which others would take for a refusal.
FLOODS = ("probe_leak", "probe_threads")
OK = "it ended with status 0"
VALGRIND_FOUND = "it ended with status 9"
HERE = Path(__file__).resolve().parent
VALGRIND = ["valgrind", "-q", "--leak-check=full", "--error-exitcode=9",
            "--errors-for-leak-kinds=definite"]


def command(probe: str, build: Path) -> list[str]:
    """The command of "probe_x", "probe_x.py" or "probe_x@valgrind"."""
    name, _, how = probe.partition("@")
    if name.endswith(".py"):
        return ["/usr/bin/python3", str(HERE / name)]
    return [*(VALGRIND if how == "valgrind" else []),
            str(build / "probes" / name)]


def run_once(argv: list[str], env: dict[str, str], err) -> tuple[str, str]:
    """What it printed, and how it ended where that was no good."""
    proc = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=err)
    try:
        out, _ = proc.communicate(timeout=PROBE_SECONDS)
        end = f"it ended with status {proc.returncode}"
    except subprocess.TimeoutExpired:
        proc.kill()
        out, _ = proc.communicate()
        end = f"it did not end within {PROBE_SECONDS} s"
    return out.decode(errors="replace"), end


def run_probe(probe: str, prefix: list[str], env: dict[str, str],
              build: Path, out: Path) -> None:
    done, plan, text = 0, 1, ""
    argv = prefix + command(probe, build)
    with open(out / f"{probe}.err", "wb") as err:
        while done < plan:
            again = {"PROBE_FROM": str(done + 1)} if done else {}
            more, end = run_once(argv, env | again, err)
            text += more if more.endswith("\n") or not more else more + "\n"
            seen = tap.parse(text)
            plan = max(plan, seen.plan)
            if seen.running or not more:
                case = seen.running or tap.Case(done + 1, "(start)", False)
                text += f"# {end}\nnot ok {case.number} - {case.name}\n"
                done = case.number if seen.plan else plan
            else:
                done = max([c.number for c in seen.cases], default=plan)
        # What a sanitizer or valgrind found shows in the exit status only.
        if end != OK and all(c.passed for c in tap.parse(text).cases):
            text += f"# {end}\nnot ok {plan} - (exit status)\n"
        elif "@valgrind" in probe and end == VALGRIND_FOUND:
            text += f"# {end}\nnot ok {plan} - (valgrind found errors)\n"
    (out / f"{probe}.tap").write_text(text)


def start_server(form: str, build: Path, scratch: Path) -> subprocess.Popen:
    where = f"unix:{scratch}" if form == "unix" else "tcp"
    server = subprocess.Popen([build / "probes" / "server", where],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdout is not None
    if server.stdout.readline() != b"ready\n":
        raise SystemExit("inside.py: the server did not start")
    return server


def main() -> None:
    form, sanitizer = sys.argv[1:3]
    build, out = Path(sys.argv[3]), Path(sys.argv[4])
    probes = sys.argv[5:]
    with tempfile.TemporaryDirectory(prefix="probes.") as name:
        scratch = Path(name)
        forms.furnish(form, scratch)
        server = (start_server(form, build, scratch)
                  if not form.startswith("vsock") else None)
        conf = forms.configuration(form, scratch)
        prefix = forms.wrapper(build, conf)
        env = forms.environment(form, build)
        if sanitizer in SANITIZERS:
            prefix = []
            env |= SANITIZERS[sanitizer].environment(build, conf)
            env["PROBE_SANITIZER"] = sanitizer
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            jobs = [pool.submit(run_probe, p, prefix, env, build, out)
                    for p in probes if p not in FLOODS]
            for job in jobs:
                job.result()
        for p in probes:
            if p in FLOODS:
                run_probe(p, prefix, env, build, out)
        if server:
            server.communicate()


if __name__ == "__main__":
    main()
