# SPDX-License-Identifier: GPL-3.0-or-later
"""The clients, each once: what is run, what it must print, whom it must ask.

A script is bash. In it "run CMD…" runs CMD bare or under vsockwrap, as the
form says; the rest of the script (cut, sha256sum) runs outside. It finds

    DATA, SECRET, BIG     random files of 1 MiB, 1 KiB, 64 MiB
    PUT_URL, GET_URL      presigned for an S3 object of its own, https
    PUT_HTTP, GET_HTTP    the same, http
    SCRATCH, PROGRAMS, CA its directory; programs/; the test root's file

and the usual variables for credentials, region and trust. Standard library
only: the enclave guest reads this file too.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
from dataclasses import dataclass
from typing import Optional

# Debian's programs first; where a machine has others besides, those last.
PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin"
REGION = "us-east-1"
BUCKET = "clients"
BUCKET_HOST = f"{BUCKET}.s3.{REGION}.amazonaws.com"
STS = (f"sts.{REGION}.amazonaws.com", "sts.amazonaws.com")
KMS = (f"kms.{REGION}.amazonaws.com",)
# Clients differ in which of S3's names they use; see the hosts file too.
S3 = (BUCKET_HOST, f"{BUCKET}.s3.amazonaws.com", f"s3.{REGION}.amazonaws.com",
      "s3.amazonaws.com")
IMDS = ("169.254.169.254",)
NAMES = STS + KMS + S3


@dataclass(frozen=True)
class Case:
    name: str
    script: str
    prints: str                 # stdout, after str.format of data.facts()
    hosts: tuple[str, ...]      # nothing else may be asked, and these are
    program: str = "python3"
    module: Optional[str] = None
    tls: bool = True
    seconds: int = 60           # allowed; a guest is slower than a machine

    def missing(self) -> Optional[str]:
        """What this machine lacks to run the case, or None."""
        if not shutil.which(self.program, path=PATH):
            return f"{self.program} (in {PATH})"
        if self.module and not has_module(self.module):
            return f"python3-{self.module}"
        return None


@functools.lru_cache(maxsize=None)
def has_module(name: str) -> bool:
    """Whether Debian's Python (we may be another) has the module."""
    return subprocess.run(["/usr/bin/python3", "-c", f"import {name}"],
                          capture_output=True, check=False).returncode == 0


CASES = [
    Case("curl-https", """
        run curl -sS --fail-with-body -T "$DATA" "$PUT_URL"
        run curl -sS --fail-with-body "$GET_URL" | sha256
        """, "{data}\n", (BUCKET_HOST,), "curl"),
    Case("curl-http", """
        run curl -sS --fail-with-body -T "$DATA" "$PUT_HTTP"
        run curl -sS --fail-with-body "$GET_HTTP" | sha256
        """, "{data}\n", (BUCKET_HOST,), "curl", tls=False),
    Case("curl-sigv4", """
        run curl -sS --fail-with-body --aws-sigv4 aws:amz:us-east-1:sts \\
            --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
            -d Action=GetCallerIdentity -d Version=2011-06-15 \\
            https://sts.us-east-1.amazonaws.com/ |
            grep -o '<UserId>[^<]*'
        """, "<UserId>{key}\n", STS, "curl"),
    Case("wget", """
        run wget -q --ca-certificate="$CA" -O /dev/null \\
            --method=PUT --body-file="$DATA" "$PUT_URL"
        run wget -q --ca-certificate="$CA" -O - "$GET_URL" | sha256
        """, "{data}\n", (BUCKET_HOST,), "wget"),
    Case("python-http-client", """
        run python3 "$PROGRAMS/http_client.py"
        """, "{data}\n", (BUCKET_HOST,)),
    Case("python-requests", """
        run python3 "$PROGRAMS/use_requests.py"
        """, "{data}\n", (BUCKET_HOST,), module="requests"),
    Case("python-asyncio", """
        run python3 "$PROGRAMS/use_asyncio.py"
        """, "{data}\n", (BUCKET_HOST,)),
    Case("boto3-sts", """
        run python3 "$PROGRAMS/use_boto3.py" sts
        """, "{key}\n", STS, module="boto3"),
    Case("boto3-kms", """
        run python3 "$PROGRAMS/use_boto3.py" kms
        """, "{secret}\n", KMS, module="boto3"),
    Case("boto3-s3", """
        run python3 "$PROGRAMS/use_boto3.py" s3
        """, "{big}\n", S3, module="boto3"),
    Case("node-https", """
        run node "$PROGRAMS/https.js"
        """, "{data}\n", (BUCKET_HOST,), "node"),
    Case("aws-sts", """
        run aws sts get-caller-identity --query UserId --output text
        """, "{key}\n", STS, "aws"),
    Case("aws-kms", """
        key=$(run aws kms create-key --query KeyMetadata.KeyId --output text)
        run aws kms encrypt --key-id "$key" --plaintext "fileb://$SECRET" \\
            --query CiphertextBlob --output text |
            base64 -d >"$SCRATCH/blob"
        run aws kms decrypt --ciphertext-blob "fileb://$SCRATCH/blob" \\
            --query Plaintext --output text | base64 -d | sha256
        """, "{secret}\n", KMS, "aws"),
    Case("aws-s3-64MiB", """
        run aws s3 cp --no-progress "$BIG" s3://clients/big >&2
        run aws s3 cp --no-progress s3://clients/big "$SCRATCH/back" >&2
        run aws s3 rm s3://clients/big >&2
        sha256 <"$SCRATCH/back"
        """, "{big}\n", S3, "aws"),
    # botocore allows IMDS one second, which a busy machine may not keep.
    Case("aws-imds", """
        export AWS_METADATA_SERVICE_TIMEOUT=10
        unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_EC2_METADATA_DISABLED
        run aws sts get-caller-identity --query UserId --output text |
            cut -c1-4
        """, "ASIA\n", STS + IMDS, "aws"),
]
BY_NAME = {case.name: case for case in CASES}
