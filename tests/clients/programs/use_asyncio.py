# SPDX-License-Identifier: GPL-3.0-or-later
"""asyncio streams: one upload, then eight downloads at the same time.

HTTP is spoken by hand: asyncio has no HTTP client, and its transports (non-
blocking connect, epoll, TLS over memory buffers) are what is to be shown.
Prints the SHA-256 that all downloads agree on.
"""

import asyncio
import hashlib
import os
import ssl
from urllib.parse import urlsplit

PARALLEL = 8


async def ask(method: str, url: str, body: bytes = b"") -> bytes:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(
        parts.hostname, 443, ssl=ssl.create_default_context())
    peer = writer.get_extra_info("peername")
    if peer is None or peer[1] != 443:
        raise SystemExit(f"peername is {peer}, not an address with port 443")
    writer.write(f"{method} {parts.path}?{parts.query} HTTP/1.1\r\n"
                 f"Host: {parts.hostname}\r\nConnection: close\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"{method}: {head!r}")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def main() -> None:
    with open(os.environ["DATA"], "rb") as file:
        await ask("PUT", os.environ["PUT_URL"], file.read())
    bodies = await asyncio.gather(*(ask("GET", os.environ["GET_URL"])
                                    for _ in range(PARALLEL)))
    for digest in {hashlib.sha256(body).hexdigest() for body in bodies}:
        print(digest)


asyncio.run(main())
