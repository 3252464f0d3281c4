# SPDX-License-Identifier: GPL-3.0-or-later
"""Bodies in pieces: HTTP's chunked transfer coding, and aws-chunked in it."""

from __future__ import annotations

import base64
import hashlib
import io
import zlib
from typing import BinaryIO, Optional

from .message import Request, ServiceError
from .sigv4 import STREAMING, ChunkSignatures

LINE_MAX = 8192


def _line(stream: BinaryIO) -> bytes:
    line = stream.readline(LINE_MAX)
    if not line.endswith(b"\n"):
        raise ServiceError(400, "IncompleteBody", "a chunk's line is cut off")
    return line.rstrip(b"\r\n")


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise ServiceError(400, "IncompleteBody", "the body is cut off")
    return data


def _size(line: bytes) -> int:
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError:
        raise ServiceError(400, "InvalidRequest",
                           f"bad chunk size {line[:40]!r}") from None


def _trailers(stream: BinaryIO) -> tuple[dict[str, str], bytes]:
    """Trailer fields up to the empty line, and their canonical text."""
    fields: dict[str, str] = {}
    text = b""
    while True:
        line = stream.readline(LINE_MAX).rstrip(b"\r\n")
        if not line:
            return fields, text
        name, _, value = line.partition(b":")
        fields[name.decode("latin-1").strip().lower()] = \
            value.decode("latin-1").strip()
        if not name.lower().startswith(b"x-amz-trailer-signature"):
            text += name.strip() + b":" + value.strip() + b"\n"


def read_transfer(stream: BinaryIO, limit: int) -> bytes:
    """A body in "Transfer-Encoding: chunked", decoded."""
    pieces = []
    total = 0
    while (size := _size(_line(stream))) != 0:
        total += size
        if total > limit:
            raise ServiceError(413, "EntityTooLarge",
                               f"over {limit} bytes in one request")
        pieces.append(_exactly(stream, size))
        _line(stream)
    _trailers(stream)
    return b"".join(pieces)


def decode_aws(request: Request, signatures: Optional[ChunkSignatures]) -> None:
    """Replace an aws-chunked body by the content it carries.

    Checks the decoded length, the chunk signatures (if the body is signed
    that way) and the checksum in the trailer.
    """
    if "STREAMING-" not in request.header("X-Amz-Content-SHA256"):
        return
    signed = request.header("X-Amz-Content-SHA256").startswith(STREAMING)
    stream = io.BytesIO(request.body)
    pieces = []
    while True:
        line = _line(stream)
        data = _exactly(stream, _size(line))
        if signed and signatures:
            signatures.chunk(data, _chunk_signature(line))
        if not data:
            break
        _line(stream)
        pieces.append(data)
    request.trailers, text = _trailers(stream)
    if signed and signatures and text:
        signatures.trailer(
            text, request.trailers.get("x-amz-trailer-signature", ""))
    request.body = b"".join(pieces)
    stated = request.header("X-Amz-Decoded-Content-Length")
    if stated != str(len(request.body)):
        raise ServiceError(400, "IncompleteBody",
                           f"decoded {len(request.body)} bytes, not {stated}")


def _chunk_signature(line: bytes) -> str:
    return line.partition(b";chunk-signature=")[2].decode("latin-1")


# The algorithms that the standard library has. Others (crc32c, crc64nvme)
# are kept and told back, but not checked.
_CHECKSUMS = {
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "sha1": lambda data: hashlib.sha1(data).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
}


def checksums(request: Request) -> dict[str, str]:
    """The x-amz-checksum-* fields of a request, each checked if it can be."""
    prefix = "x-amz-checksum-"
    fields = {name.lower(): value for source in
              (request.headers, request.trailers)
              for name, value in source.items()}
    found = {name: value for name, value in fields.items()
             if name.startswith(prefix) and name[len(prefix):] in
             (*_CHECKSUMS, "crc32c", "crc64nvme")}
    for name, value in found.items():
        algorithm = _CHECKSUMS.get(name[len(prefix):])
        if algorithm is None:
            continue
        if base64.b64encode(algorithm(request.body)).decode() != value:
            raise ServiceError(400, "BadDigest", f"{name} does not fit")
    return found
