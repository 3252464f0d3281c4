# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what probes print: the Test Anything Protocol, with `# running N -`
before each case, so that the case that ended the program has a name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

PLAN = re.compile(r"1\.\.(\d+)")
RUNNING = re.compile(r"# running (\d+) - (.*)")
RESULT = re.compile(r"(not )?ok (\d+) - (.*?)(?: # SKIP (.*))?")


@dataclass
class Case:
    number: int
    name: str
    passed: bool
    skip: str | None = None
    notes: list[str] = field(default_factory=list)


@dataclass
class Tap:
    """One program's results; @running is the case that has not ended."""

    plan: int = 0
    cases: list[Case] = field(default_factory=list)
    running: Case | None = None
    notes: list[str] = field(default_factory=list)

    def feed(self, line: str) -> None:
        if match := PLAN.fullmatch(line):
            self.plan = int(match[1])
        elif match := RUNNING.fullmatch(line):
            self.running = Case(int(match[1]), match[2], False)
            self.notes = []
        elif match := RESULT.fullmatch(line):
            self.cases.append(Case(int(match[2]), match[3], not match[1],
                                   match[4], self.notes))
            self.running, self.notes = None, []
        else:
            self.notes.append(line)


def parse(text: str) -> Tap:
    tap = Tap()
    for line in text.splitlines():
        tap.feed(line)
    return tap
