"""What Python packs for the living figures, and what stands for them elsewhere."""

import base64
import io
import json
import re
import zlib
from dataclasses import replace
from importlib import import_module
from types import SimpleNamespace

import nbformat
import numpy as np
import papermill
import pytest
import torch
from PIL import Image
from sklearn.metrics import confusion_matrix
from torch import nn
from torch.nn import functional as F

from helpers import models, paths, validation
from helpers.datasets import Dataset, load
from helpers.runs import store
from helpers.runs.definition import known
from helpers.runs.plan import Plan, questions
from helpers.training import Recipe, fit
from informe import explore
from informe.explore import chain, live, pack, stored
from tests.support.runs import refer, store_one, trained

TYPES = {"u1": np.uint8, "u2": "<u2", "u4": "<u4", "f4": "<f4"}
HOSTILE = '</script><img src=x onerror="alert(1)">'


def unpacked(packed):
    content = zlib.decompress(base64.b64decode(packed["z"]), wbits=-15)
    return np.frombuffer(content, TYPES[packed["dtype"]]).reshape(packed["shape"])


def pictures(document):
    """Images of a set's document, (N, H, W, 3)."""
    content = base64.b64decode(document["images"]["src"].partition(",")[2])
    sheet = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    (wide, high), columns = document["size"], document["images"]["columns"]
    cells = sheet.reshape(-1, high, columns, wide, 3).swapaxes(1, 2)
    return cells.reshape(-1, high, wide, 3)


