# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Signature Version 4: checking it, and presigning URLs for tests.

Written from the "Signature Version 4 signing process" chapter of the IAM
user guide and, for bodies signed chunk by chunk, from the S3 API reference.
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import Optional
from urllib.parse import parse_qsl, quote, urlsplit

from .message import Pairs, Request, ServiceError, Signer

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
MAX_SKEW_S = 15 * 60
STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


@dataclass
class Credentials:
    access_key: str
    secret: str
    token: Optional[str] = None

    @property
    def account(self) -> str:
        """Twelve digits, fixed for a key, as every real key has its own."""
        digest = hashlib.sha256(self.access_key.encode()).digest()
        return f"{int.from_bytes(digest[:8], 'big') % 10 ** 12:012d}"


@dataclass
class Signature:
    """The signing claim of a request, from its header or its query."""

    access_key: str
    date: str               # YYYYMMDD
    region: str
    service: str
    signed_headers: list[str]
    value: str
    timestamp: str          # YYYYMMDDTHHMMSSZ
    presigned: bool
    expires: int = MAX_SKEW_S

    @property
    def scope(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def parse(request: Request) -> Optional[Signature]:
    """The signature a request claims; None for an anonymous request."""
    if "Authorization" in request.headers:
        return _parse_header(request)
    query = request.query
    if query.get("X-Amz-Algorithm") != ALGORITHM:
        return None
    try:
        key, date, region, service, _ = query["X-Amz-Credential"].split("/")
        return Signature(key, date, region, service,
                         query["X-Amz-SignedHeaders"].split(";"),
                         query["X-Amz-Signature"], query["X-Amz-Date"],
                         True, int(query["X-Amz-Expires"]))
    except (KeyError, ValueError):
        raise ServiceError(400, "AuthorizationQueryParametersError",
                           "incomplete presigned URL") from None


def _parse_header(request: Request) -> Signature:
    algorithm, _, rest = request.header("Authorization").partition(" ")
    if algorithm != ALGORITHM:
        raise ServiceError(400, "IncompleteSignature",
                           f"{algorithm}: only {ALGORITHM} is known here")
    try:
        part = dict(p.strip().split("=", 1) for p in rest.split(","))
        key, date, region, service, _ = part["Credential"].split("/")
        return Signature(key, date, region, service,
                         part["SignedHeaders"].split(";"), part["Signature"],
                         request.header("X-Amz-Date"), False)
    except (KeyError, ValueError):
        raise ServiceError(400, "IncompleteSignature",
                           "malformed Authorization header") from None


def check(request: Request, keys: dict[str, Credentials],
          now: Optional[float] = None) -> Optional[Signer]:
    """Who signed the request; None if nobody claims to.

    Raises ServiceError for an unknown key, a wrong token, a stale date, a
    signature that does not fit, or a body that is not the one signed.
    """
    claim = parse(request)
    if claim is None:
        return None
    credentials = keys.get(claim.access_key)
    if credentials is None:
        raise ServiceError(403, "InvalidClientTokenId",
                           f"no such access key: {claim.access_key}")
    if "host" not in claim.signed_headers:
        raise ServiceError(403, "SignatureDoesNotMatch",
                           "the Host header must be signed")
    _check_date(claim, time.time() if now is None else now)
    _check_token(request, claim, credentials)
    key = signing_key(credentials.secret, claim.scope)
    expected = sign(key, claim.timestamp, claim.scope,
                    canonical_request(request, claim))
    if not hmac.compare_digest(expected, claim.value):
        raise ServiceError(403, "SignatureDoesNotMatch",
                           "the signature does not fit the request")
    _check_payload(request, claim)
    return Signer(claim.access_key, credentials.account, claim.region,
                  claim.service)


def _check_date(claim: Signature, now: float) -> None:
    try:
        then = calendar.timegm(time.strptime(claim.timestamp,
                                             "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise ServiceError(400, "IncompleteSignature",
                           "missing or malformed X-Amz-Date") from None
    if not claim.timestamp.startswith(claim.date):
        raise ServiceError(403, "SignatureDoesNotMatch",
                           "the scope's date is not the request's")
    if now > then + max(claim.expires, 0) or now < then - MAX_SKEW_S:
        raise ServiceError(403, "RequestTimeTooSkewed" if not claim.presigned
                           else "AccessDenied", "the request has expired")


def _check_token(request: Request, claim: Signature,
                 credentials: Credentials) -> None:
    token = (request.query.get("X-Amz-Security-Token") if claim.presigned
             else request.header("X-Amz-Security-Token"))
    if (token or None) != credentials.token:
        raise ServiceError(403, "InvalidToken",
                           "the session token does not fit the access key")


def _check_payload(request: Request, claim: Signature) -> None:
    """Headers vouch for the body's hash; see that it is this body's."""
    stated = request.header("X-Amz-Content-SHA256")
    if claim.presigned or len(stated) != 64:
        return
    if hashlib.sha256(request.body).hexdigest() != stated:
        raise ServiceError(400, "XAmzContentSHA256Mismatch",
                           "the body is not the one that was signed")


def payload_hash(request: Request, claim: Signature) -> str:
    stated = request.header("X-Amz-Content-SHA256")
    if stated:
        return stated
    if claim.presigned and claim.service == "s3":
        return "UNSIGNED-PAYLOAD"
    return hashlib.sha256(request.body).hexdigest()


def canonical_request(request: Request, claim: Signature) -> str:
    path = request.raw_path
    if claim.service != "s3":       # every other service encodes twice
        path = quote(path, safe="/-_.~")
    pairs = [(k, v) for k, v in parse_qsl(request.raw_query,
                                          keep_blank_values=True)
             if k != "X-Amz-Signature"]
    headers = "".join(f"{name}:{_header_value(request, name)}\n"
                      for name in claim.signed_headers)
    return "\n".join([request.method, path, canonical_query(pairs), headers,
                      ";".join(claim.signed_headers),
                      payload_hash(request, claim)])


def _header_value(request: Request, name: str) -> str:
    values = request.headers.get_all(name) or [""]
    return ",".join(" ".join(value.split()) for value in values)


def canonical_query(pairs: Pairs) -> str:
    return "&".join(f"{k}={v}" for k, v in sorted(
        (quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in pairs))


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def signing_key(secret: str, scope: str) -> bytes:
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return key


def sign(key: bytes, timestamp: str, scope: str, canonical: str) -> str:
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return _hmac(key, "\n".join([ALGORITHM, timestamp, scope,
                                 digest])).hex()


class ChunkSignatures:
    """Checks the signatures inside an aws-chunked body, each over the last."""

    def __init__(self, claim: Signature, secret: str):
        self._key = signing_key(secret, claim.scope)
        self._claim = claim
        self._previous = claim.value

    def _check(self, kind: str, hashes: list[str], stated: str) -> None:
        text = "\n".join([f"{ALGORITHM}-{kind}", self._claim.timestamp,
                          self._claim.scope, self._previous] + hashes)
        self._previous = _hmac(self._key, text).hex()
        if not hmac.compare_digest(self._previous, stated):
            raise ServiceError(403, "SignatureDoesNotMatch",
                               "the signature of a chunk does not fit")

    def chunk(self, data: bytes, stated: str) -> None:
        self._check("PAYLOAD", [EMPTY_SHA256,
                                hashlib.sha256(data).hexdigest()], stated)

    def trailer(self, lines: bytes, stated: str) -> None:
        self._check("TRAILER", [hashlib.sha256(lines).hexdigest()], stated)


def presign(method: str, url: str, credentials: Credentials, region: str,
            expires: int = 3600, now: Optional[float] = None) -> str:
    """A presigned S3 URL, for clients that cannot sign by themselves.

    The URL's path must be percent-encoded already, as it will be sent.
    """
    parts = urlsplit(url)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    pairs = [("X-Amz-Algorithm", ALGORITHM),
             ("X-Amz-Credential", f"{credentials.access_key}/{scope}"),
             ("X-Amz-Date", stamp), ("X-Amz-Expires", str(expires)),
             ("X-Amz-SignedHeaders", "host")]
    if credentials.token:
        pairs.append(("X-Amz-Security-Token", credentials.token))
    query = canonical_query(pairs)
    canonical = "\n".join([method, parts.path, query,
                           f"host:{parts.netloc}\n", "host",
                           "UNSIGNED-PAYLOAD"])
    value = sign(signing_key(credentials.secret, scope), stamp, scope,
                 canonical)
    return f"{url}?{query}&X-Amz-Signature={value}"
