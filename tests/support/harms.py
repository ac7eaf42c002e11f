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
    "no weights": (remove("weights.safetensors"), "weights.safetensors missing"),
    "no predictions": (remove("predictions.safetensors"), "predictions.* missing"),
    "no history": (remove("history.json"), "history.json missing"),
    "no run.json": (remove("run.json"), "run.json missing"),
    "a link to nothing": (link_to_nothing, "weights.safetensors missing"),
    "a folder": (folder_in_place_of("history.json"), "history.json missing"),
    "half of run.json": (halve("run.json"), "run.json is damaged"),
    "empty run.json": (write("run.json", b""), "run.json is damaged"),
    "run.json is a list": (write("run.json", b"[]"), "run.json is damaged"),
    "run.json is no text": (write("run.json", b"\xff\xfe"), "run.json is damaged"),
    "half of history.json": (halve("history.json"), "history.json not as written"),
    "no snapshots": (remove(SNAPSHOTS), "snapshots.* missing"),
    "half of the snapshots": (halve(SNAPSHOTS), "snapshots.* not as written"),
    "a bit of the snapshots": (flip(SNAPSHOTS), "snapshots.* not as written"),
    "pickled snapshots": (write(SNAPSHOTS, PICKLE), "snapshots.* not as written"),
    "another's snapshots": (another_s(SNAPSHOTS), "snapshots.* not as written"),
    "half of the weights": (halve("weights.safetensors"), "weights.* not as written"),
    "a bit of the weights": (flip("weights.safetensors"), "weights.* not as written"),
    "a bit of predictions": (flip("predictions.safetensors"), "not as written"),
    "a pickle": (write("weights.safetensors", PICKLE), "weights.* not as written"),
    "pickled predictions": (
        write("predictions.safetensors", PICKLE),
        "predictions.* not as written",
    ),
    "another's weights": (another_s("weights.safetensors"), "weights.* not as written"),
    "another's run": (another_s(*FILES), "another question"),
    "another version of torch": (
        edit("run.json", lambda about: about | {"torch": "1.0"}),
        "another question",
    ),
    "another version of the code": (
        edit("run.json", lambda about: about | {"code": "0"}),
        "another question",
    ),
    "another seed": (
        edit("run.json", lambda about: about | {"seed": 1}),
        "another question",
    ),
    "of before the digests": (
        edit("run.json", lambda about: {**about, "sha256": None}),
        "of another version",
    ),
}