def own(k, channels=3, size=(40, 40), letters=8):
    """Data of somebody's own: noise that is brighter with the class, of long names."""
    labels = np.arange(12 * k) % k
    noise = np.random.default_rng(0).integers(0, 128, (12 * k, channels, *size))
    images = noise + (120 * labels // k)[:, None, None, None]
    names = [f"clase {n:0{letters}}" for n in range(k)]
    return Dataset.from_arrays(images, labels, classes=names, title="Flores")


@pytest.fixture
def run(home, mnist):
    """A stored training of three epochs, with its snapshots."""
    job = questions(mnist, Plan("one_hidden", Recipe("sgd", 0.05, 3)), "cpu")[0]
    return store.save(job, fit(models.build("one_hidden"), mnist, job.recipe))


class TestPack:
    @pytest.mark.parametrize(
        ("top", "kind"), [(255, "u1"), (256, "u2"), (70_000, "u4"), (0.5, "f4")]
    )
    def test_arrays_come_back_and_other_types_are_refused(self, top, kind):
        values = np.linspace(0, top, 24).reshape(2, 3, 4).transpose(2, 0, 1)
        values = values.astype(np.float32 if top < 1 else int)
        assert pack.array(values)["dtype"] == kind
        assert (unpacked(pack.array(values)) == values).all()
        with pytest.raises(TypeError, match="float64"):
            pack.array(values.astype(float))

    def test_all_images_of_mnist_are_there_pixel_by_pixel(self, mnist):
        document = pack.set_document(mnist)
        assert (unpacked(document["labels"]) == mnist.test.labels.numpy()).all()
        found = pictures(document)[: document["total"]]
        assert (found == mnist.test.images.permute(0, 2, 3, 1).numpy()).all()
        assert (document["title"], document["box"]) == ("MNIST (muestra)", 20)
        assert not document["note"]

    def test_some_images_and_a_compression_that_says_so(self, monkeypatch):
        data = load("cifar10", "sample")
        assert not pack.set_document(data, np.array([3]))["note"]  # so few are exact
        monkeypatch.setattr(pack, "EXACT", 1000)
        document = pack.set_document(data, np.array([3, 141, 499]))
        assert unpacked(document["images"]["have"]).tolist() == [3, 141, 499]
        images = data.test.images.permute(0, 2, 3, 1).numpy().astype(float)
        found = pictures(document)
        for cell, index in enumerate((3, 141, 499)):
            gaps = np.abs(images - found[cell]).mean((1, 2, 3))
            assert gaps.argmin() == index
            assert gaps[index] < 12
        assert document["box"] == 0
        assert f"calidad {pack.QUALITY}" in document["note"]
        assert document == pack.set_document(data, np.array([3, 141, 499]))

    def test_a_run_is_what_it_predicted_after_each_epoch(self, run):
        document = pack.run_document(run, "corregida")
        predictions = (unpacked(document["beside"]).T + run.labels) % 10
        assert (predictions[-1] == run.logits.argmax(1)).all()
        errors = (predictions != run.labels).mean(1)
        np.testing.assert_allclose(errors, document["history"]["test_error"])
        sure = torch.from_numpy(run.logits).softmax(1).max(1).values
        found = unpacked(document["confidence"]) / 4095
        np.testing.assert_allclose(found, sure, atol=2e-4)
        top = np.abs(run.snapshots["weight"]).max()
        filters = unpacked(document["filters"])
        np.testing.assert_allclose(filters, run.snapshots["weight"], atol=top / 250)
        assert document["title"] == "MNIST (muestra), corregida, semilla 0"
        assert document["layers"] is None

    def test_no_more_pictures_than_a_sprite_holds(self, monkeypatch):
        data = load("cifar10", "sample")
        monkeypatch.setattr(pack, "LONGEST", 5 * 32)
        document = pack.set_document(data, np.arange(3, 99))
        assert unpacked(document["images"]["have"]).tolist() == list(range(3, 28))

    @pytest.mark.parametrize(
        ("images", "box"),
        [
            (lambda x: x, 20),
            (lambda x: 255 - x, 0),
            (lambda x: x.repeat(1, 3, 1, 1), 0),
        ],
    )
    def test_one_draws_where_images_are_white_on_black(self, mnist, images, box):
        assert pack.stroke_box(images(mnist.test.images)) == box

    def test_a_notebook_holds_the_errors_and_some_of_the_rest(self, run, monkeypatch):
        monkeypatch.setattr(pack, "RIGHT", 3)
        have = pack.worth_seeing([run])
        right = run.predictions == run.labels
        assert set(np.flatnonzero(~right)) <= set(have)
        assert np.bincount(run.labels[have][right[have]]).max() == 3
        assert (np.diff(have) > 0).all()


class Written(nn.Module):
    """A network as people write them: layers, functions, methods, its own scaling."""

    def __init__(self, channels=1, classes=3):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(channels, 4, 3), nn.BatchNorm2d(4)
        self.drop, self.last = nn.Dropout(0.5), nn.Linear(4, classes)
        self.register_buffer("middle", torch.full((channels, 1, 1), 0.4))
        self.where = nn.Identity()

    def forward(self, x):
        x = F.relu(self.norm(self.conv((x - self.middle) / 0.3)))
        x = F.avg_pool2d(F.max_pool2d(x, 2), kernel_size=2, stride=1)
        x = F.adaptive_avg_pool2d(x, 1)
        return self.last(self.drop(torch.tanh(x)).view(len(x), -1))


class TestChain:
    @pytest.mark.parametrize(
        ("model", "shape"),
        [
            (models.one_hidden(output="relu"), (1, 28, 28)),
            (models.two_hidden(), (1, 28, 28)),
            (models.lenet5(), (3, 32, 32)),
            (nn.Sequential(nn.Conv2d(1, 2, 3, 2, 1, bias=False), nn.AvgPool2d(3, 2)),
             (1, 20, 24)),
        ],
    )  # fmt: skip
    def test_layers_are_torchs(self, model, shape):
        found = chain.layers_of(model, torch.randint(0, 256, (3, *shape)))
        assert [layer["kind"] for layer in found] == [
            type(m).__name__ for m in model.children()
        ]
        for layer, made in zip(found, model.children(), strict=True):
            if "weight" in layer:
                weight = made.weight.detach().numpy()
                assert (unpacked(layer["weight"]) == weight).all()
                assert unpacked(layer["bias"]).shape == weight.shape[:1]
        json.dumps(found)

    def test_it_does_not_matter_how_a_network_is_written(self):
        found = chain.layers_of(Written(), torch.zeros(2, 1, 16, 16))
        assert [layer["kind"] for layer in found] == [
            *("Scale", "Scale", "Conv2d", "Scale", "ReLU", "MaxPool2d", "AvgPool2d"),
            *("AvgPool2d", "Tanh", "Flatten", "Linear"),
        ]

    @pytest.mark.parametrize(
        "layer",
        [
            nn.GELU(),
            nn.ELU(0.5),
            nn.Conv2d(3, 3, 3, groups=3),
            nn.Conv2d(3, 1, 3, stride=(1, 2)),
            nn.MaxPool2d(3, padding=1),
            nn.LayerNorm(8),
            nn.AdaptiveAvgPool2d(3),
        ],
    )
    def test_a_layer_that_the_page_cannot_compute_is_named(self, layer):
        images = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
        with pytest.raises(ValueError, match=f"«1», {type(layer).__name__}"):
            chain.layers_of(nn.Sequential(nn.ReLU(), layer), images)

    @pytest.mark.parametrize(
        ("does", "words"),
        [
            (lambda x: x + x.relu(), "operación «add»"),
            (lambda x: x - x.mean(), "«mean»"),
            (lambda x: x.softmax(1), "«_softmax»"),
            (lambda x: 1 / x, "reciprocal"),
            (lambda x: x[:, :1], "slice"),
            (lambda x: (x.relu(), x)[1], "lo que no es una cadena"),
            (lambda x: x if x.sum() > 0 else -x, "sum"),
            (lambda x: x[len(x)], "una red que falla: index 2"),
            (lambda x: torch.from_numpy(x.numpy() + 1), "lo que no es una cadena"),
        ],
    )
    def test_what_is_no_chain_of_layers_is_refused(self, does, words):
        class Net(nn.Module):
            def forward(self, x):
                return does(x)

        images = torch.ones(2, 3, 8, 8, dtype=torch.uint8)
        with pytest.raises(ValueError, match=re.escape(words)):
            chain.layers_of(Net(), images)

    def test_a_network_too_large_for_a_page_is_told(self):
        with pytest.raises(ValueError, match="parámetros no caben"):
            chain.layers_of(models.dense(), torch.zeros(2, 3, 32, 32))


class TestSpecs:
    def test_confused_classes_are_put_side_by_side(self):
        counts = np.eye(6, dtype=int) * 100
        for i, j in [(0, 3), (1, 5), (2, 4)]:
            counts[i, j] = counts[j, i] = 30
        order = live.similarity_order([SimpleNamespace(confusion=counts)])
        assert sorted(order) == list(range(6))
        for i, j in [(0, 3), (1, 5), (2, 4)]:
            assert abs(order.index(i) - order.index(j)) == 1

    def test_without_errors_or_a_class_the_order_is_whole(self):
        for counts in (np.eye(3, dtype=int), [[5, 1, 0], [2, 6, 0], [0, 0, 0]]):
            runs = [SimpleNamespace(confusion=np.array(counts))] * 2
            assert sorted(live.similarity_order(runs)) == [0, 1, 2]

    def test_specs_name_what_they_need_and_share_it(self, home, mnist):
        a, b = (store_one(mnist, seed=seed)[1] for seed in (0, 1))
        specs = [
            live.matrix_spec({"x": [a, b]}),
            live.pair_spec(("x", [a]), ("y", [b])),
            live.network_spec({"y": b}),
            {"component": "points", "marks": []},
        ]
        assert not any(live.lacks(spec, {}) for spec in specs)
        documents = live.documents_of(json.loads(json.dumps(specs)))
        keys = {f"run-{a.key}", f"run-{b.key}"}
        assert documents.keys() == {pack.set_name(a), *keys}
        assert documents[f"run-{a.key}"]["layers"] is None
        kinds = [layer["kind"] for layer in documents[f"run-{b.key}"]["layers"]]
        assert kinds == ["Conv2d", "Flatten", "Linear"]
        (a.folder / "history.json").write_text("[]")
        assert "no está como se guardó" in live.lacks(specs[0], {})
        assert live.lacks({"component": "other"}, {})

    def test_other_images_are_refused(self, home, mnist):
        _, a = store_one(mnist)
        _, b = store_one(validation.validation(mnist, 100))
        with pytest.raises(ValueError, match="mismos datos"):
            live.pair_spec(("x", [a]), ("y", [b]))
        with pytest.raises(ValueError, match="mismos datos"):
            explore.compare(a, b)


class TestIsland:
    def test_nothing_ends_the_script_or_the_words(self):
        html = live.island(
            {"component": "points", "marks": [{"text": HOSTILE}]},
            "",
            HOSTILE,
            {"set-0": {"classes": [HOSTILE]}},
        )
        assert (
            len(re.findall("<script", html)) == len(re.findall("</script", html)) == 1
        )
        assert html.endswith("</script>")
        assert "<img src=x" not in html

    def test_the_script_is_whole_and_takes_nothing_from_elsewhere(self):
        script = live.script()
        assert not re.search(r"^\s*(import|export)\b", script, re.MULTILINE)
        assert "async function wake(" in script
        for word in ("http:", "https:", "fetch(", "</script", "<!--", "innerHTML"):
            assert word not in script.replace("http://www.w3.org/2000/svg", ""), word
        assert "@import" not in live.style() and "url(" not in live.style()


class TestStored:
    def test_the_data_are_the_runs_and_others_are_refused(self, home, mnist):
        _, run = store_one(mnist)
        assert stored.data_of(run).checksum == mnist.checksum
        with pytest.raises(ValueError, match="no se midió con CIFAR-10"):
            explore.explore(run, load("cifar10", "sample"))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stored, "load", lambda *_: mnist)
            run.about["data"] = "another"
            with pytest.raises(ValueError, match="otros datos"):
                stored.data_of(run)

    def test_those_of_the_report_are_taken_then_the_newest(self, home, mnist):
        def best(name="one_hidden", data="auto"):
            run = stored._best(data).get(name)
            return run and run.key

        def store(year, **about):
            _, run = store_one(mnist, **about)
            path = run.folder / "run.json"
            told = json.loads(path.read_text())
            told["finished"] = f"{year}-01-01T00:00:00+00:00"
            path.write_text(json.dumps(told))
            return run

        old = store(2024)
        assert (best(), best(data="full"), best("lenet5")) == (old.key, None, None)
        new = store(2025, recipe=Recipe(epochs=3))
        assert best() == new.key
        refer(home / "figures/mnist", old.key)
        assert best() == old.key
        (old.folder / "history.json").write_text("[]")
        assert best(data="sample") == new.key

    def test_other_networks_and_data_go_by_their_names(self, home):
        data = own(3, 1, (16, 16))
        runs = [trained(data, Written), trained(data, "one_hidden", **data.sizes)]
        found = stored._best("auto")
        assert [found[f"{name}, flores"].key for name in ("Written", "one_hidden")] == [
            run.key for run in runs
        ]
        assert stored.name_of(runs[0]) == "Flores, Written, semilla 0"

    def test_full_without_such_runs_is_an_error_that_says_how(self, home):
        with pytest.raises(ValueError, match="make report"):
            stored.newest("full")
        with pytest.raises(ValueError, match="auto, full, sample"):
            stored.newest("ful")
        with pytest.raises(ValueError, match="make report"):
            explore.browse()

    def test_a_run_is_opened_by_the_first_digits_of_its_key(self, home, mnist):
        _, run = store_one(mnist)
        store_one(mnist, seed=1)
        assert stored.run_of(run.key[:8]).folder == run.folder
        assert stored.run_of(run) == run
        for key in ("", "no such"):
            with pytest.raises(ValueError, match="browse"):
                stored.run_of(key)
        with pytest.raises(TypeError, match="browse"):
            stored.run_of(object())
        with (run.folder / "weights.safetensors").open("ab") as file:
            file.write(b"0")
        for given in (run, run.key):
            with pytest.raises(ValueError, match="no está como se guardó"):
                stored.run_of(given)

    def test_what_learnt_from_the_sample_says_so(self, home, mnist):
        for data in (mnist, validation.validation(mnist, 100)):
            _, run = store_one(data)
            assert "(muestra)" in stored.name_of(run)
        run.about["data"] = "another"
        assert "(muestra)" not in stored.name_of(run)


