# SPDX-License-Identifier: GPL-3.0-or-later
"""http.client: upload $DATA to $PUT_URL, fetch it back, print its SHA-256."""

import hashlib
import http.client
import os
from urllib.parse import urlsplit


def main() -> None:
    with open(os.environ["DATA"], "rb") as file:
        data = file.read()
    put, get = (urlsplit(os.environ[name]) for name in ("PUT_URL", "GET_URL"))
    conn = http.client.HTTPSConnection(put.hostname)
    conn.request("PUT", f"{put.path}?{put.query}", data)
    answer = conn.getresponse()
    if answer.status != 200:
        raise SystemExit(f"PUT: {answer.status} {answer.read()!r}")
    answer.read()
    # The second request reuses the connection.
    conn.request("GET", f"{get.path}?{get.query}")
    answer = conn.getresponse()
    print(hashlib.sha256(answer.read()).hexdigest())
    conn.close()


main()
