# SPDX-License-Identifier: GPL-3.0-or-later
"""--explain: the verdict, where it stands, and the exit status."""
from __future__ import annotations

from pathlib import Path

import pytest

from conftest import Place

CONF = """\
route kms.*.amazonaws.com:443 vsock:3:8000
route @imds:80 vsock:3:8002 connect-timeout=250ms
route [fd00:ec2::23]:80 unix:/run/eks.sock
route 10.1.0.0/16 vsock:4:1
pass db.internal
deny *.evil.example
"""


@pytest.fixture
def conf(work: Path) -> Path:
    path = work / "v.conf"
    path.write_text(CONF)
    return path


ROUTED, LEFT, DENIED = 0, 1, 2


@pytest.mark.parametrize("host, status, says", [
    ("kms.eu-west-1.amazonaws.com", ROUTED,
     ["kms.eu-west-1.amazonaws.com:443: routed",
      "rule:     {conf}:1: route kms.*.amazonaws.com:443",
      "target:   vsock, CID 3, port 8000",
      "TLS:      passthrough: the program's own TLS, untouched",
      "timeout:  10 s to connect",
      "a placeholder in 198.18.0.0/15 or fd76:736f:636b::/64"]),
    ("KMS.eu-west-1.amazonaws.com.:443", ROUTED, ["{conf}:1: "]),
    ("169.254.169.254:80", ROUTED,
     ["{conf}:2: route @imds:80", "port 8002", "0.25 s", "as given"]),
    ("[fd00:ec2::254]:80", ROUTED,
     ["[fd00:ec2::254]:80: routed", "{conf}:2: "]),
    ("[fd00:ec2::23]:80", ROUTED,
     ["{conf}:3: route [fd00:ec2::23]:80", "unix socket /run/eks.sock"]),
    ("10.1.2.3:9", ROUTED, ["{conf}:4: route 10.1.0.0/16\n", "CID 4"]),
    ("::ffff:10.1.2.3", ROUTED, ["[::ffff:10.1.2.3]:443: ", "{conf}:4: "]),
    ("db.internal:5432", LEFT,
     ["db.internal:5432: left alone", "{conf}:5: pass db.internal",
      "libc and the kernel"]),
    ("www.evil.example", DENIED,
     ["denied", "{conf}:6: deny *.evil.example", "EAI_NONAME"]),
    ("www.example.org", LEFT, ["left alone", "none matches"]),
    ("fd00:ec2::23", LEFT, ["[fd00:ec2::23]:443: left alone"]),
    ("kms.eu-west-1.amazonaws.com:80", LEFT,
     ["none matches", "{conf}:1: route kms.*.amazonaws.com:443 is for "
      "another port"]),
])
def test_verdict(place: Place, conf: Path, host: str, status: int,
                 says: list[str]) -> None:
    r = place.run("-c", conf, "--explain", host)
    assert r.status == status and r.err == ""
    for piece in says:
        assert piece.format(conf=conf) in r.out


def test_sources(place: Place) -> None:
    env = {"VSOCKWRAP_ROUTES": "pass a\npass b"}
    r = place.run("-r", "pass x", "-r", "pass y", "--explain", "y", "b",
                  env=env)
    assert "-r 2: pass y\n" in r.out and "VSOCKWRAP_ROUTES:2: pass b\n" in r.out


def test_built_in(place: Place) -> None:
    r = place.run("--explain", "s3.amazonaws.com")
    assert r.status == ROUTED and "built in: route @aws:443\n" in r.out


@pytest.mark.parametrize("host", [
    "localhost", "x.localhost.", "127.0.0.1", "::1", "0.0.0.0", "[::]:80",
])
def test_local_is_not_everything(place: Place, host: str) -> None:
    r = place.run("-r", "deny *", "--explain", host)
    assert r.status == LEFT
    assert "-r 1: deny * does not take local names" in r.out
    assert "note" not in place.run("-r", "pass a", "--explain", host).out


def test_passed_name_has_addresses_too(place: Place) -> None:
    """The library exempts what it resolves to from rules for everything."""
    r = place.run("-r", "pass db.internal", "-r", "strict",
                  "--explain", "db.internal")
    assert r.status == LEFT
    assert "libc and the kernel, and so are the addresses" in r.out
    r = place.run("-r", "pass 10.0.0.1", "--explain", "10.0.0.1")
    assert r.status == LEFT and "addresses" not in r.out


def test_short_address_is_no_name(place: Place) -> None:
    rules = ("-r", "route 10.0.0.0/8 vsock:3:1", "-r", "deny *")
    assert place.run(*rules, "--explain", "10.1").status == ROUTED
    assert place.run(*rules, "--explain", "127.1").status == LEFT
    assert place.run(*rules, "--explain", "0x0a000001").status == ROUTED


@pytest.mark.parametrize("rule, effect", [
    ("deny a.example", "EAI_NONAME"), ("deny 192.0.2.1", "EACCES"),
])
def test_effect_of_deny(place: Place, rule: str, effect: str) -> None:
    r = place.run("-r", rule, "--explain", rule.split()[1])
    assert r.status == DENIED and effect in r.out


def test_placeholder_tells_its_rule(place: Place) -> None:
    """Two rules: the upper half of the range is the second one's."""
    rules = ("-r", "route a vsock:3:1", "-r", "route b vsock:3:2")
    r = place.run(*rules, "--explain", "198.18.0.1", "198.19.0.1")
    assert r.status == ROUTED
    assert r.out.index("-r 1: route a") < r.out.index("-r 2: route b")


def test_several_hosts_give_the_greatest(place: Place) -> None:
    rules = ("-r", "route a vsock:3:1", "-r", "deny c")
    for hosts, status in (("a", 0), ("ab", 1), ("acb", 2), ("aa", 0)):
        assert place.run(*rules, "--explain", *hosts).status == status


@pytest.mark.parametrize("host, says", [
    ("", "no host name"),
    (":80", "no host name"),
    ("a:", "bad port"),
    ("a:0", "bad port"),
    ("a:65536", "bad port"),
    ("a:99999999999999999999", "bad port"),
    ("a:http", "bad port"),
    ("https://a/", "a URL"),
    ("a/b", "not a host name"),
    ("a b", "not a host name"),
    ("*.a", "not a host name"),
    ("@aws", "not a host name"),
    ("1:2:3", "not a host name"),
    ("[::1", "no IPv6 address in the brackets"),
    ("[a]:1", "no IPv6 address in the brackets"),
    ("[::1]80", "expected :PORT"),
    ("a" * 254, "a host name has at most 253"),
])
def test_bad_host(place: Place, host: str, says: str) -> None:
    r = place.run("--explain", host)
    assert r.status == 125
    assert r.lines()[0].startswith(f"vsockwrap: --explain {host}: {says}")


def test_longest_name(place: Place) -> None:
    name = ".".join(["a" * 63] * 3 + ["a" * 61])
    assert place.run("--explain", name + ".").status == LEFT


def test_runs_nothing(place: Place, work: Path) -> None:
    r = place.run("--explain", "touch", f"{work.name}.example")
    assert r.status == LEFT and list(work.iterdir()) == []
