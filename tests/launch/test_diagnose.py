# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be wrapped is told in one line and not started; --force does."""
from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from conftest import HELLO_C, NOBODY, Place, TOP, compile_c


def refused(place: Place, path: Path, *says: str, **kwargs: object) -> None:
    """One line that names file, reason and cure; with --force a warning."""
    r = place.run(path, **kwargs)
    assert r.status == 125 and r.out == ""
    assert len(r.lines()) == 1
    for piece in ("vsockwrap: ", *says, "--force"):
        assert piece in r.err
    forced = place.run("--force", path, **kwargs)
    assert forced.status != 125 and len(forced.lines()) >= 1
    for piece in (*says, "started unwrapped"):
        assert piece in forced.lines()[0]


def accepted(place: Place, path: Path | str, **kwargs: object) -> None:
    r = place.run(path, **kwargs)
    assert (r.status, r.out, r.err) == (0, "hello\n", "")


def copy(hello: Path, to: Path, mode: int = 0o755) -> Path:
    shutil.copy(hello, to)
    to.chmod(mode)
    return to


# Kinds of programs

@pytest.mark.parametrize("flag", ["-static", "-static-pie"])
def test_static(place: Place, work: Path, flag: str) -> None:
    refused(place, compile_c(HELLO_C, work / "p", flag),
            f"{work}/p is statically linked", "use a dynamically linked")


@pytest.mark.parametrize("section", [".go.buildinfo", ".note.go.buildid"])
@pytest.mark.parametrize("flag", ["-static", "-pie"])
def test_mark_of_go(place: Place, work: Path, section: str,
                    flag: str) -> None:
    made = compile_c(HELLO_C, work / "c", flag)
    subprocess.run(["objcopy", "--add-section", f"{section}=/dev/null",
                    made, work / "p"], check=True)
    refused(place, work / "p", f"{work}/p is a Go program", "relay")


@pytest.mark.parametrize("cgo", ["0", "1"])
def test_real_go(place: Place, work: Path, cgo: str) -> None:
    go = shutil.which("go", path="/usr/bin:/usr/local/go/bin")
    if not go:
        pytest.skip("no Go compiler; the crafted sections stand in for it")
    head = 'import "C"\n' if cgo == "1" else ""
    (work / "p.go").write_text(f'package main\n{head}import "os"\n'
                               'func main() { os.Stdout.WriteString("") }\n')
    subprocess.run([go, "build", "-o", "p", "p.go"], cwd=work, check=True,
                   env=place.clean_env(CGO_ENABLED=cgo, HOME=str(work),
                                       GO111MODULE="off", GOFLAGS="-p=1",
                                       GOCACHE=str(place.root / "go")))
    subprocess.run(["strip", work / "p"], check=True)
    refused(place, work / "p", "is a Go program")


@pytest.mark.parametrize("loader, libc", [
    ("/lib/ld-musl-x86_64.so.1", "musl"), ("/lib/ld-uClibc.so.0", "uClibc"),
    ("/system/bin/linker64", "bionic"),
])
def test_foreign_libc(place: Place, work: Path, loader: str,
                      libc: str) -> None:
    made = compile_c(HELLO_C, work / "p", f"-Wl,--dynamic-linker={loader}")
    refused(place, made, f"is built for {libc} ({loader})", "for glibc",
            "build vsockwrap with that libc")


@pytest.fixture
def loader(hello: Path) -> Path:
    """This machine's dynamic loader."""
    text = subprocess.run(["readelf", "-p", ".interp", hello], check=True,
                          capture_output=True, text=True).stdout
    return Path(text.split()[-1])


def test_unknown_loader_is_not_refused(place: Place, work: Path,
                                       loader: Path) -> None:
    (work / "my-loader").symlink_to(loader.resolve())
    accepted(place, compile_c(
        HELLO_C, work / "p", f"-Wl,--dynamic-linker={work}/my-loader"))


def test_missing_loader(place: Place, work: Path) -> None:
    made = compile_c(HELLO_C, work / "p", "-Wl,--dynamic-linker=/no/loader")
    r = place.run(made)
    assert r.status == 127 and "its interpreter or loader" in r.err


def test_real_musl(place: Place, work: Path) -> None:
    if not shutil.which("musl-gcc"):
        pytest.skip("no musl-gcc (musl-tools); a crafted loader stands in")
    (work / "p.c").write_text(HELLO_C)
    subprocess.run(["musl-gcc", "-o", "p", "p.c"], cwd=work, check=True)
    refused(place, work / "p", "is built for musl")


def test_program_behind_its_loader(place: Place, hello: Path,
                                   loader: Path) -> None:
    """A loader has no loader, and still loads the library."""
    r = place.run(loader, hello)
    assert (r.status, r.out, r.err) == (0, "hello\n", "")


