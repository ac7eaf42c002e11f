import json
import os
import tarfile

import numpy as np
import pytest
from PIL import Image

from helpers.download import formats
from helpers.download.catalog import KNOWN
from helpers.download.formats import DataError
from tests.support import tiny_sets
from tests.support.tiny_sets import make_archive, tar


@pytest.mark.parametrize("zipped", [False, True])
def test_idx_file_by_hand(tmp_path, zipped):
    content = (
        b"\0\0\x08\x02" + b"\0\0\0\x02" + b"\0\0\0\x03" + bytes([1, 2, 3, 4, 5, 6])
    )
    tiny_sets.write(tmp_path, {"a": content}, zipped)
    array = formats.read_idx(tmp_path / ("a.gz" if zipped else "a"))
    assert array.dtype == np.uint8
    assert array.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\x08",
        b"\0\0\x08\x00",
        b"\0\0\x08\x01\0\0\0\x03ab",
        b"\0\0\x08\x01\0\0\0\x03abcd",
        b"\0\0\x0d\x01\0\0\0\x03abc",
        b"\0\0\x08\x02\0\0\0\x03",
        b"\0\0\x08\x01\xff\xff\xff\xffabc",
        b"<html>not found</html>",
    ],
)
def test_damaged_idx_file(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(ValueError, match="a no es un archivo idx entero"):
        formats.read_idx(tmp_path / "a")


def test_cifar_records_by_hand():
    red, green, blue = bytes(range(256)) * 4, bytes([7]) * 1024, bytes([9]) * 1024
    record = red + green + blue
    images, labels = formats.read_records(bytes([3]) + record + bytes([8]) + record)
    assert labels.tolist() == [3, 8]
    assert images.shape == (2, 32, 32, 3)
    assert images[1, 0, :3].tolist() == [[0, 7, 9], [1, 7, 9], [2, 7, 9]]
    assert images[1, 1, 0].tolist() == [32, 7, 9]  # rows of 32 pixels


def test_cut_cifar_records():
    with pytest.raises(ValueError):
        formats.read_records(bytes(3073 + 3072))


def test_picture_has_one_image_a_row(tmp_path):
    rows = tiny_sets.cifar_pixels().reshape(12, 1024, 3)
    Image.fromarray(rows).save(tmp_path / "a.png")
    assert (formats.read_picture(tmp_path / "a.png") == tiny_sets.cifar_pixels()).all()
    Image.fromarray(rows[:, :1000]).save(tmp_path / "b.png")
    with pytest.raises(ValueError, match="1024"):
        formats.read_picture(tmp_path / "b.png")


@pytest.mark.parametrize("layout", [".", "MNIST/raw"])
@pytest.mark.parametrize("zipped", [False, True])
def test_folder_of_a_user(tmp_path, monkeypatch, layout, zipped):
    tiny_sets.accept_mnist(monkeypatch)
    tiny_sets.write(tmp_path / layout, tiny_sets.mnist_files(), zipped)
    arrays = KNOWN["mnist"].read_folder(tmp_path)
    assert arrays["train_images"].shape == (3, 28, 28)
    assert (arrays["test_images"].ravel() == tiny_sets.MNIST["test_images"]).all()
    assert arrays["train_labels"].tolist() == [5, 0, 4]


def test_the_folder_that_names_the_set_comes_first(tmp_path, monkeypatch):
    tiny_sets.accept(monkeypatch, "fashion_mnist", tiny_sets.MNIST)
    files = tiny_sets.mnist_files()
    tiny_sets.write(tmp_path, {file: files[file][:-1] + b"?" for file in files})
    tiny_sets.write(tmp_path / "FashionMNIST/raw", files)
    arrays = KNOWN["fashion_mnist"].read_folder(tmp_path)
    assert arrays["test_labels"].tolist() == [7, 2]


def flip(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def folder_instead(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (flip, "train_images tiene SHA-256|CRC check failed|BadGzipFile"),
        (cut, "no es un archivo idx entero|EOFError"),
        (folder_instead, "IsADirectoryError"),
        (lambda path: path.unlink(), "le falta train-images-idx3-ubyte"),
        (lambda path: path.write_bytes(b"<html>"), "archivo idx entero|BadGzipFile"),
    ],
)
def test_harmed_original(tmp_path, monkeypatch, harm, message, zipped):
    tiny_sets.accept_mnist(monkeypatch)
    tiny_sets.write(tmp_path, tiny_sets.mnist_files(), zipped)
    harm(tmp_path / ("train-images-idx3-ubyte" + (".gz" if zipped else "")))
    with pytest.raises(DataError, match=message):
        KNOWN["mnist"].read_folder(tmp_path)


def test_unreadable_original(tmp_path, monkeypatch):
    if os.geteuid() == 0:
        pytest.skip("permissions mean nothing to root")
    tiny_sets.accept_mnist(monkeypatch)
    tiny_sets.write(tmp_path, tiny_sets.mnist_files())
    (tmp_path / "t10k-labels-idx1-ubyte").chmod(0)
    with pytest.raises(DataError, match="PermissionError"):
        KNOWN["mnist"].read_folder(tmp_path)


def test_right_bytes_in_a_wrong_shape(monkeypatch):
    tiny_sets.accept_mnist(monkeypatch)
    with pytest.raises(DataError, match=r"train_images tiene forma \(2352,\)"):
        KNOWN["mnist"].verify(tiny_sets.MNIST)


@pytest.mark.parametrize("folder", ["empty", "absent"])
def test_nothing_there(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="ninguno de sus archivos"):
        KNOWN["cifar10"].read_folder(tmp_path / folder)


def make_unpacked(folder):
    tiny_sets.write(folder / "cifar-10-batches-bin", tiny_sets.cifar_files())


def make_pictures(folder):
    rows = tiny_sets.cifar_pixels().reshape(6, 2, 1024, 3)
    for batch, picture in zip(tiny_sets.BATCHES, rows, strict=True):
        Image.fromarray(picture).save(folder / f"{batch}.png")
    (folder / "train_lables.json").write_text(json.dumps(list(range(10))))
    (folder / "test_lables.json").write_text("[10, 11]")


@pytest.mark.parametrize("make", [make_archive, make_unpacked, make_pictures])
def test_each_form_of_cifar10(tmp_path, monkeypatch, make):
    expected = tiny_sets.accept_cifar(monkeypatch)
    make(tmp_path)
    arrays = KNOWN["cifar10"].read_folder(tmp_path)
    for key, array in expected.items():
        assert (arrays[key] == array).all()


@pytest.mark.parametrize("make", [make_archive, make_unpacked, make_pictures])
def test_harmed_cifar10(tmp_path, monkeypatch, make):
    tiny_sets.accept_cifar(monkeypatch)
    make(tmp_path)
    harmed = sorted(p for p in tmp_path.rglob("*") if p.is_file())[0]
    harmed.write_bytes(harmed.read_bytes()[:-500])
    with pytest.raises(DataError):
        KNOWN["cifar10"].read_folder(tmp_path)


def test_pickles_are_not_read(tmp_path):
    (tmp_path / "cifar-10-batches-py").mkdir()
    with pytest.raises(DataError, match=r"puede ejecutar código.*cifar-10-binary"):
        KNOWN["cifar10"].read_folder(tmp_path)


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "member",
    [
        special("batches/data_batch_1.bin", tarfile.SYMTYPE, "/etc/passwd"),
        special("batches/data_batch_1.bin", tarfile.LNKTYPE, "batches/secret"),
        special("batches/data_batch_1.bin", tarfile.CHRTYPE),
        special("batches/data_batch_1.bin", tarfile.DIRTYPE),
    ],
)
def test_member_that_is_no_file(tmp_path, member):
    path = tar(tmp_path / "a.tar.gz", ("batches/secret", b"secret"), member)
    with pytest.raises(DataError, match=r"data_batch_1\.bin no es un archivo normal"):
        formats.members(path, ["data_batch_1.bin"])


def test_member_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(formats, "_LARGEST", 10)
    path = tar(tmp_path / "a.tar.gz", ("data_batch_1.bin", bytes(11)))
    with pytest.raises(DataError, match="no es un archivo normal"):
        formats.members(path, ["data_batch_1.bin"])


def test_member_that_climbs_writes_nothing(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    path = tar(inner / "a.tar.gz", ("../evil", b"x"), ("/tmp/a.bin", b"y"))
    assert formats.members(path, ["a.bin"]) == {"a.bin": b"y"}
    assert [p.name for p in tmp_path.rglob("*")] == ["inner", "a.tar.gz"]


def test_archive_that_lacks_a_member(tmp_path):
    path = tar(tmp_path / "a.tar.gz", ("a.bin", b"x"))
    with pytest.raises(DataError, match=r"le falta b\.bin, c\.bin"):
        formats.members(path, ["c.bin", "a.bin", "b.bin"])