def shown(monkeypatch, tool, *given):
    """The output that a tool leaves."""
    found = []
    monkeypatch.setattr(explore, "display", found.append)
    tool(*given)
    return found[0]


class TestOwn:
    """Networks and data of somebody's own, stored and fresh."""

    @pytest.mark.parametrize(
        ("k", "channels", "size"), [(3, 3, (40, 40)), (25, 1, (8, 8)), (2, 3, (9, 14))]
    )
    def test_every_tool_shows_stored_runs_and_fresh_results(
        self, home, monkeypatch, k, channels, size
    ):
        data = own(k, channels, size, letters=60)

        def net():
            pixels = channels * size[0] * size[1]
            return nn.Sequential(nn.Flatten(), nn.Linear(pixels, k))

        run = trained(data, net)
        result = fit(net, data, Recipe(epochs=2), seed=1)
        for given in [(run,), (result, data), (run.key, data)]:
            for tool in (explore.explore, explore.learn, explore.draw):
                output = shown(monkeypatch, tool, *given)
                assert "Flores" in output.data["text/plain"]
                assert "text/html" in output.data
                assert ("live" in output.metadata["informe"]) == (
                    given != (result, data)
                )
        for pair in [(run, result), (result, run), (result, result)]:
            output = shown(monkeypatch, explore.compare, *pair, data)
            assert "data-informe" in output.data["text/html"]

    def test_validation_parts_of_own_data_are_found(self, home):
        cut = validation.validation(own(3), 15)
        run = trained(cut, Written, channels=3)
        assert stored.data_of(run).checksum == cut.checksum
        assert "Flores, Written" in import_module("informe.explore.browse").line(run)

    def test_results_that_are_not_of_the_data_are_refused(self, mnist):
        result = fit("one_hidden", mnist, Recipe(epochs=1))
        with pytest.raises(ValueError, match=r"explore\(resultado, datos\)"):
            explore.explore(result)
        with pytest.raises(ValueError, match="no dice su receta"):
            explore.what_if(result)
        with pytest.raises(ValueError, match="no se midió con las 500 imágenes"):
            explore.draw(result, load("cifar10", "sample"))
        inverted = replace(mnist.test, images=255 - mnist.test.images)
        with pytest.raises(ValueError, match="los datos son otros"):
            explore.learn(result, replace(mnist, test=inverted))
        fit(result.model, mnist, Recipe(epochs=1))
        with pytest.raises(ValueError, match="se volvió a entrenar"):
            explore.compare(result, result, mnist)

    def test_a_matrix_that_no_browser_can_show_is_refused(self, monkeypatch):
        data = own(251, 1, (4, 4))
        net = nn.Sequential(nn.Flatten(), nn.Linear(16, 251))
        result = fit(net, data, Recipe(epochs=1))
        with pytest.raises(ValueError, match=r"de 251 clases .* report\(\)"):
            explore.explore(result, data)
        assert shown(monkeypatch, explore.draw, result, data)

    def test_what_the_page_cannot_compute_is_a_figure_that_says_why(
        self, home, mnist, monkeypatch
    ):
        def net():
            return nn.Sequential(nn.GELU(), nn.Flatten(), nn.Linear(784, 10))

        run = trained(mnist, net)
        output = shown(monkeypatch, explore.draw, run)
        assert "no puede calcular la capa «0», GELU" in output.data["text/plain"]
        assert output.data.keys() == {"image/svg+xml", "image/png", "text/plain"}
        specs = [live.network_spec({"net": run}), live.matrix_spec({"net": [run]})]
        assert not any(live.lacks(spec, {}) for spec in specs)
        assert live.documents_of(specs)[f"run-{run.key}"]["layers"] is None

    def test_a_page_computes_own_networks_that_it_cannot_build(self, home, mnist):
        run = trained(mnist, lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10)))
        spec = json.loads(json.dumps(live.network_spec({"mía": run})))
        assert [kind["kind"] for kind in spec["runs"][0]["layers"]] == [
            "Flatten",
            "Linear",
        ]
        known.clear()
        assert live.documents_of([spec])[f"run-{run.key}"]["layers"] is None
        assert "su definición" in live.network_spec({"mía": run})["absent"]


