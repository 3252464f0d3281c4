# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in inside the test process, on loopback, without TLS."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from standin.cloud import DEFAULT_CREDENTIALS, Cloud    # noqa: E402
from standin.server import Server                       # noqa: E402


@pytest.fixture(scope="session")
def cloud():
    return Cloud()


@pytest.fixture(scope="session")
def endpoint(cloud):
    server = Server("tcp:127.0.0.1:0", cloud)
    server.start()
    host, port = server.address
    yield f"http://{host}:{port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def aws(endpoint, monkeypatch):
    """aws("kms", …): a boto3 client of the stand-in."""
    boto3 = pytest.importorskip(
        "boto3", reason="SKIP: python3-boto3 is missing; run scripts/deps")
    from botocore.config import Config
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY",
                 "AWS_PROFILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)

    def client(service, region="us-east-1", secret=DEFAULT_CREDENTIALS.secret,
               key=DEFAULT_CREDENTIALS.access_key, token=None, **config):
        return boto3.client(service, region_name=region,
                            endpoint_url=endpoint, aws_access_key_id=key,
                            aws_secret_access_key=secret,
                            aws_session_token=token,
                            config=Config(retries={"max_attempts": 0},
                                          **config))
    return client
