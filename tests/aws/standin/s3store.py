# SPDX-License-Identifier: GPL-3.0-or-later
"""What the S3 stand-in keeps: buckets, objects, uploads in progress.

Everything is in memory. One lock guards the maps; an object never changes
once it is stored, so its bytes are read without the lock.
"""

from __future__ import annotations

import hashlib
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Optional

from .message import ServiceError

BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass
class Object:
    body: bytes
    etag: str                       # with its quotes
    headers: dict[str, str]         # content type, x-amz-meta-*, checksums
    public: bool = False
    modified: float = field(default_factory=time.time)


@dataclass
class Upload:
    bucket: str
    key: str
    headers: dict[str, str]
    public: bool
    parts: dict[int, tuple[str, bytes]] = field(default_factory=dict)


class Store:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[str, dict[str, Object]] = {}
        self._uploads: dict[str, Upload] = {}

    def create_bucket(self, name: str) -> None:
        if not BUCKET_NAME.fullmatch(name):
            raise ServiceError(400, "InvalidBucketName", name)
        with self._lock:
            self._buckets.setdefault(name, {})

    def delete_bucket(self, name: str) -> None:
        with self._lock:
            if self._bucket(name):
                raise ServiceError(409, "BucketNotEmpty", name)
            del self._buckets[name]

    def buckets(self) -> list[str]:
        with self._lock:
            return sorted(self._buckets)

    def keys(self, bucket: str) -> dict[str, Object]:
        """A snapshot of a bucket, sorted by key."""
        with self._lock:
            return dict(sorted(self._bucket(bucket).items()))

    def put(self, bucket: str, key: str, body: bytes,
            headers: dict[str, str], public: bool) -> Object:
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        stored = Object(body, etag, headers, public)
        with self._lock:
            self._bucket(bucket)[key] = stored
        return stored

    def get(self, bucket: str, key: str) -> Object:
        with self._lock:
            stored = self._bucket(bucket).get(key)
        if stored is None:
            raise ServiceError(404, "NoSuchKey",
                               "The specified key does not exist.")
        return stored

    def delete(self, bucket: str, key: str) -> None:
        with self._lock:
            self._bucket(bucket).pop(key, None)

    def start_upload(self, bucket: str, key: str, headers: dict[str, str],
                     public: bool) -> str:
        upload_id = uuid.uuid4().hex
        with self._lock:
            self._bucket(bucket)
            self._uploads[upload_id] = Upload(bucket, key, headers, public)
        return upload_id

    def put_part(self, bucket: str, key: str, upload_id: str, number: int,
                 body: bytes) -> str:
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        with self._lock:
            self._upload(bucket, key, upload_id).parts[number] = (etag, body)
        return etag

    def complete(self, bucket: str, key: str, upload_id: str,
                 wanted: list[tuple[int, str]]) -> Object:
        """Join the named parts; their order and ETags must be right."""
        with self._lock:
            upload = self._upload(bucket, key, upload_id)
            if sorted({n for n, _ in wanted}) != [n for n, _ in wanted]:
                raise ServiceError(400, "InvalidPartOrder",
                                   "parts must be in ascending order")
            for number, etag in wanted:
                if upload.parts.get(number, ("", b""))[0] != etag:
                    raise ServiceError(400, "InvalidPart", f"part {number}")
            bodies = [upload.parts[number][1] for number, _ in wanted]
            md5 = hashlib.md5(b"".join(bytes.fromhex(etag.strip('"'))
                                       for _, etag in wanted))
            stored = Object(b"".join(bodies),
                            f'"{md5.hexdigest()}-{len(wanted)}"',
                            upload.headers, upload.public)
            self._bucket(bucket)[key] = stored
            del self._uploads[upload_id]
        return stored

    def abort(self, bucket: str, key: str, upload_id: str) -> None:
        with self._lock:
            self._upload(bucket, key, upload_id)
            del self._uploads[upload_id]

    def is_public(self, bucket: str, key: str) -> bool:
        with self._lock:
            stored: Optional[Object] = self._buckets.get(bucket, {}).get(key)
        return stored is not None and stored.public

    def _bucket(self, name: str) -> dict[str, Object]:
        if name not in self._buckets:
            raise ServiceError(404, "NoSuchBucket",
                               "The specified bucket does not exist")
        return self._buckets[name]

    def _upload(self, bucket: str, key: str, upload_id: str) -> Upload:
        upload = self._uploads.get(upload_id)
        if upload is None or (upload.bucket, upload.key) != (bucket, key):
            raise ServiceError(404, "NoSuchUpload", upload_id)
        return upload
