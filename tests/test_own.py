"""Networks and data of one's own: what they are, where they go, what is refused."""

import sys
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits
from torch import nn

from helpers import models, plotting
from helpers.datasets import Dataset, Split, load, own
from helpers.models import build
from helpers.runs import Plan, store, train
from helpers.runs.definition import Unkeyable, Unknown, definition, known, name_of
from helpers.runs.plan import questions
from helpers.training import Recipe, fit
from helpers.validation import part, validation
from informe.figures.per_class import plot_per_class
from informe.figures.pictures import plot_examples

RECIPE = Recipe("adam", 0.01, 2)


def written(source: str, name: str = "net"):
    """What a cell of a notebook defines."""
    cell = {"__name__": "__main__"}
    exec(
        compile("import torch\nfrom torch import nn\n" + source, "<cell>", "exec"), cell
    )
    return cell[name]


NET = """
WIDTH = 12
def block(n, *, kind=nn.ReLU):
    return nn.Sequential(nn.Linear(784, n), kind())
class Wide(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), block(n), nn.Linear(n, 10))
    def forward(self, x):
        return self.layers(x)
class Wider(Wide):
    pass
def net(*, classes=10):
    "A network."
    return Wider(WIDTH)
"""


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("", "", True),
        ("WIDTH = 12", "WIDTH = 12  # neurons", True),
        ('"A network."', '"Another text."', True),
        ("def block", "\n\ndef other(): return 3\n\ndef block", True),
        ("WIDTH = 12", "WIDTH = 13", False),
        ("kind=nn.ReLU", "kind=nn.Tanh", False),
        ("classes=10", "classes=11", False),
        ("return self.layers(x)", "return 2 * self.layers(x)", False),
        ("    pass", "    def extra_repr(self): return 'x'", False),
        ("return Wider(WIDTH)", "return Wide(WIDTH)", False),
    ],
)
def test_a_definition_is_what_the_code_does(old, new, same):
    assert old in NET
    found = definition(written(NET)), definition(written(NET.replace(old, new)))
    assert (found[0] == found[1]) == same


def test_what_a_function_closes_over_is_part_of_it():
    source = "def make(n):\n    return lambda: nn.Linear(n, 10)\n"
    make = written(source, "make")
    assert definition(make(3)) == definition(make(3)) != definition(make(4))
    net = written(NET)
    assert definition(partial(net, classes=3)) != definition(net)
    assert name_of(partial(net, classes=3)) == name_of(net) == "__main__.net"


def test_a_module_is_its_structure_and_its_weights():
    wide = written(NET, "Wide")
    one, same, other = (build(partial(wide, 5), seed=s) for s in (0, 0, 1))
    assert definition(one) == definition(same) != definition(other)
    changed = written(NET.replace("(x)", "(2 * x)"), "Wide")
    assert definition(build(partial(changed, 5))) != definition(one)
    tied = build(partial(wide, 5))
    tied.layers[2].bias = tied.layers[2].bias
    assert definition(tied) == definition(one)
    assert name_of(one) == "__main__.Wide"


def test_editing_or_adding_one_network_changes_no_other():
    text = Path(models.__file__).read_text("utf-8")
    text = text.replace("kernel2: int = 3", "kernel2: int = 4")
    more = {"__name__": "helpers.models"}
    exec(compile(text + "\n\ndef another():\n    return nn.Linear(1, 1)\n", "", "exec"),
         more)  # fmt: skip
    for name in models.NETWORKS:
        assert (definition(more[name]) == definition(name)) == (name != "two_hidden")


@pytest.mark.parametrize(
    "source",
    [
        "import functools\n@functools.cache\ndef net(): return nn.Linear(3, 4)",
        "def net(): return nn.Linear(3, net.width)\nnet.width = 4",
    ],
)
def test_what_is_behind_a_name_or_an_attribute_is_part_of_it(source):
    first, same, other = (
        written(s) for s in (source, source, source.replace("4", "5"))
    )
    assert definition(first) == definition(same) != definition(other)


