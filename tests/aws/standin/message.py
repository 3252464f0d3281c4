# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP request and its response, as the services see them."""

from __future__ import annotations

import email.message
import uuid
from dataclasses import dataclass, field
from typing import Iterable, Optional, Tuple, Union
from urllib.parse import parse_qsl, unquote, urlsplit

Body = Union[bytes, memoryview]


class ServiceError(Exception):
    """An error that the client is told, in the service's own format."""

    def __init__(self, status: int, code: str, message: str):
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass
class Signer:
    """Whose valid signature a request carries, and for what it was made."""

    access_key: str
    account: str
    region: str
    service: str


@dataclass
class Request:
    """A request, read completely."""

    method: str
    target: str                     # path and query exactly as sent
    headers: email.message.Message
    body: bytes
    tls: bool = False
    sni: Optional[str] = None       # server name in the TLS hello
    signer: Optional[Signer] = None  # set once the signature was checked
    trailers: dict = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def raw_path(self) -> str:
        return urlsplit(self._relative()).path or "/"

    @property
    def path(self) -> str:
        return unquote(self.raw_path)

    @property
    def raw_query(self) -> str:
        return urlsplit(self._relative()).query

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def host(self) -> str:
        """The Host header without its port, in lower case."""
        host = self.headers.get("Host", "").lower()
        if host.startswith("["):
            return host[1:].partition("]")[0]
        return host.partition(":")[0].rstrip(".")

    def header(self, name: str, default: str = "") -> str:
        return self.headers.get(name, default).strip()

    def _relative(self) -> str:
        # "//x" would read as a host; an absolute form is cut down to a path.
        if self.target.startswith("/"):
            return "http://h" + self.target
        return self.target


@dataclass
class Response:
    """Status, headers and body; a HEAD answer carries length, not body."""

    status: int = 200
    headers: dict = field(default_factory=dict)
    body: Body = b""
    length: Optional[int] = None    # Content-Length where it is not len(body)


def xml_escape(text: object) -> str:
    return (str(text).replace("&", "&amp;").replace("<", "&lt;")
            .replace(">", "&gt;").replace('"', "&quot;"))


def xml(tag: str, *children: Union[str, Iterable[str]], **attrs: str) -> str:
    """An element whose children are XML already (see also xml_text)."""
    inner = "".join(c if isinstance(c, str) else "".join(c) for c in children)
    head = "".join(f' {k}="{xml_escape(v)}"' for k, v in attrs.items())
    return f"<{tag}{head}>{inner}</{tag}>"


def xml_text(tag: str, text: object) -> str:
    return xml(tag, xml_escape(text))


def xml_response(status: int, document: str) -> Response:
    body = '<?xml version="1.0" encoding="UTF-8"?>\n' + document
    return Response(status, {"Content-Type": "application/xml"},
                    body.encode())


Pairs = Iterable[Tuple[str, str]]
