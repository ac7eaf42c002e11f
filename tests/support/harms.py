"""What may happen to a stored run, and what is said of it."""

import json
import os
import pickle
import shutil

from helpers.datasets import load
from helpers.runs.run import FILES
from tests.support.runs import store_one


class Harmful:
    def __reduce__(self):
        return os.mkdir, ("unpickled",)


def edit(name, change):
    """A harm: replace the content of a JSON file by what `change` makes of it."""

    def harm(folder):
        content = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps(change(content)))

    return harm


def write(name, content):
    return lambda folder: (folder / name).write_bytes(content)


def halve(name):
    def harm(folder):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return harm


def flip(name):
    def harm(folder):
        content = bytearray((folder / name).read_bytes())
        content[-3] ^= 4
        (folder / name).write_bytes(content)

    return harm


def remove(name):
    return lambda folder: (folder / name).unlink()


def folder_in_place_of(name):
    def harm(folder):
        (folder / name).unlink()
        (folder / name).mkdir()

    return harm


def another_s(*names):
    """Put the files of another network's run in place of this one's."""

    def harm(folder):
        _, other = store_one(load("mnist", "sample"), network="two_hidden")
        for name in names:
            shutil.copy(other.folder / name, folder / name)

    return harm


def link_to_nothing(folder):
    (folder / "weights.safetensors").unlink()
    (folder / "weights.safetensors").symlink_to("/nowhere")


SNAPSHOTS = "snapshots.safetensors"
PICKLE = pickle.dumps(Harmful())
HARMS = {
    "no weights": (remove("weights.safetensors"), "falta weights.safetensors"),
    "no predictions": (remove("predictions.safetensors"), "falta predictions.*"),
    "no history": (remove("history.json"), "falta history.json"),
    "no run.json": (remove("run.json"), "falta run.json"),
    "a link to nothing": (link_to_nothing, "falta weights.safetensors"),
    "a folder": (folder_in_place_of("history.json"), "falta history.json"),
    "half of run.json": (halve("run.json"), "run.json está dañado"),
    "empty run.json": (write("run.json", b""), "run.json está dañado"),
    "run.json is a list": (write("run.json", b"[]"), "run.json está dañado"),
    "run.json is no text": (write("run.json", b"\xff\xfe"), "run.json está dañado"),
    "half of history.json": (halve("history.json"), "ha cambiado: history.json"),
    "no snapshots": (remove(SNAPSHOTS), "falta snapshots.*"),
    "half of the snapshots": (halve(SNAPSHOTS), "ha cambiado: snapshots.*"),
    "a bit of the snapshots": (flip(SNAPSHOTS), "ha cambiado: snapshots.*"),
    "pickled snapshots": (write(SNAPSHOTS, PICKLE), "ha cambiado: snapshots.*"),
    "another's snapshots": (another_s(SNAPSHOTS), "ha cambiado: snapshots.*"),
    "half of the weights": (halve("weights.safetensors"), "ha cambiado: weights.*"),
    "a bit of the weights": (flip("weights.safetensors"), "ha cambiado: weights.*"),
    "a bit of predictions": (flip("predictions.safetensors"), "ha cambiado"),
    "a pickle": (write("weights.safetensors", PICKLE), "ha cambiado: weights.*"),
    "pickled predictions": (
        write("predictions.safetensors", PICKLE),
        "ha cambiado: predictions.*",
    ),
    "another's weights": (another_s("weights.safetensors"), "ha cambiado: weights.*"),
    "another's run": (another_s(*FILES), "otra pregunta"),
    "another version of torch": (
        edit("run.json", lambda about: about | {"torch": "1.0"}),
        "otra pregunta",
    ),
    "another version of the code": (
        edit("run.json", lambda about: about | {"code": "0"}),
        "otra pregunta",
    ),
    "another seed": (
        edit("run.json", lambda about: about | {"seed": 1}),
        "otra pregunta",
    ),
    "of before the digests": (
        edit("run.json", lambda about: {**about, "sha256": None}),
        "de otra versión",
    ),
}