def test_what_code_cannot_tell_has_no_key(tmp_path, monkeypatch):
    random = written("import numpy as np\nR = np.random.default_rng(0)\ndef net(): R")
    assert definition(random)
    for read in ("torch.load('w.pt')", "open('w')", "os.environ['W']", "eval('3')"):
        with pytest.raises(Unkeyable, match="net uses"):
            definition(written(f"import os\ndef net(): return {read}"))
    monkeypatch.syspath_prepend(tmp_path)
    keys = []
    for width in (4, 55):
        sys.modules.pop("chosen_by_name", None)
        (tmp_path / "chosen_by_name.py").write_text(f"def a(): return {width}")
        net = written("import chosen_by_name as c\ndef net(): return getattr(c, 'a')()")
        keys.append(definition(net))
    assert keys[0] != keys[1]


def test_hooks_that_a_copy_would_lose_are_refused(mnist):
    made = wrapped()
    made[1].weight.register_hook(lambda gradient: 0 * gradient)
    with pytest.raises(ValueError, match="loses the hooks of weights"):
        questions(mnist, Plan(made, RECIPE), "cpu")


def test_what_does_not_suit_is_said_before_a_process_starts(mnist):
    for net, words in [
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 12)), "needs 10 outputs"),
        (nn.Sequential(nn.Flatten(), nn.Linear(783, 10)), "does not take images"),
    ]:
        with pytest.raises(ValueError, match=words):
            questions(mnist, Plan(net, RECIPE), "cpu")


