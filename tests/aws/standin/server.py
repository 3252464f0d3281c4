# SPDX-License-Identifier: GPL-3.0-or-later
"""Listeners (tcp, unix, vsock; TLS or plain) and the HTTP/1.1 reader."""

from __future__ import annotations

import os
import socket
import socketserver
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler
from typing import Optional

from . import chunked
from .cloud import Cloud
from .message import Request, Response, ServiceError

BODY_MAX = 512 << 20
BACKLOG = 128       # vsock refuses at once when the queue is full
IDLE_S = 120
GOODBYE_S = 2


def bind(spec: str) -> socket.socket:
    """A bound socket for tcp:HOST:PORT, unix:PATH or vsock:PORT.

    vsock is bound to any CID and is for guests that a test started.
    """
    kind, _, rest = spec.partition(":")
    if kind == "unix" and rest:
        sock = socket.socket(socket.AF_UNIX)
        if os.path.exists(rest):
            os.unlink(rest)
        sock.bind(rest)
    elif kind == "vsock" and rest.isdigit():
        sock = socket.socket(socket.AF_VSOCK)
        sock.bind((socket.VMADDR_CID_ANY, int(rest)))
    elif kind == "tcp" and rest.rpartition(":")[2].isdigit():
        host, _, port = rest.rpartition(":")
        host = host.strip("[]")
        sock = socket.socket(socket.AF_INET6 if ":" in host
                             else socket.AF_INET)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, int(port)))
    else:
        raise ValueError(f"{spec}: expected tcp:HOST:PORT, unix:PATH or "
                         "vsock:PORT")
    return sock


def tls_context(cert: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.set_alpn_protocols(["http/1.1"])

    def remember(sock: ssl.SSLObject, name: Optional[str], _: object) -> None:
        sock.sni = name

    context.sni_callback = remember
    return context


class Server(socketserver.ThreadingMixIn, socketserver.BaseServer):
    """One listener; a thread for each connection."""

    daemon_threads = True

    def __init__(self, spec: str, cloud: Cloud,
                 tls: Optional[ssl.SSLContext] = None):
        super().__init__(spec, Handler)
        self.socket = bind(spec)
        self.socket.listen(BACKLOG)
        self.address = self.socket.getsockname()
        self.cloud = cloud
        self.tls = tls

    def fileno(self) -> int:
        return self.socket.fileno()

    def get_request(self) -> tuple[socket.socket, object]:
        return self.socket.accept()

    def server_close(self) -> None:
        super().server_close()
        self.socket.close()

    def shutdown_request(self, request: socket.socket) -> None:
        try:
            request.shutdown(socket.SHUT_WR)
        except OSError:
            pass        # the client has gone already
        request.close()

    def handle_error(self, request: object, client_address: object) -> None:
        error = sys.exc_info()[1]
        # Clients that hang up or do not trust us are what tests are about.
        if not isinstance(error, (ssl.SSLError, OSError)):
            super().handle_error(request, client_address)

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "AWSStandIn"
    rbufsize = 1 << 16

    def setup(self) -> None:
        self.request.settimeout(IDLE_S)
        if self.request.family in (socket.AF_INET, socket.AF_INET6):
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sni = None
        if self.server.tls:
            # Here and not in the listener, so that one slow client cannot
            # hold up the others.
            self.request = self.server.tls.wrap_socket(self.request,
                                                       server_side=True)
            self.sni = getattr(self.request, "sni", None)
        super().setup()

    def finish(self) -> None:
        super().finish()
        if self.server.tls:
            self._close_tls()

    def _close_tls(self) -> None:
        """Say goodbye; the listener holds only the socket TLS took over."""
        try:
            self.request.settimeout(GOODBYE_S)
            self.request.unwrap()
        except (OSError, ValueError):
            pass        # the client did not wait for our close_notify
        self.request.close()

    def serve(self) -> None:
        try:
            body = self._body()
        except ServiceError as error:
            self.close_connection = True
            self._reply(Response(error.status, {},
                                 f"{error.message}\n".encode()))
            return
        self._reply(self.server.cloud.respond(Request(
            self.command, self.path, self.headers, body,
            self.server.tls is not None, self.sni)))

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = serve

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return chunked.read_transfer(self.rfile, BODY_MAX)
        text = self.headers.get("Content-Length") or "0"
        if not text.isdigit() or int(text) > BODY_MAX:
            raise ServiceError(413, "EntityTooLarge",
                               f"Content-Length {text} is not acceptable")
        body = self.rfile.read(int(text))
        if len(body) != int(text):
            raise ServiceError(400, "IncompleteBody", "the body is cut off")
        return body

    def _reply(self, response: Response) -> None:
        length = len(response.body) if response.length is None \
            else response.length
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status not in (204, 304):
            self.send_header("Content-Length", str(length))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and response.status not in (204, 304):
            self.wfile.write(response.body)

    def log_message(self, *_: object) -> None:
        """Silent: the cloud's access log says more, in a form to check."""
