# SPDX-License-Identifier: GPL-3.0-or-later
"""KMS in the JSON 1.1 protocol: CreateKey, DescribeKey, Encrypt, Decrypt.

A ciphertext is key id, nonce, data XORed with an HMAC-SHA256 key stream, and
an HMAC over all of it and the encryption context. That is no cipher to use
(the standard library has none); it only has to make Decrypt give back what
Encrypt took, and refuse anything else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import threading
import time
import uuid
from typing import Callable

from .message import Request, Response, ServiceError

PLAINTEXT_MAX = 4096
KEY_ID_SIZE = 16
NONCE_SIZE = 16
TAG_SIZE = 32


class Key:
    def __init__(self, account: str, region: str, description: str):
        self.id = uuid.uuid4()
        self.arn = f"arn:aws:kms:{region}:{account}:key/{self.id}"
        self.metadata = {
            "AWSAccountId": account, "KeyId": str(self.id), "Arn": self.arn,
            "CreationDate": round(time.time(), 3), "Enabled": True,
            "Description": description, "KeyUsage": "ENCRYPT_DECRYPT",
            "KeyState": "Enabled", "Origin": "AWS_KMS",
            "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT",
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "MultiRegion": False,
        }
        self._stream_secret = os.urandom(32)
        self._tag_secret = os.urandom(32)

    def _xor(self, nonce: bytes, data: bytes) -> bytes:
        stream = b"".join(
            hmac.digest(self._stream_secret, nonce + n.to_bytes(4, "big"),
                        hashlib.sha256) for n in range(len(data) // 32 + 1))
        return bytes(a ^ b for a, b in zip(data, stream))

    def _tag(self, blob: bytes, context: bytes) -> bytes:
        text = len(blob).to_bytes(8, "big") + blob + context
        return hmac.digest(self._tag_secret, text, hashlib.sha256)

    def encrypt(self, plaintext: bytes, context: bytes) -> bytes:
        nonce = os.urandom(NONCE_SIZE)
        blob = self.id.bytes + nonce + self._xor(nonce, plaintext)
        return blob + self._tag(blob, context)

    def decrypt(self, blob: bytes, context: bytes) -> bytes:
        body, tag = blob[:-TAG_SIZE], blob[-TAG_SIZE:]
        if not hmac.compare_digest(self._tag(body, context), tag):
            raise ServiceError(400, "InvalidCiphertextException", "")
        nonce = body[KEY_ID_SIZE:KEY_ID_SIZE + NONCE_SIZE]
        return self._xor(nonce, body[KEY_ID_SIZE + NONCE_SIZE:])


class Kms:
    name = "kms"

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}
        self._lock = threading.Lock()
        self._actions: dict[str, Callable[[Request, dict], dict]] = {
            "CreateKey": self._create, "DescribeKey": self._describe,
            "Encrypt": self._encrypt, "Decrypt": self._decrypt}

    def handle(self, request: Request) -> Response:
        action = request.header("X-Amz-Target").rpartition(".")[2]
        if action not in self._actions:
            raise ServiceError(400, "UnknownOperationException",
                               f"the stand-in has no action {action!r}")
        if request.signer is None:
            raise ServiceError(400, "MissingAuthenticationTokenException",
                               "Missing Authentication Token")
        try:
            fields = json.loads(request.body or b"{}")
        except ValueError:
            raise ServiceError(400, "SerializationException",
                               "the body is not JSON") from None
        return _reply(200, self._actions[action](request, fields))

    @staticmethod
    def error(request: Request, error: ServiceError) -> Response:
        answer = _reply(error.status, {"__type": error.code,
                                       "message": error.message})
        answer.headers["x-amzn-ErrorType"] = error.code
        return answer

    def _create(self, request: Request, fields: dict) -> dict:
        key = Key(request.signer.account, request.signer.region,
                  fields.get("Description", ""))
        with self._lock:
            self._keys[str(key.id)] = key
        return {"KeyMetadata": key.metadata}

    def _describe(self, request: Request, fields: dict) -> dict:
        return {"KeyMetadata": self._find(request, fields).metadata}

    def _encrypt(self, request: Request, fields: dict) -> dict:
        key = self._find(request, fields)
        plaintext = _blob(fields, "Plaintext")
        if not 1 <= len(plaintext) <= PLAINTEXT_MAX:
            raise ServiceError(400, "ValidationException",
                               f"Plaintext: 1 to {PLAINTEXT_MAX} bytes")
        blob = key.encrypt(plaintext, _context(fields))
        return {"CiphertextBlob": base64.b64encode(blob).decode(),
                "KeyId": key.arn, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}

    def _decrypt(self, request: Request, fields: dict) -> dict:
        blob = _blob(fields, "CiphertextBlob")
        if len(blob) < KEY_ID_SIZE + NONCE_SIZE + TAG_SIZE:
            raise ServiceError(400, "InvalidCiphertextException", "")
        with self._lock:
            key = self._keys.get(str(uuid.UUID(bytes=blob[:KEY_ID_SIZE])))
        if key is None or not key.arn.startswith(_arn_prefix(request)):
            raise ServiceError(400, "InvalidCiphertextException", "")
        if "KeyId" in fields and self._find(request, fields) is not key:
            raise ServiceError(400, "IncorrectKeyException",
                               "the ciphertext was made with another key")
        plaintext = key.decrypt(blob, _context(fields))
        return {"Plaintext": base64.b64encode(plaintext).decode(),
                "KeyId": key.arn, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}

    def _find(self, request: Request, fields: dict) -> Key:
        name = str(fields.get("KeyId", ""))
        with self._lock:
            key = self._keys.get(name.rpartition("/")[2])
        # A key lives in one region of one account, and its ARN says which.
        if key is None or not key.arn.startswith(_arn_prefix(request)) or \
           name not in (str(key.id), key.arn):
            raise ServiceError(400, "NotFoundException",
                               f"Invalid keyId '{name}'")
        return key


def _arn_prefix(request: Request) -> str:
    return f"arn:aws:kms:{request.signer.region}:{request.signer.account}:"


def _context(fields: dict) -> bytes:
    return json.dumps(fields.get("EncryptionContext") or {},
                      sort_keys=True).encode()


def _blob(fields: dict, name: str) -> bytes:
    try:
        return base64.b64decode(fields[name], validate=True)
    except (KeyError, TypeError, ValueError):
        raise ServiceError(400, "SerializationException",
                           f"{name}: base64 expected") from None


def _reply(status: int, fields: dict) -> Response:
    return Response(status, {"Content-Type": "application/x-amz-json-1.1"},
                    json.dumps(fields).encode())