@pytest.fixture(scope="module")
def outputs(small_runs):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INFORME_HOME", str(small_runs))
        done = papermill.execute_notebook(
            paths.notebooks() / "explorar.ipynb",
            small_runs / "out.ipynb",
            {"data": "sample"},
            kernel_name="python3",
            progress_bar=False,
        )
    return [o for cell in done.cells for o in cell.get("outputs", [])]


class TestNotebook:
    """What is in the notebook, whoever ran it."""

    def test_each_tool_leaves_one_output_that_lives_and_one_that_does_not(
        self, outputs, small_runs
    ):
        figures = [o for o in outputs if "informe" in o.get("metadata", {})]
        calls = (paths.notebooks() / "explorar.ipynb").read_text(encoding="utf-8")
        tools = re.findall(r"\b(browse|explore|compare|draw|learn)\(", calls)
        assert len(figures) == len(tools) - calls.count("`learn(")
        for output in figures:
            about, data = output.metadata["informe"], output["data"]
            assert about["kind"] == "figure"
            assert about["caption"] == about["alt"] == data["text/plain"]
            assert data.keys() >= {"text/html", "image/svg+xml", "image/png"}
            for _, key in live.drawn(about["live"]) if "live" in about else ():
                assert f"run-{key}" in data["text/html"]
        names = [o.metadata["informe"]["id"] for o in figures]
        assert len(set(names)) == len(names)

    def test_small_runs_are_told(self, outputs):
        said = [o["data"].get("text/markdown", "") for o in outputs if "data" in o]
        assert any("muestra" in text for text in said)

    def test_words_of_a_figure_count_what_the_run_got_right(self, outputs, small_runs):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("INFORME_HOME", str(small_runs))
            run = explore.newest("sample")["one_hidden"]
        counts = confusion_matrix(run.labels, run.logits.argmax(1))
        hits = int(np.trace(counts))
        texts = [o["data"]["text/plain"] for o in outputs if "data" in o]
        assert any(f"Acierta {hits} de 500 imágenes" in text for text in texts)