def header(bits: int, order: str, machine: int) -> bytes:
    ident = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1])
    return (ident.ljust(16, b"\0") +
            struct.pack(order + "HHI", 2, machine, 1)).ljust(64, b"\0")


@pytest.mark.parametrize("bits, order, machine, kind", [
    (32, "<", 3, "a 32-bit x86 program"),
    (32, "<", 62, "a 32-bit x86-64 program"),    # x32
    (64, "<", 243, "a 64-bit RISC-V program"),
    (32, ">", 8, "a 32-bit ELF machine 8 program"),
    (64, ">", 22, "a 64-bit S/390 program"),
])
def test_foreign_machine(place: Place, work: Path, bits: int, order: str,
                         machine: int, kind: str) -> None:
    (work / "p").write_bytes(header(bits, order, machine))
    (work / "p").chmod(0o755)
    r = place.run(work / "p")
    assert r.status == 125 and len(r.lines()) == 1
    own = {"x86_64": "64-bit x86-64",
           "aarch64": "64-bit AArch64"}[os.uname().machine]
    assert f"{work}/p is {kind}, and this vsockwrap is {own}" in r.err


def test_damaged_headers(work: Path, hello: Path) -> None:
    """Cut and changed copies, read under AddressSanitizer."""
    reader = work / "reader"
    subprocess.run(
        ["gcc", "-g", "-D_GNU_SOURCE", "-fsanitize=address,undefined",
         "-fno-sanitize-recover=all", f"-I{TOP}/shim", "-o", reader,
         TOP / "tests/launch/elf_read.c", TOP / "shim/launch_elf.c"],
        check=True)
    good, dice = hello.read_bytes(), random.Random(1)
    sections = struct.unpack_from("<Q", good, 40)[0]
    paths = []
    for i in range(600):
        data = bytearray(good)
        for _ in range(dice.randrange(1, 8)):
            at = dice.choice([dice.randrange(64), dice.randrange(64, 900),
                              dice.randrange(sections, len(data))])
            data[at] = dice.choice([0, 1, 0x7f, 0x80, 0xff,
                                    dice.randrange(256)])
        if i % 3 == 0:
            del data[dice.randrange(len(data)):]
        paths.append(work / str(i))
        paths[-1].write_bytes(data)
    r = subprocess.run([reader], input="".join(f"{p}\n" for p in paths),
                       capture_output=True, text=True, check=False,
                       timeout=120)
    assert r.returncode == 0, r.stderr
    assert len(r.stdout.split()) == 600 and "ok" in r.stdout.split()


# Programs with rights of their own

def nosuid(path: Path) -> None:
    if os.statvfs(path).f_flag & os.ST_NOSUID:
        pytest.skip(f"{path} is mounted nosuid")


def test_set_uid(place: Place, hello: Path, work: Path,
                 root_only: None) -> None:
    nosuid(work)
    program = copy(hello, work / "p")
    os.chown(program, NOBODY, -1)
    program.chmod(0o4755)
    refused(place, program, f"{work}/p is set-uid to user {NOBODY}",
            "run vsockwrap as that user")


def test_set_gid(place: Place, hello: Path, work: Path,
                 root_only: None) -> None:
    nosuid(work)
    program = copy(hello, work / "p")
    os.chown(program, -1, NOBODY)
    program.chmod(0o2755)
    refused(place, program, f"{work}/p is set-gid to group {NOBODY}")
    program.chmod(0o2745)  # not executable by the group: means locking
    accepted(place, program)


def test_set_uid_to_oneself(place: Place, hello: Path, work: Path,
                            as_nobody: tuple[str, ...]) -> None:
    """The loader keeps the library where nothing is gained."""
    nosuid(work)
    program = copy(hello, work / "p", 0o4755)
    accepted(place, program)
    refused(place, program, "is set-uid to user 0", before=as_nobody)


def test_set_uid_without_effect(place: Place, hello: Path, work: Path,
                                as_nobody: tuple[str, ...]) -> None:
    program = copy(hello, work / "p", 0o4755)
    accepted(place, program, before=("setpriv", "--no-new-privs",
                                     *as_nobody[1:]))
    accepted(place, program, before=(
        "unshare", "-m", "sh", "-c",
        f'mount --bind "{work}" "{work}" && '
        f'mount -o remount,bind,nosuid "{work}" && exec "$@"', "sh",
        *as_nobody))


