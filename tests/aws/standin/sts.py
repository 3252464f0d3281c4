# SPDX-License-Identifier: GPL-3.0-or-later
"""STS in the query protocol: GetCallerIdentity."""

from __future__ import annotations

from urllib.parse import parse_qsl

from .message import (Request, Response, ServiceError, xml, xml_response,
                      xml_text)

XMLNS = "https://sts.amazonaws.com/doc/2011-06-15/"


class Sts:
    name = "sts"

    def handle(self, request: Request) -> Response:
        fields = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        fields = fields or request.query
        action = fields.get("Action", "")
        if action != "GetCallerIdentity":
            raise ServiceError(400, "InvalidAction",
                               f"the stand-in has no action {action!r}")
        if request.signer is None:
            raise ServiceError(403, "MissingAuthenticationToken",
                               "Request is missing Authentication Token")
        who = request.signer
        result = xml("GetCallerIdentityResult",
                     xml_text("Arn", f"arn:aws:iam::{who.account}:user/"
                              f"{who.access_key}"),
                     xml_text("UserId", who.access_key),
                     xml_text("Account", who.account))
        meta = xml("ResponseMetadata", xml_text("RequestId", request.id))
        return xml_response(200, xml("GetCallerIdentityResponse", result,
                                     meta, xmlns=XMLNS))

    @staticmethod
    def error(request: Request, error: ServiceError) -> Response:
        kind = "Sender" if error.status < 500 else "Receiver"
        return xml_response(error.status, xml(
            "ErrorResponse",
            xml("Error", xml_text("Type", kind), xml_text("Code", error.code),
                xml_text("Message", error.message)),
            xml_text("RequestId", request.id), xmlns=XMLNS))
