# SPDX-License-Identifier: GPL-3.0-or-later
"""The instance metadata service, version 2 only: token, role credentials."""

from __future__ import annotations

import json
import secrets
import threading
import time

from .message import Request, Response, ServiceError
from .sigv4 import Credentials

ROLE = "standin-role"
REGION = "us-east-1"
HOSTS = ("169.254.169.254", "fd00:ec2::254")
VALID_S = 6 * 3600
TTL_MAX_S = 6 * 3600


class Imds:
    """Hands out one set of credentials, made when the stand-in starts.

    The stand-in's other services accept them, so a client that signs with
    them has been here before.
    """

    name = "imds"

    def __init__(self) -> None:
        self.credentials = Credentials("ASIA" + secrets.token_hex(8).upper(),
                                       secrets.token_urlsafe(30),
                                       secrets.token_urlsafe(48))
        self._tokens: dict[str, float] = {}
        self._lock = threading.Lock()

    def handle(self, request: Request) -> Response:
        if request.path == "/latest/api/token":
            return self._token(request)
        self._check_token(request)
        if request.method != "GET":
            raise ServiceError(405, "MethodNotAllowed", request.method)
        meta = "/latest/meta-data/"
        pages = {
            meta + "iam/security-credentials/": ROLE,
            meta + "iam/security-credentials": ROLE,
            meta + "iam/security-credentials/" + ROLE: self._role(),
            meta + "placement/region": REGION,
            meta + "placement/availability-zone": REGION + "a",
            meta + "placement/availability-zone/": REGION + "a",
        }
        if request.path not in pages:
            raise ServiceError(404, "NotFound", request.path)
        return _text(200, pages[request.path])

    @staticmethod
    def error(request: Request, error: ServiceError) -> Response:
        return _text(error.status, f"{error.status} - {error.code}\n")

    def _token(self, request: Request) -> Response:
        if request.method != "PUT":
            raise ServiceError(405, "MethodNotAllowed", request.method)
        header = "X-aws-ec2-metadata-token-ttl-seconds"
        ttl = request.header(header)
        if not ttl.isdigit() or not 1 <= int(ttl) <= TTL_MAX_S:
            raise ServiceError(400, "BadRequest", header)
        token = secrets.token_urlsafe(40)
        with self._lock:
            self._tokens[token] = time.monotonic() + int(ttl)
        answer = _text(200, token)
        answer.headers[header] = ttl
        return answer

    def _check_token(self, request: Request) -> None:
        with self._lock:
            expiry = self._tokens.get(
                request.header("X-aws-ec2-metadata-token"), 0.0)
        if expiry <= time.monotonic():
            raise ServiceError(401, "Unauthorized", "no valid token")

    def _role(self) -> str:
        def stamp(t: float) -> str:
            return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))
        now = time.time()
        return json.dumps({
            "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": stamp(now),
            "AccessKeyId": self.credentials.access_key,
            "SecretAccessKey": self.credentials.secret,
            "Token": self.credentials.token,
            "Expiration": stamp(now + VALID_S)})


def _text(status: int, text: str) -> Response:
    return Response(status, {"Content-Type": "text/plain"}, text.encode())
