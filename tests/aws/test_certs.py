# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates: strict verification, the names, nothing left to misuse."""

import pathlib
import ssl
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    directory = tmp_path_factory.mktemp("certs")
    subprocess.run([HERE / "certs", directory], check=True)
    return directory


def shake_hands(certs, name):
    """A TLS handshake in memory, verified as strictly as Python can."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certs / "server.pem", certs / "server.key")
    client_side = ssl.create_default_context(cafile=certs / "ca.pem")
    client_side.verify_flags |= ssl.VERIFY_X509_STRICT
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_side.wrap_bio(down, up, server_hostname=name)
    server = server_side.wrap_bio(up, down, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            pass
    return client.version()


@pytest.mark.parametrize("name", [
    "sts.amazonaws.com", "kms.us-east-1.amazonaws.com",
    "s3.amazonaws.com", "s3.us-east-1.amazonaws.com",
    "bucket.s3.amazonaws.com", "bucket.s3.us-east-1.amazonaws.com",
    "bucket.s3.dualstack.us-east-1.amazonaws.com",
    "kms.us-east-1.api.aws", "sts.cn-north-1.amazonaws.com.cn",
    "kms.eu-central-1.amazonaws.com"])
def test_endpoint_names(certs, name):
    assert shake_hands(certs, name) == "TLSv1.3"


@pytest.mark.parametrize("name", [
    "amazonaws.com.example", "a.b.c.us-east-1.amazonaws.com", "localhost"])
def test_other_names_are_not_covered(certs, name):
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(certs, name)


def test_no_key_is_left_that_could_sign(certs):
    assert sorted(p.name for p in certs.iterdir()) == \
        ["ca.pem", "server.key", "server.pem"]
    assert (certs / "server.key").stat().st_mode & 0o077 == 0


def test_a_good_set_is_kept_and_a_broken_one_replaced(certs):
    before = (certs / "ca.pem").read_bytes()
    subprocess.run([HERE / "certs", certs], check=True)
    assert (certs / "ca.pem").read_bytes() == before
    (certs / "server.pem").write_bytes(b"")
    subprocess.run([HERE / "certs", certs], check=True)
    assert (certs / "ca.pem").read_bytes() != before
    shake_hands(certs, "sts.amazonaws.com")
