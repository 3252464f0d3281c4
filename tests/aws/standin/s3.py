# SPDX-License-Identifier: GPL-3.0-or-later
"""S3's REST protocol: buckets, objects, ranges, multipart, listing.

The bucket is the host's first label (BUCKET.s3.REGION…) or the path's first
part. Objects stored with the canned ACL "public-read" may be read unsigned.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
import xml.etree.ElementTree as ElementTree
from email.utils import formatdate
from urllib.parse import quote

from .chunked import checksums
from .message import (Request, Response, ServiceError, xml, xml_response,
                      xml_text)
from .s3store import Object, Store

XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"
HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3(?:-fips)?"
                  r"(?:[.-](?:dualstack\.)?[a-z0-9-]+)?"
                  r"\.(?:amazonaws\.com|amazonaws\.com\.cn|api\.aws)")
KEPT_HEADERS = ("content-type", "content-encoding", "content-disposition",
                "content-language", "cache-control", "expires")


def is_host(host: str) -> bool:
    return HOST.fullmatch(host) is not None


class S3:
    name = "s3"

    def __init__(self) -> None:
        self.store = Store()

    def handle(self, request: Request) -> Response:
        bucket, key = locate(request)
        self._authorize(request, bucket, key)
        if not bucket:
            return self._list_buckets(request)
        level = "object" if key else "bucket"
        query = request.query
        if key and request.method == "POST":
            level = "uploads" if "uploads" in query else "upload"
        elif key and "uploadId" in query:
            level = "part" if request.method == "PUT" else "upload"
        method = getattr(self, f"_{level}_{request.method.lower()}", None)
        if method is None:
            raise ServiceError(405, "MethodNotAllowed",
                               f"{request.method} on this {level}")
        return method(request, bucket, key)

    @staticmethod
    def error(request: Request, error: ServiceError) -> Response:
        if request.method == "HEAD":
            return Response(error.status)
        return xml_response(error.status, xml(
            "Error", xml_text("Code", error.code),
            xml_text("Message", error.message),
            xml_text("Resource", request.path),
            xml_text("RequestId", request.id)))

    def _authorize(self, request: Request, bucket: str, key: str) -> None:
        if request.signer is None and not (
                request.method in ("GET", "HEAD") and key and
                self.store.is_public(bucket, key)):
            raise ServiceError(403, "AccessDenied", "Access Denied")

    def _list_buckets(self, request: Request) -> Response:
        if request.method != "GET":
            raise ServiceError(405, "MethodNotAllowed", "on the service")
        rows = [xml("Bucket", xml_text("Name", name))
                for name in self.store.buckets()]
        return xml_response(200, xml("ListAllMyBucketsResult",
                                     xml("Buckets", rows), xmlns=XMLNS))

    def _bucket_put(self, request: Request, bucket: str, _: str) -> Response:
        self.store.create_bucket(bucket)
        return Response(200, {"Location": "/" + bucket})

    def _bucket_head(self, request: Request, bucket: str, _: str) -> Response:
        self.store.keys(bucket)
        return Response(200, {"x-amz-bucket-region": request.signer.region})

    def _bucket_delete(self, request: Request, bucket: str,
                       _: str) -> Response:
        self.store.delete_bucket(bucket)
        return Response(204)

    def _bucket_get(self, request: Request, bucket: str, _: str) -> Response:
        if request.query.get("list-type") != "2":
            raise ServiceError(400, "InvalidArgument",
                               "the stand-in lists with list-type=2 only")
        return xml_response(200, list_objects(self.store.keys(bucket),
                                              bucket, request.query))

    def _object_put(self, request: Request, bucket: str, key: str) -> Response:
        if "X-Amz-Copy-Source" in request.headers:
            raise ServiceError(501, "NotImplemented",
                               "the stand-in does not copy objects")
        _check_md5(request)
        sums = checksums(request)
        stored = self.store.put(bucket, key, request.body,
                                {**_kept(request), **sums}, _public(request))
        return Response(200, {"ETag": stored.etag, **sums})

    def _object_get(self, request: Request, bucket: str, key: str) -> Response:
        stored = self.store.get(bucket, key)
        headers = _describe(stored)
        refusal = _condition(request, stored)
        if refusal:
            return Response(refusal, headers)
        span = byte_range(request.header("Range"), len(stored.body))
        if span is None:
            return Response(200, headers, stored.body)
        first, last = span
        headers["Content-Range"] = f"bytes {first}-{last}/{len(stored.body)}"
        return Response(206, headers, memoryview(stored.body)[first:last + 1])

    def _object_head(self, request: Request, bucket: str,
                     key: str) -> Response:
        full = self._object_get(request, bucket, key)
        return Response(full.status, full.headers, length=len(full.body))

    def _object_delete(self, request: Request, bucket: str,
                       key: str) -> Response:
        self.store.delete(bucket, key)
        return Response(204)

    def _uploads_post(self, request: Request, bucket: str,
                      key: str) -> Response:
        upload_id = self.store.start_upload(bucket, key, _kept(request),
                                            _public(request))
        return xml_response(200, xml(
            "InitiateMultipartUploadResult", xml_text("Bucket", bucket),
            xml_text("Key", key), xml_text("UploadId", upload_id),
            xmlns=XMLNS))

    def _part_put(self, request: Request, bucket: str, key: str) -> Response:
        _check_md5(request)
        sums = checksums(request)
        number = request.query.get("partNumber", "")
        if not number.isdigit() or not 1 <= int(number) <= 10000:
            raise ServiceError(400, "InvalidArgument", "partNumber")
        etag = self.store.put_part(bucket, key, request.query["uploadId"],
                                   int(number), request.body)
        return Response(200, {"ETag": etag, **sums})

    def _upload_post(self, request: Request, bucket: str,
                     key: str) -> Response:
        stored = self.store.complete(bucket, key,
                                     request.query.get("uploadId", ""),
                                     _parts(request.body))
        return xml_response(200, xml(
            "CompleteMultipartUploadResult", xml_text("Bucket", bucket),
            xml_text("Key", key), xml_text("ETag", stored.etag),
            xmlns=XMLNS))

    def _upload_delete(self, request: Request, bucket: str,
                       key: str) -> Response:
        self.store.abort(bucket, key, request.query["uploadId"])
        return Response(204)


def locate(request: Request) -> tuple[str, str]:
    """Bucket and key of a request, in virtual-host or path style."""
    path = request.path[1:]
    match = HOST.fullmatch(request.host)
    if match and match["bucket"]:
        return match["bucket"], path
    bucket, _, key = path.partition("/")
    return bucket, key


def byte_range(text: str, size: int) -> tuple[int, int] | None:
    """First and last byte of a Range header; None asks for everything."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", text)
    if not match or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if first:
        span = int(first), min(int(last or size), size - 1)
    else:
        span = max(size - int(last), 0), size - 1
    if span[0] >= size or span[0] > span[1]:
        raise ServiceError(416, "InvalidRange", text)
    return span


