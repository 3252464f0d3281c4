# SPDX-License-Identifier: GPL-3.0-or-later
"""Each client of cases.py, in each form of forms.py."""

import pytest

import cases
import forms

each_case = pytest.mark.parametrize("case", cases.CASES,
                                    ids=lambda case: case.name)


def judge(world, form, case, result):
    """The client's own view and the stand-in's must both be right."""
    detail = f"{form.name} {case.name}\nstdout:\n{result['out']}\n" \
             f"stderr:\n{result['err'][-4000:]}"
    assert result["status"] == 0, detail
    assert result["out"] == case.prints.format(**world.facts), detail
    asked = forms.requests_between(form.log, result["start"], result["end"])
    assert asked, f"the stand-in saw no request\n{detail}"
    for entry in asked:
        assert entry["host"] in case.hosts, (entry, detail)
        assert entry["status"] < 400, (entry, detail)
        if entry["host"] in cases.IMDS:
            assert not entry["tls"], (entry, detail)
            continue
        assert entry["tls"] == case.tls, (entry, detail)
        assert not case.tls or entry["sni"] == entry["host"], (entry, detail)
        assert entry["region"] == cases.REGION, (entry, detail)
    if set(case.hosts) & set(cases.IMDS):
        assert {e["host"] for e in asked} & set(cases.IMDS), detail


def run(world, form, case):
    missing = case.missing()
    if missing:
        pytest.skip(f"SKIP: {case.name}: {missing} is missing")
    judge(world, form, case, form.run(case))


@each_case
def test_bare(world, bare, case):
    run(world, bare, case)


@each_case
def test_unix(world, unix, case):
    run(world, unix, case)


@each_case
def test_vsock(world, vsock, case):
    run(world, vsock, case)


@pytest.mark.parametrize("name", ["curl-https", "aws-sts"])
def test_unwrapped_fails(world, name):
    """The control: in unix's namespace, without vsockwrap, nothing works."""
    form = forms.Unwrapped(world, "unwrapped")
    result = form.run(cases.BY_NAME[name])
    assert result["status"] != 0, result
    asked = forms.requests_between(form.log, result["start"], result["end"])
    assert not asked, asked