def test_file_capabilities(place: Place, hello: Path, work: Path,
                           as_nobody: tuple[str, ...]) -> None:
    nosuid(work)
    setcap = shutil.which("setcap", path="/usr/sbin:/sbin:/usr/bin")
    if not setcap:
        pytest.skip("no setcap (libcap2-bin)")
    program = copy(hello, work / "p")
    subprocess.run([setcap, "cap_net_bind_service=ep", program], check=True)
    refused(place, program, f"{work}/p has file capabilities", "setcap -r",
            before=as_nobody)
    accepted(place, program)  # root gains nothing by them


def test_unreadable(place: Place, hello: Path, work: Path,
                    as_nobody: tuple[str, ...]) -> None:
    """Started, since nothing is known against it; but told."""
    program = copy(hello, work / "p", 0o711)
    r = place.run(program, before=as_nobody)
    assert (r.status, r.out) == (0, "hello\n")
    assert r.lines() == [f"vsockwrap: {work}/p: cannot be read, so it is "
                         "unknown whether it can be wrapped"]


# Scripts: it is the interpreter that counts

def script(path: Path, first: str) -> Path:
    path.write_text(f"#!{first}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def static(work: Path) -> Path:
    return compile_c(HELLO_C, work / "static", "-static")


@pytest.mark.parametrize("first", [
    "{static}", " {static} -x", "\t{static}\t", "/usr/bin/env static",
    "/usr/bin/env -S static -x y", "/usr/bin/env -Sstatic -x",
    "/usr/bin/env -S -i A=b static", "/usr/bin/env -S -u A static",
])
def test_interpreter(place: Place, work: Path, static: Path,
                     first: str) -> None:
    path = script(work / "s", first.format(static=static))
    env = {"PATH": f"{work}:/usr/bin:/bin"}
    refused(place, path, f"{static} is statically linked", env=env)


def test_interpreter_of_the_interpreter(place: Place, work: Path,
                                        static: Path) -> None:
    last = static
    for i in range(4):
        last = script(work / f"s{i}", str(last))
        refused(place, last, f"{static} is statically linked")


def test_its_own_interpreter(place: Place, work: Path) -> None:
    """No endless search; the kernel refuses it."""
    r = place.run(script(work / "s", str(work / "s")))
    assert r.status == 126


@pytest.mark.parametrize("first, out", [
    ("", ""), (" \t", ""), ("{env}", "hello\n"), ("{env} ", "hello\n"),
    ("{env} -u", "hello\n"), ("{env} -S A=b", "hello\n"),
])
def test_incomplete_first_line(place: Place, work: Path, hello: Path,
                               first: str, out: str) -> None:
    """An env without a command, here one that does not mind."""
    env = copy(hello, work / "env")
    r = place.run(script(work / "s", first.format(env=env)))
    assert (r.status, r.out, r.err) == (0, out, "")


# Proxies

@pytest.mark.parametrize("name", [
    "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy",
])
def test_proxy(place: Place, hello: Path, name: str) -> None:
    r = place.run(hello, env={name: "http://user:secret@proxy:3128"})
    assert (r.status, r.out) == (0, "hello\n")
    assert len(r.lines()) == 1 and "secret" not in r.err
    assert r.err.startswith(f"vsockwrap: {name} is set: ")
    assert "NO_PROXY" in r.err


def test_one_line_for_many(place: Place, hello: Path) -> None:
    r = place.run(hello, env={"HTTPS_PROXY": "a:1", "https_proxy": "b:1"})
    assert len(r.lines()) == 1


@pytest.mark.parametrize("extra", [
    {"HTTPS_PROXY": ""},
    {"HTTPS_PROXY": "p:1", "NO_PROXY": "x,.amazonaws.com"},
    {"HTTPS_PROXY": "p:1", "no_proxy": "*"},
    {"HTTP_PROXY": "p:1"},
])
def test_proxy_that_does_not_matter(place: Place, hello: Path,
                                    extra: dict[str, str]) -> None:
    accepted(place, hello, env=extra)


@pytest.mark.parametrize("url", [
    "http://proxy:3128", "http://u:p@proxy:3128/", "proxy:3128",
    "socks5h://proxy:3128", "http://proxy/", "http://[fd01::1]:3128",
    "http://u:a@b@10.1.2.3:3128",
])
def test_proxy_that_is_routed(place: Place, hello: Path, url: str) -> None:
    rules = ";".join(f"route {host} vsock:3:3128"
                     for host in ("proxy", "fd01::1", "10.0.0.0/8"))
    accepted(place, hello, env={"HTTPS_PROXY": url,
                                "VSOCKWRAP_ROUTES": rules})


def test_proxy_that_is_denied(place: Place, hello: Path) -> None:
    r = place.run("-r", "deny proxy", hello, env={"HTTPS_PROXY": "proxy:1"})
    assert len(r.lines()) == 1 and "HTTPS_PROXY" in r.err
