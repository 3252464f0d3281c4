# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in as a whole: which service a request is for, who signed it."""

from __future__ import annotations

import json
import re
import threading
import time
import traceback
from typing import IO, Optional

from . import chunked, imds, s3, sigv4
from .kms import Kms
from .message import Request, Response, ServiceError
from .sigv4 import Credentials
from .sts import Sts

# Test credentials that open nothing anywhere but here.
DEFAULT_CREDENTIALS = Credentials("AKIDEXAMPLE", "vsockwrap-test-secret")

_QUERY_HOST = re.compile(r"(sts|kms)(?:-fips)?(?:\.[a-z0-9-]+)?"
                         r"\.(?:amazonaws\.com|amazonaws\.com\.cn|api\.aws)")


class Cloud:
    """All services behind one address, as AWS's front ends are one to a shim.

    Every answer says in X-Standin-* headers for which region and service it
    was signed and under which TLS server name it came; the access log has
    the same, one JSON object a line.
    """

    def __init__(self, credentials: Credentials = DEFAULT_CREDENTIALS,
                 log: Optional[IO[str]] = None):
        self.imds = imds.Imds()
        self.keys = {c.access_key: c
                     for c in (credentials, self.imds.credentials)}
        self.s3 = s3.S3()
        self._services = {"sts": Sts(), "kms": Kms(), "s3": self.s3}
        self._log = log
        self._log_lock = threading.Lock()

    def respond(self, request: Request) -> Response:
        service = None
        try:
            service = self._service(request)
            if service is not self.imds:
                self._authenticate(request, service)
            response = service.handle(request)
        except ServiceError as error:
            response = (service or self.s3).error(request, error)
        except Exception:
            # A bug here must look like one, not like a lost connection.
            traceback.print_exc()
            response = (service or self.s3).error(request, ServiceError(
                500, "InternalFailure", "a bug in the stand-in"))
        response.headers.setdefault("x-amzn-RequestId", request.id)
        if request.signer:
            response.headers["X-Standin-Signed"] = \
                f"{request.signer.region}/{request.signer.service}"
        if request.sni:
            response.headers["X-Standin-Sni"] = request.sni
        self._record(request, response)
        return response

    def _service(self, request: Request):
        host = request.host
        if host in imds.HOSTS:
            return self.imds
        if s3.is_host(host):
            return self.s3
        match = _QUERY_HOST.fullmatch(host)
        if match:
            return self._services[match[1]]
        if host in ("localhost", "127.0.0.1", ""):
            return self._by_signature(request)
        raise ServiceError(404, "NoSuchEndpoint",
                           f"the stand-in has no service at {host!r}")

    def _by_signature(self, request: Request):
        """For an endpoint override, which hides the name: ask the scope."""
        claim = sigv4.parse(request)
        if claim is None and request.path.startswith("/latest/"):
            return self.imds
        name = claim.service if claim else "s3"
        if name not in self._services:
            raise ServiceError(404, "NoSuchEndpoint",
                               f"the stand-in has no service {name!r}")
        return self._services[name]

    def _authenticate(self, request: Request, service) -> None:
        request.signer = sigv4.check(request, self.keys)
        if request.signer is None:
            return
        if request.signer.service != service.name:
            raise ServiceError(403, "SignatureDoesNotMatch",
                               f"signed for {request.signer.service}, sent "
                               f"to {service.name}")
        claim = sigv4.parse(request)
        secret = self.keys[request.signer.access_key].secret
        chunked.decode_aws(request, sigv4.ChunkSignatures(claim, secret))

    def _record(self, request: Request, response: Response) -> None:
        if self._log is None:
            return
        signer = request.signer
        line = json.dumps({
            "time": time.time(), "host": request.host, "sni": request.sni, "tls": request.tls,
            "method": request.method, "path": request.path,
            "status": response.status,
            "region": signer.region if signer else None,
            "service": signer.service if signer else None,
            "key": signer.access_key if signer else None,
            "agent": request.header("User-Agent")})
        with self._log_lock:
            self._log.write(line + "\n")
            self._log.flush()