def test_the_notebook_is_committed_without_outputs():
    notebook = nbformat.read(paths.notebooks() / "explorar.ipynb", 4)
    assert not any(cell.get("outputs") for cell in notebook.cells)


def test_a_list_shows_another_run_in_the_same_place(home, mnist, monkeypatch):
    browse = import_module("informe.explore.browse")  # not the function
    shown = []

    class Place:
        def update(self, output):
            shown.append(output)

    def display(thing, display_id=False):
        shown.append(thing)
        return Place()

    monkeypatch.setattr(browse, "display", display)
    runs = [store_one(mnist, seed=seed)[1] for seed in (0, 1)]

    def output(run):
        if run.seed:
            raise ValueError("otros datos")
        return live.Living({"text/plain": run.key}, {})

    browse.show_list([*reversed(runs)], output)
    chooser, first = shown
    assert first.data["text/plain"] == runs[0].key
    assert [run.seed for _, run in chooser.options] == [0, 1]
    assert all(runs[i].key[:8] in chooser.options[i][0] for i in (0, 1))
    chooser.value = runs[1]
    assert "otros datos" in shown[-1].data["text/plain"]


def test_classes_with_hostile_names_stay_text(mnist):
    odd = replace(mnist, classes=(HOSTILE, *mnist.classes[1:]))
    document = pack.set_document(odd, np.array([0]))
    assert "<" not in live.as_json(document)
    assert json.loads(live.as_json(document))["classes"][0] == HOSTILE