def test_a_name_s_module_is_read_too(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    found = []
    for n in (3, 4):
        (tmp_path / "ours").mkdir(exist_ok=True)
        (tmp_path / "ours/__init__.py").write_text("")
        (tmp_path / "ours/parts.py").write_text(f"def size():\n    return {n} * 1\n")
        for name in ("ours.parts", "ours"):
            sys.modules.pop(name, None)
        net = written(
            "import ours.parts\ndef net(): return nn.Linear(1, ours.parts.size())"
        )
        inner = written(
            "def net():\n    from ours.parts import size\n    return size()"
        )
        found.append([definition(net), definition(inner)])
        (tmp_path / "ours/parts.py").unlink()
    assert found[0][0] != found[1][0] and found[0][1] != found[1][1]


CELL = """
class Net(nn.Module):
    def __init__(self, hidden=8):
        super().__init__()
        self.first, self.last = nn.Linear(784, hidden), nn.Linear(hidden, 10)
        self.drop = nn.Dropout(0.2)
    def forward(self, x):
        return self.last(self.drop(torch.relu(self.first(x.flatten(1)))))
"""


def test_networks_of_a_notebook_are_trained_in_processes_and_stored(
    home, mnist, monkeypatch, capfd
):
    net = written(CELL, "Net")
    plans = {
        "class": Plan(net, RECIPE, (0, 1), {"hidden": 4}),
        "function": Plan(lambda: net(5), RECIPE, (3,)),
        "module": Plan(build(net, seed=9), RECIPE, (3,)),
    }
    runs = train(mnist, plans, device="cpu")
    for name, plan in plans.items():
        for run in runs[name]:
            model = build(plan.network, seed=run.seed, **plan.options)
            alone = fit(model, mnist, RECIPE, seed=run.seed)
            assert np.array_equal(run.logits, alone.logits.numpy())
            weights = run.model().state_dict(), alone.model.state_dict()
            assert all(map(torch.equal, *map(dict.values, weights)))
    monkeypatch.setattr("helpers.runs.workers._train_all", None)
    again = replace(plans["class"], network=written("\n# again\n" + CELL, "Net"))
    found = train(mnist, {"again": again}, device="cpu")["again"]
    assert found == runs["class"]
    about = found[0].about
    assert (about["network"], about["options"]) == ("__main__.Net", {"hidden": 4})
    known.clear()
    with pytest.raises(Unknown, match=r"__main__\.Net is not defined here"):
        found[0].model()
    assert train(mnist, {"a": again}, device="cpu")["a"][0].model()


def test_fit_takes_what_makes_a_network(mnist):
    net = written(CELL, "Net")
    made, here = build(net, seed=3), fit(net, mnist, RECIPE, seed=3)
    assert fit(made, mnist, RECIPE, seed=3).model is made
    assert torch.equal(made.last.weight, here.model.last.weight)
    assert fit("one_hidden", mnist, Recipe(epochs=1)).loop == "fast"


def test_what_has_no_honest_key_is_said_and_not_kept(home, mnist, monkeypatch, capfd):
    leaving = []
    monkeypatch.setattr("atexit.register", lambda *call: leaving.append(call))
    lock = threading.Lock()
    with pytest.raises(Unkeyable, match="lock"):
        definition(lambda: lock)
    holder = written("def net():\n    with held: return nn.Sequential(nn.Flatten(), "
                     "nn.Linear(784, 10))\nheld = None")  # fmt: skip
    monkeypatch.setattr("helpers.runs.definition.definition", unkeyable)
    first = train(mnist, {"a": Plan(wrapped, RECIPE)}, device="cpu")["a"][0]
    second = train(mnist, {"a": Plan(wrapped, RECIPE)}, device="cpu")["a"][0]
    assert holder and first.key != second.key
    assert np.array_equal(first.logits, second.logits)
    assert "no se guardará" in capfd.readouterr().err
    for remove, *arguments in leaving:
        remove(*arguments)
    assert list(store.paths.runs().iterdir()) == []


def unkeyable(network):
    raise Unkeyable("a lock")


def wrapped():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def test_what_cannot_be_sent_is_said(home, mnist):
    lock = threading.Lock()

    def net():
        with lock:
            return wrapped()

    with pytest.raises(ValueError, match="cannot be sent to the processes"):
        train(mnist, {"a": Plan(net, RECIPE)}, device="cpu")


def test_options_that_are_no_text_are_part_of_the_network(mnist):
    def net(kind):
        return nn.Sequential(nn.Flatten(), kind(), nn.Linear(784, 10))

    keys = [
        questions(mnist, Plan(net, RECIPE, options={"kind": kind}), "cpu")[0].key
        for kind in (nn.ReLU, nn.ReLU, nn.Tanh)
    ]
    assert keys[0] == keys[1] != keys[2]


# Data


PIXELS = np.random.default_rng(0).integers(0, 256, (12, 8, 6, 3), np.uint8)
NUMBERS = np.arange(12) % 3


@pytest.mark.parametrize(
    "given",
    [
        PIXELS,
        PIXELS.transpose(0, 3, 1, 2),
        PIXELS / 255,
        (PIXELS / 255).astype(np.float32),
        PIXELS.astype(np.int64),
        PIXELS.astype(float),
        PIXELS.tolist(),
        torch.from_numpy(PIXELS),
        torch.from_numpy(PIXELS).permute(0, 3, 1, 2).float() / 255,
        torch.tensor(PIXELS / 255, requires_grad=True),
        PIXELS[:, ::-1].copy()[:, ::-1],  # backwards in memory
    ],
    ids=lambda x: f"{type(x).__name__} {getattr(x, 'dtype', '')}",
)
def test_images_are_what_they_plainly_are(given):
    images = Split(given, NUMBERS).images
    assert images.dtype == torch.uint8 and images.shape == (12, 3, 8, 6)
    assert torch.equal(images, torch.from_numpy(PIXELS).permute(0, 3, 1, 2))


def test_grey_images_need_no_axis_of_channels():
    for given in (PIXELS[..., 0], PIXELS[..., :1], PIXELS[:, None, :, :, 0] > 100):
        assert Split(given, NUMBERS).images.shape == (12, 1, 8, 6)


def test_two_or_five_channels_may_be_the_last_axis():
    for channels in (2, 5):
        given = np.zeros((12, 8, 8, channels), np.uint8)
        assert Split(given, NUMBERS).images.shape == (12, channels, 8, 8)


def test_masks_of_0_and_1_are_black_and_white():
    for kind in (np.uint8, int, float, bool):
        data = Dataset.from_arrays((PIXELS > 100).astype(kind), NUMBERS)
        assert data.train.images.unique().tolist() == [0, 255]


def test_data_are_no_longer_those_of_whoever_gave_them():
    given = torch.from_numpy(PIXELS.copy())
    data = Dataset.from_arrays(given, NUMBERS, test=(given, NUMBERS))
    given.zero_()
    assert data.train.images.any() and data.test.images.any()


@pytest.mark.parametrize(
    "given",
    [NUMBERS, NUMBERS[:, None], NUMBERS.astype(float), NUMBERS.astype(np.int32),
     NUMBERS.tolist(), NUMBERS.astype(np.uint8), torch.tensor(NUMBERS)[:, None] / 1],
    ids=lambda x: f"{type(x).__name__} {getattr(x, 'dtype', '')}",
)  # fmt: skip
def test_labels_are_what_they_plainly_are(given):
    labels = Split(PIXELS, given).labels
    assert labels.dtype == torch.int64 and labels.tolist() == NUMBERS.tolist()


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (PIXELS, NUMBERS[:5], "12 images, but 5 labels"),
        (PIXELS[:5], np.zeros(5_000_000, int), "5 images, but 5000000 labels"),
        (PIXELS / 100, NUMBERS, "values from 0 to 2.55"),
        (PIXELS.astype(int) - 128, NUMBERS, "without further normalization"),
        (PIXELS.reshape(12, -1), NUMBERS, r"shape \(12, 144\).*use reshape"),
        (np.full((2, 3, 3), "a"), [0, 1], "must hold numbers"),
        (PIXELS, np.eye(12), r"labels of shape \(12, 12\).*argmax"),
        (PIXELS, NUMBERS + 0.5, "whole numbers"),
        (PIXELS, NUMBERS - 1, "start at 0, and the lowest is -1"),
        (PIXELS, NUMBERS.astype(np.uint64) + 2**63, "whole numbers"),
        (PIXELS, ["a", None, "b"] * 4, "some labels are missing"),
        (PIXELS, ["a", np.nan, "b"] * 4, "some labels are missing"),
        (PIXELS[:, :0], NUMBERS, r"shape \(12, 0, 6, 3\)"),
        (PIXELS[:0], NUMBERS[:0], "no images"),
    ],
)
def test_what_is_no_data_is_refused_at_once(images, labels, words):
    with pytest.raises(ValueError, match=words):
        Dataset.from_arrays(images, labels, test=(images, labels))


