# SPDX-License-Identifier: GPL-3.0-or-later
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import forms    # noqa: E402


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("SKIP: network namespaces need root")
    world = forms.World(tmp_path_factory.mktemp("clients"))
    yield world
    world.close()
    # 64 MiB each, a few times over; the small files stay for a reader.
    for path in world.directory.rglob("*"):
        if path.is_file() and path.stat().st_size > 1 << 20:
            path.unlink()


@pytest.fixture(scope="session")
def bare(world):
    return forms.Bare(world, "bare")


@pytest.fixture(scope="session")
def launcher():
    if not forms.LAUNCHER.exists():
        pytest.fail(f"{forms.LAUNCHER} is missing; run make first",
                    pytrace=False)


@pytest.fixture(scope="session")
def unix(world, launcher):
    return forms.Unix(world, "unix")


@pytest.fixture(scope="session", params=["7.2", "6.1"])
def vsock(world, launcher, request):
    """The lab with that kernel, after a boot that ran all cases asked for."""
    wanted = [item.callspec.params["case"] for item in request.session.items
              if "vsock" in item.fixturenames
              and item.callspec.params["vsock"] == request.param]
    lab = forms.Lab(world, request.param)
    reason = lab.boot([case.name for case in wanted if not case.missing()])
    if reason:
        pytest.skip(f"SKIP: no guest with Linux {request.param}: {reason}")
    return lab
