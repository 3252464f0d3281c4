# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in against boto3, which knows AWS's protocols better than we.

Loopback only, with an endpoint override: that real names and TLS work is
shown by the bare form of tests/clients.
"""

import hashlib
import http.client
import json
import os
import urllib.request

import pytest
from standin import sigv4
from standin.chunked import decode_aws
from standin.cloud import DEFAULT_CREDENTIALS
from standin.message import Request, ServiceError

exceptions = pytest.importorskip(
    "botocore.exceptions",
    reason="SKIP: python3-boto3 is missing; run scripts/deps")


def code(raised):
    return raised.value.response["Error"]["Code"]


@pytest.fixture
def bucket(aws):
    aws("s3").create_bucket(Bucket="unit")
    return "unit"


def test_sts_identity_follows_the_key(aws):
    answer = aws("sts").get_caller_identity()
    assert answer["Account"] == DEFAULT_CREDENTIALS.account
    assert answer["Arn"].endswith(":user/AKIDEXAMPLE")
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-standin-signed"] == \
        "us-east-1/sts"


@pytest.mark.parametrize("service, call", [
    ("sts", lambda c: c.get_caller_identity()),
    ("kms", lambda c: c.create_key()),
    ("s3", lambda c: c.list_buckets())])
def test_wrong_secret_is_refused(aws, service, call):
    with pytest.raises(exceptions.ClientError) as raised:
        call(aws(service, secret="not the secret"))
    assert code(raised) == "SignatureDoesNotMatch"


def test_unknown_key_is_refused(aws):
    with pytest.raises(exceptions.ClientError) as raised:
        aws("sts", key="AKIDNOBODY").get_caller_identity()
    assert code(raised) == "InvalidClientTokenId"


def test_unsigned_is_refused(endpoint):
    host = endpoint.partition("//")[2]
    for name, status in (("sts.us-east-1.amazonaws.com", 403),
                         ("s3.us-east-1.amazonaws.com", 403),
                         ("nowhere.us-east-1.amazonaws.com", 404)):
        conn = http.client.HTTPConnection(host)
        conn.request("GET", "/?Action=GetCallerIdentity",
                     headers={"Host": name})
        assert conn.getresponse().status == status
        conn.close()


@pytest.mark.parametrize("size", [1, 31, 32, 33, 4096])
def test_kms_round_trip(aws, size):
    kms = aws("kms")
    key = kms.create_key(Description="unit")["KeyMetadata"]
    plain = os.urandom(size)
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=plain,
                       EncryptionContext={"a": "b"})["CiphertextBlob"]
    assert size < 8 or plain not in blob
    back = kms.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})
    assert back["Plaintext"] == plain
    assert back["KeyId"] == key["Arn"]
    again = kms.encrypt(KeyId=key["Arn"], Plaintext=plain)["CiphertextBlob"]
    assert again[:-32] != blob[:-32], "the nonce was used twice"


def test_kms_refuses_what_it_did_not_make(aws):
    kms = aws("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key, Plaintext=b"x" * 40)["CiphertextBlob"]
    for at in range(0, len(blob), 7):
        bad = bytearray(blob)
        bad[at] ^= 1
        with pytest.raises(exceptions.ClientError) as raised:
            kms.decrypt(CiphertextBlob=bytes(bad))
        assert code(raised) == "InvalidCiphertextException"
    for bad in (dict(CiphertextBlob=blob, EncryptionContext={"k": "v"}),
                dict(CiphertextBlob=blob[:20])):
        with pytest.raises(exceptions.ClientError) as raised:
            kms.decrypt(**bad)
        assert code(raised) == "InvalidCiphertextException"


def test_kms_keys_live_in_their_region(aws):
    key = aws("kms").create_key()["KeyMetadata"]["KeyId"]
    assert aws("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyId"] == key
    with pytest.raises(exceptions.ClientError) as raised:
        aws("kms", region="eu-west-1").describe_key(KeyId=key)
    assert code(raised) == "NotFoundException"
    with pytest.raises(exceptions.ClientError) as raised:
        aws("kms").encrypt(KeyId=key, Plaintext=b"x" * 4097)
    assert code(raised) == "ValidationException"


@pytest.mark.parametrize("checksum", [None, "CRC32", "SHA1", "SHA256"])
def test_s3_object(aws, bucket, checksum):
    s3 = aws("s3")
    body = os.urandom(100_000)
    extra = {"ChecksumAlgorithm": checksum} if checksum else {}
    put = s3.put_object(Bucket=bucket, Key="dir/a b+c", Body=body,
                        Metadata={"k": "v"}, ContentType="text/x", **extra)
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="dir/a b+c")
    assert got["Body"].read() == body
    assert (got["ContentType"], got["Metadata"]) == ("text/x", {"k": "v"})
    head = s3.head_object(Bucket=bucket, Key="dir/a b+c")
    assert head["ContentLength"] == len(body)
    s3.delete_object(Bucket=bucket, Key="dir/a b+c")
    with pytest.raises(exceptions.ClientError) as raised:
        s3.get_object(Bucket=bucket, Key="dir/a b+c")
    assert code(raised) == "NoSuchKey"


@pytest.mark.parametrize("text, want", [
    ("bytes=0-0", slice(0, 1)), ("bytes=10-19", slice(10, 20)),
    ("bytes=990-", slice(990, 1000)), ("bytes=-5", slice(995, 1000)),
    ("bytes=0-99999", slice(0, 1000))])
def test_s3_range(aws, bucket, text, want):
    body = os.urandom(1000)
    s3 = aws("s3")
    s3.put_object(Bucket=bucket, Key="r", Body=body)
    got = s3.get_object(Bucket=bucket, Key="r", Range=text)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["Body"].read() == body[want]
    with pytest.raises(exceptions.ClientError) as raised:
        s3.get_object(Bucket=bucket, Key="r", Range="bytes=1000-")
    assert code(raised) == "InvalidRange"


def test_s3_multipart(aws, bucket):
    s3 = aws("s3")
    where = dict(Bucket=bucket, Key="big")
    upload = s3.create_multipart_upload(**where)["UploadId"]
    bodies = [os.urandom(5 << 20), os.urandom(5 << 20), b"tail"]
    parts = [{"PartNumber": n, "ETag": s3.upload_part(
        PartNumber=n, UploadId=upload, Body=body, **where)["ETag"]}
        for n, body in enumerate(bodies, 1)]
    bad = [parts[0], {"PartNumber": 2, "ETag": parts[0]["ETag"]}]
    for wrong, want in ((bad, "InvalidPart"),
                        (parts[::-1], "InvalidPartOrder")):
        with pytest.raises(exceptions.ClientError) as raised:
            s3.complete_multipart_upload(
                UploadId=upload, MultipartUpload={"Parts": wrong}, **where)
        assert code(raised) == want
    done = s3.complete_multipart_upload(
        UploadId=upload, MultipartUpload={"Parts": parts}, **where)
    assert done["ETag"].endswith('-3"')
    assert s3.get_object(**where)["Body"].read() == b"".join(bodies)


def test_s3_listing_pages_and_groups(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket="listing")
    names = ["a", "b/1", "b/2", "c d", "e/", "z"]
    for name in names:
        s3.put_object(Bucket="listing", Key=name, Body=b"x")
    pages = s3.get_paginator("list_objects_v2")
    flat = [o["Key"] for page in pages.paginate(
        Bucket="listing", PaginationConfig={"PageSize": 2})
        for o in page["Contents"]]
    assert flat == names
    grouped = list(pages.paginate(Bucket="listing", Delimiter="/",
                                  PaginationConfig={"PageSize": 2}))
    assert [p["Prefix"] for page in grouped
            for p in page.get("CommonPrefixes", [])] == ["b/", "e/"]
    assert [o["Key"] for page in grouped
            for o in page.get("Contents", [])] == ["a", "c d", "z"]


def test_s3_host_style_needs_no_path_bucket(endpoint, aws, bucket):
    aws("s3").put_object(Bucket=bucket, Key="pub", Body=b"seen",
                         ACL="public-read")
    conn = http.client.HTTPConnection(endpoint.partition("//")[2])
    for name in ("unit.s3.us-east-1.amazonaws.com", "unit.s3.amazonaws.com",
                 "unit.s3.dualstack.us-east-1.amazonaws.com"):
        conn.request("GET", "/pub", headers={"Host": name})
        assert conn.getresponse().read() == b"seen"
    conn.close()


def test_presigned_url(endpoint, aws, bucket):
    url = sigv4.presign("PUT", f"{endpoint}/{bucket}/x%20y",
                        DEFAULT_CREDENTIALS, "us-east-1")
    put = urllib.request.Request(url, b"body", method="PUT")
    assert urllib.request.urlopen(put).status == 200
    assert aws("s3").get_object(Bucket=bucket,
                                Key="x y")["Body"].read() == b"body"
    theirs = aws("s3", signature_version="s3v4").generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "x y"})
    assert urllib.request.urlopen(theirs).read() == b"body"
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(url.replace("x%20y", "other"))
    assert raised.value.code == 403
    late = sigv4.presign("GET", f"{endpoint}/{bucket}/x%20y",
                         DEFAULT_CREDENTIALS, "us-east-1", 10, now=1e9)
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(late)
    assert raised.value.code == 403


def test_imds_credentials_sign(endpoint, aws):
    def ask(method, path, **headers):
        request = urllib.request.Request(endpoint + path, method=method,
                                         headers=headers)
        return urllib.request.urlopen(request).read().decode()

    base = "/latest/meta-data/iam/security-credentials/"
    with pytest.raises(urllib.error.HTTPError) as raised:
        ask("GET", base)
    assert raised.value.code == 401
    token = {"X-aws-ec2-metadata-token": ask(
        "PUT", "/latest/api/token",
        **{"X-aws-ec2-metadata-token-ttl-seconds": "60"})}
    role = json.loads(ask("GET", base + ask("GET", base, **token), **token))
    login = dict(key=role["AccessKeyId"], secret=role["SecretAccessKey"])
    sts = aws("sts", token=role["Token"], **login)
    assert sts.get_caller_identity()["UserId"] == role["AccessKeyId"]
    with pytest.raises(exceptions.ClientError) as raised:
        aws("sts", token="wrong", **login).get_caller_identity()
    assert code(raised) == "InvalidToken"


def test_signed_chunks_by_the_published_example():
    """The example of the S3 API reference: 64 KiB, then 1 KiB, of "a"."""
    credentials = sigv4.Credentials(
        "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    claim = sigv4.Signature(
        credentials.access_key, "20130524", "us-east-1", "s3", [],
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        "20130524T000000Z", False)
    signatures = (
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9")

    def request(chunks):
        body = b"".join(b"%x;chunk-signature=%s\r\n%s\r\n" % (
            len(data), signature.encode(), data)
            for data, signature in zip(chunks, signatures))
        headers = http.client.HTTPMessage()
        headers["X-Amz-Content-SHA256"] = sigv4.STREAMING
        headers["X-Amz-Decoded-Content-Length"] = "66560"
        return Request("PUT", "/x", headers, body)

    good = request([b"a" * 65536, b"a" * 1024, b""])
    decode_aws(good, sigv4.ChunkSignatures(claim, credentials.secret))
    assert good.body == b"a" * 66560
    with pytest.raises(ServiceError, match="chunk does not fit"):
        decode_aws(request([b"a" * 65536, b"b" * 1024, b""]),
                   sigv4.ChunkSignatures(claim, credentials.secret))