def test_labels_beyond_the_classes_are_refused():
    data = Dataset.from_arrays(PIXELS, NUMBERS)
    with pytest.raises(ValueError, match="from 0 to 2; those of 2 classes"):
        replace(data, classes=("a", "b"))
    with pytest.raises(ValueError, match=r"\[2\] are none of the classes"):
        Dataset.from_arrays(PIXELS, NUMBERS, classes="ab")
    with pytest.raises(ValueError, match=r"\['c'\] are none of the classes"):
        Dataset.from_arrays(PIXELS, list("abc" * 4), classes="ab")


def test_data_of_one_s_own_are_split_by_class_and_known_by_their_content():
    digits = load_digits()
    data = Dataset.from_arrays(digits.images, digits.target, title="dígitos 8 × 8")
    assert data.name == "dígitos_8_8" and not data.is_sample
    assert (len(data.train), len(data.test)) == (1438, 359)
    shares = [np.bincount(part.labels) / len(part) for part in (data.train, data.test)]
    assert np.abs(shares[0] - shares[1]).max() < 0.005
    again = Dataset.from_arrays(digits.images.astype(int), digits.target)
    assert again.checksum == data.checksum
    changed = digits.target.copy()
    changed[3] += 1
    assert Dataset.from_arrays(digits.images, changed).checksum != data.checksum
    assert "sin suma conocida" in data.source and "verificad" not in data.source
    assert data.sizes == {"channels": 1, "side": 8, "classes": 10}
    assert repr(data) == (
        "dígitos 8 × 8: 1438 imágenes y 359 de prueba, 1 × 8 × 8, 10 clases"
    )
    with pytest.raises(ValueError, match="of another data set"):
        Dataset.from_arrays(PIXELS, NUMBERS, title="MNIST")