def list_objects(keys: dict[str, Object], bucket: str,
                 query: dict[str, str]) -> str:
    """A ListObjectsV2 answer; the continuation token is the last name."""
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    after = base64.b64decode(query.get("continuation-token", "")).decode() or \
        query.get("start-after", "")
    limit = min(int(query.get("max-keys") or 1000), 1000)
    encode = quote if query.get("encoding-type") == "url" else str
    rows: dict[str, str] = {}
    truncated = False
    for key, stored in keys.items():
        if not key.startswith(prefix):
            continue
        head, found, _ = key[len(prefix):].partition(delimiter or "\0")
        group = prefix + head + found if delimiter and found else ""
        name = group or key
        if name <= after or name in rows:
            continue
        if len(rows) == limit:
            truncated = True
            break
        rows[name] = xml("CommonPrefixes", xml_text("Prefix", encode(group))) \
            if group else xml(
                "Contents", xml_text("Key", encode(key)),
                xml_text("LastModified", _iso(stored.modified)),
                xml_text("ETag", stored.etag),
                xml_text("Size", len(stored.body)),
                xml_text("StorageClass", "STANDARD"))
    fields = {"Name": bucket, "Prefix": encode(prefix),
              "Delimiter": encode(delimiter), "MaxKeys": limit,
              "EncodingType": query.get("encoding-type", ""),
              "KeyCount": len(rows), "IsTruncated": str(truncated).lower()}
    if truncated:
        fields["NextContinuationToken"] = base64.b64encode(
            list(rows)[-1].encode()).decode()
    head = [xml_text(k, v) for k, v in fields.items() if v != ""]
    return xml("ListBucketResult", head, rows.values(), xmlns=XMLNS)


def _iso(when: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(when))


def _describe(stored: Object) -> dict[str, str]:
    return {"ETag": stored.etag, "Accept-Ranges": "bytes",
            "Last-Modified": formatdate(stored.modified, usegmt=True),
            "Content-Type": "binary/octet-stream", **stored.headers}


def _condition(request: Request, stored: Object) -> int:
    """The status that If-Match or If-None-Match asks for, or 0."""
    if request.header("If-Match") not in ("", "*", stored.etag):
        raise ServiceError(412, "PreconditionFailed", "If-Match")
    if request.header("If-None-Match") in ("*", stored.etag):
        return 304
    return 0


def _kept(request: Request) -> dict[str, str]:
    headers = {}
    for name, value in request.headers.items():
        name = name.lower()
        if name == "content-encoding":
            value = ",".join(c for c in value.replace(" ", "").split(",")
                             if c != "aws-chunked")
        if value and (name in KEPT_HEADERS or name.startswith("x-amz-meta-")):
            headers["Content-Type" if name == "content-type" else name] = value
    return headers


def _public(request: Request) -> bool:
    return request.header("X-Amz-Acl") == "public-read"


def _check_md5(request: Request) -> None:
    stated = request.header("Content-MD5")
    if stated and stated != base64.b64encode(
            hashlib.md5(request.body).digest()).decode():
        raise ServiceError(400, "BadDigest", "Content-MD5 does not fit")


def _parts(body: bytes) -> list[tuple[int, str]]:
    """Part numbers and ETags of a CompleteMultipartUpload document."""
    try:
        root = ElementTree.fromstring(body)
        parts = [{e.tag.rpartition("}")[2]: (e.text or "").strip()
                  for e in part} for part in root]
        return [(int(part["PartNumber"]), '"%s"' % part["ETag"].strip('"'))
                for part in parts]
    except (ElementTree.ParseError, KeyError, ValueError):
        raise ServiceError(400, "MalformedXML", "part list") from None
