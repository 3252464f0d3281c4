# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line: /usr/bin/python3 tests/aws/standin --help"""

import argparse
import os
import signal
import sys

if __package__ in (None, ""):       # run by path: find our own package
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from standin.cloud import Cloud
from standin.server import Server, tls_context


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="standin", description="AWS stand-in for tests: STS, KMS, S3, "
        "IMDSv2. ADDR is tcp:HOST:PORT, unix:PATH or vsock:PORT (any CID; "
        "only in guests that a test started).")
    parser.add_argument("--tls", metavar="ADDR", action="append", default=[],
                        help="listen with TLS (needs --certs)")
    parser.add_argument("--plain", metavar="ADDR", action="append",
                        default=[], help="listen without TLS")
    parser.add_argument("--certs", metavar="DIR",
                        help="directory made by tests/aws/certs")
    parser.add_argument("--bucket", metavar="NAME", action="append",
                        default=[], help="an S3 bucket to begin with")
    parser.add_argument("--access-log", metavar="FILE",
                        help="append a JSON line for each request")
    parser.add_argument("--ready", metavar="FILE",
                        help="create FILE once every address listens")
    options = parser.parse_args()
    if not options.tls and not options.plain:
        parser.error("give at least one --tls or --plain address")
    if options.tls and not options.certs:
        parser.error("--tls needs --certs DIR (see tests/aws/certs)")
    return options


def main() -> int:
    options = arguments()
    log = None
    if options.access_log:
        log = open(options.access_log, "a", encoding="utf-8")
    cloud = Cloud(log=log)
    for name in options.bucket:
        cloud.s3.store.create_bucket(name)
    context = None
    if options.tls:
        context = tls_context(os.path.join(options.certs, "server.pem"),
                              os.path.join(options.certs, "server.key"))
    try:
        servers = [Server(spec, cloud, context) for spec in options.tls]
        servers += [Server(spec, cloud) for spec in options.plain]
    except (OSError, ValueError) as error:
        print(f"standin: cannot listen: {error}", file=sys.stderr)
        return 1
    # Block before threads start, so that none of them takes the signal.
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    for server in servers:
        server.start()
    if options.ready:
        with open(options.ready, "w", encoding="ascii"):
            pass
    signal.sigwait(ends)
    return 0


sys.exit(main())
