# SPDX-License-Identifier: GPL-3.0-or-later
"""boto3: use_boto3.py sts|kms|s3

sts prints the caller's access key, kms the SHA-256 of $SECRET after Encrypt
and Decrypt, s3 that of $BIG after a multipart upload and a download, each in
several threads.
"""

import hashlib
import os
import sys

import boto3


def sts() -> str:
    return boto3.client("sts").get_caller_identity()["UserId"]


def kms() -> str:
    client = boto3.client("kms")
    with open(os.environ["SECRET"], "rb") as file:
        secret = file.read()
    key = client.create_key()["KeyMetadata"]["KeyId"]
    context = {"purpose": "test"}
    blob = client.encrypt(KeyId=key, Plaintext=secret,
                          EncryptionContext=context)["CiphertextBlob"]
    if secret in blob:
        raise SystemExit("the ciphertext shows the plaintext")
    back = client.decrypt(CiphertextBlob=blob, EncryptionContext=context)
    return hashlib.sha256(back["Plaintext"]).hexdigest()


def s3() -> str:
    client = boto3.client("s3")
    back = os.path.join(os.environ["SCRATCH"], "back")
    client.upload_file(os.environ["BIG"], "clients", "boto3")
    names = [entry["Key"] for entry in client.list_objects_v2(
        Bucket="clients", Prefix="boto")["Contents"]]
    if names != ["boto3"]:
        raise SystemExit(f"listed {names}")
    client.download_file("clients", "boto3", back)
    client.delete_object(Bucket="clients", Key="boto3")
    with open(back, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


print({"sts": sts, "kms": kms, "s3": s3}[sys.argv[1]]())