def test_names_as_labels_are_classes():
    names = np.array(["gato", "perro", "ñu"])[NUMBERS]
    data = Dataset.from_arrays(PIXELS, names, test=(PIXELS[:3], names[:3]))
    assert data.classes == ("gato", "perro", "ñu")
    assert data.test.labels.tolist() == [0, 1, 2]
    ones = Dataset.from_arrays(PIXELS, NUMBERS + 1, test=(PIXELS[2:3], [3]))
    assert (ones.classes, ones.test.labels.tolist()) == (("1", "2", "3"), [2])


def pictures(folder: Path, size=(8, 6), mode="RGB") -> Path:
    """A folder for each of three classes, with four pictures in each."""
    for number, pixels in zip(NUMBERS, PIXELS, strict=True):
        place = folder / "abc"[number] / f"{len(list(folder.glob('*/*')))}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).convert(mode).resize(size).save(place)
    return folder


@pytest.mark.parametrize(("mode", "channels"), [("RGB", 3), ("L", 1)])
def test_a_folder_of_pictures_is_a_data_set(tmp_path, mode, channels):
    data = load(str(pictures(tmp_path / "fotos", mode=mode)))
    assert (data.title, data.classes) == ("fotos", ("a", "b", "c"))
    assert data.train.images.shape[1:] == (channels, 6, 8)
    assert len(data.train) + len(data.test) == 12
    pictures(tmp_path / "both/train", mode=mode)
    pictures(tmp_path / "both/test", mode=mode)
    both = Dataset.from_folder(tmp_path / "both", side=5, title="fotos mías")
    assert both.train.images.shape == both.test.images.shape == (12, channels, 5, 5)
    assert both.title == "fotos mías"


def test_what_is_wrong_with_a_folder_is_said_with_the_file(tmp_path):
    folder = pictures(tmp_path / "fotos")
    Image.new("RGB", (9, 9)).save(folder / "b/z.png")
    with pytest.raises(ValueError, match=r"9 × 9: give the side.*side=32"):
        Dataset.from_folder(folder)
    assert Dataset.from_folder(folder, side=6).train.images.shape[1:] == (3, 6, 6)
    (folder / "b/z.png").write_bytes(b"\x89PNG and no more")
    with pytest.raises(ValueError, match=r"z\.png is no whole image"):
        Dataset.from_folder(folder)
    (tmp_path / "fotos/d").mkdir()
    with pytest.raises(ValueError, match="d holds no images"):
        Dataset.from_folder(folder)
    with pytest.raises(ValueError, match="a folder of images for each class"):
        Dataset.from_folder(tmp_path / "fotos/d")
    with pytest.raises(ValueError, match="no folder with images"):
        Dataset.from_folder(tmp_path / "nothing")
    with pytest.raises(ValueError, match="or the path of"):
        load(str(tmp_path / "nothing"))


def test_what_is_hidden_in_a_folder_is_no_picture(tmp_path):
    folder = pictures(tmp_path / "fotos")
    pictures(folder / ".ipynb_checkpoints")
    pictures(folder / "a/.ipynb_checkpoints")
    (folder / "a/._0.png").write_bytes(b"as macOS leaves them")
    data = Dataset.from_folder(folder, side=6)
    assert len(data.train) + len(data.test) == 12 and len(data.classes) == 3


def test_parts_are_folders_of_several_names_and_of_the_same_classes(tmp_path):
    for name in ("Train", "val"):
        pictures(tmp_path / "fotos" / name)
    data = Dataset.from_folder(tmp_path / "fotos", side=6)
    assert len(data.train) == len(data.test) == 12 and len(data.classes) == 3
    (tmp_path / "fotos/val/zebra").mkdir()
    with pytest.raises(ValueError, match=r"Train.zebra holds no images"):
        Dataset.from_folder(tmp_path / "fotos")


