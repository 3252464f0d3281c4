# SPDX-License-Identifier: GPL-3.0-or-later
"""What a build with a sanitizer needs to run probes, and which it cannot."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Sanitizer:
    library: str  # its runtime, which must come before ours in LD_PRELOAD
    variables: dict[str, str]
    leaves_out: dict[str, str] = field(default_factory=dict)  # probe: why

    def environment(self, build: Path, conf: Path | None) -> dict[str, str]:
        """Instead of the launcher, which would put our library first."""
        path = subprocess.run(["gcc", f"-print-file-name={self.library}"],
                              check=True, capture_output=True,
                              text=True).stdout.strip()
        if not conf:
            return self.variables
        return {"LD_PRELOAD": f"{path}:{build}/libvsockwrap.so",
                "VSOCKWRAP_CONFIG": str(conf), **self.variables}


NOT_VALGRIND = "valgrind and sanitizers exclude each other"

SANITIZERS = {
    "address": Sanitizer(
        "libasan.so",
        {"ASAN_OPTIONS": "detect_leaks=1",
         "UBSAN_OPTIONS": "print_stacktrace=1"},
        {"probe_resolve@valgrind": NOT_VALGRIND,
         "probe_preinit": "nothing may run before AddressSanitizer's start",
         "probe_subprocess.py": "Python itself has leaks at exit"}),
    "thread": Sanitizer(
        "libtsan.so",
        {"TSAN_OPTIONS": "die_after_fork=0"},
        {"probe_resolve@valgrind": NOT_VALGRIND,
         "probe_preinit": "nothing may run before ThreadSanitizer's start",
         "probe_subprocess.py": "Python is not built with ThreadSanitizer"}),
}