def test_what_is_drawn_on_nothing_is_drawn_on_white(tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        for i in range(2):  # black all over, and opaque above alone
            drawn = np.zeros((8, 8, 4), np.uint8)
            drawn[:4, :, 3] = 255
            Image.fromarray(drawn).save(tmp_path / name / f"{i}.png")
    images = Dataset.from_folder(tmp_path).train.images
    assert not images[:, :, :4].any() and (images[:, :, 4:] == 255).all()


@pytest.mark.parametrize(
    "names",
    ["images labels test_images test_labels", "x_train y_train", "images labels"],
)
def test_an_npz_is_a_data_set(tmp_path, names):
    arrays = dict(zip(names.split(), [PIXELS, NUMBERS, PIXELS, NUMBERS], strict=False))
    np.savez(tmp_path / "mine.npz", **arrays)
    data = load(str(tmp_path / "mine.npz"))
    assert len(data.train) + len(data.test) == 12 * len(arrays) / 2
    np.savez(tmp_path / "mine.npz", pixels=PIXELS)
    with pytest.raises(ValueError, match="must hold 'images' and 'labels'"):
        load(str(tmp_path / "mine.npz"))
    whole = (tmp_path / "mine.npz").read_bytes()
    for damaged in (b"", b"text", whole[:90]):
        (tmp_path / "mine.npz").write_bytes(damaged)
        with pytest.raises(ValueError, match=r"^mine.npz: "):
            load(str(tmp_path / "mine.npz"))


def test_data_and_network_of_one_s_own_go_through_processes(home):
    digits = load_digits()
    data = Dataset.from_arrays(digits.images * 15, digits.target % 3, title="tres")
    cut = validation(data)
    plan = Plan("two_hidden", RECIPE, options=data.sizes)
    (run,) = train(cut, {"a": plan}, device="cpu")["a"]
    assert run.confusion.shape == (3, 3) and run.about["dataset"] == "tres"
    alone = fit(build("two_hidden", **data.sizes), cut, RECIPE)
    assert np.array_equal(run.logits, alone.logits.numpy())


HOSTILE = ["$x_1$", "a_b", "muy " * 20, "ñandú", r"\frac{", "$"]


@pytest.mark.parametrize("k", [6, 30, 100])
def test_plots_stay_legible_with_many_classes_and_odd_names(k):
    names = [*HOSTILE, *(f"clase {n}" for n in range(k - 6))]
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2 * k, 7, 5), np.uint8)
    split = Split(images, np.arange(2 * k) // 2)
    ax = plotting.plot_confusion(rng.integers(1, 99, (k, k)), classes=names)
    plot_per_class({"$a$": rng.random((2, k))}, classes=names)
    plot_examples(split, names)
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    labels = ax.get_yticklabels()
    assert [t.get_text() for t in labels][:2] == HOSTILE[:2]
    heights = [t.get_window_extent().height for t in labels]
    step = ax.get_window_extent().height / k
    assert max(heights) < 1.5 * step
    boxes = [t.get_window_extent() for t in ax.texts]
    assert max(b.width for b in boxes) < ax.get_window_extent().width / k


def test_own_data_are_kept_with_what_learnt_from_them(home, monkeypatch):
    digits = load_digits()
    data = Dataset.from_arrays(digits.images / 16, digits.target, title="Cifras")
    plan = Plan(lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), RECIPE)
    cut = validation(data)
    run = train(cut, {"a": plan}, device="cpu")["a"][0]
    (kept,) = own(run.about["dataset"])
    assert (kept.title, kept.checksum) == ("Cifras", data.checksum)
    assert torch.equal(kept.train.images, data.train.images)
    assert part(kept, "validation", None).checksum == run.about["data"]
    (file,) = (home / "data/cache/own").iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert own("cifras") == []
