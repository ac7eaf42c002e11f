"""What is seen and in which order, without a browser."""

import base64
import io
import json
import re
import sys
from dataclasses import replace
from types import SimpleNamespace

import anywidget
import ipywidgets as widgets
import numpy as np
import papermill
import pytest
import torch
from PIL import Image
from scipy.special import softmax
from sklearn.metrics import confusion_matrix
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from helpers import paths, validation
from helpers.datasets import CLASSES
from informe.explore import gallery, markup, pixels, plain, show, stored
from informe.explore.compare import Comparison
from informe.explore.draw import Pad
from informe.explore.explore import Matrix, normalised, similarity_order
from informe.explore.predictions import Predictions, is_small, name_of, predictions_of
from tests.support.runs import store_one


def made_up(n=400, seed=0, k=10):
    """Random logits for random images."""
    rng = np.random.default_rng(seed)
    labels = np.random.default_rng(99).integers(0, k, n)
    logits = rng.normal(size=(n, k)) + 2 * np.eye(k)[labels]
    images = torch.from_numpy(rng.integers(0, 256, (n, 1, 28, 28), dtype=np.uint8))
    names = CLASSES["mnist"][:k]
    return Predictions(
        f"red {seed}", names, images, labels, softmax(logits, 1).astype(np.float32)
    )


def indices(view):
    return [image["index"] for image in view.state["gallery"]["images"]]


class TestCells:
    def test_a_cells_images_are_its_own_most_confident_first(self):
        o = made_up()
        chosen = gallery.select(o, 4, 9)
        expected = [
            i
            for i in range(400)
            if o.labels[i] == 4 and o.probabilities[i].argmax() == 9
        ]
        assert sorted(chosen) == expected
        assert expected
        sure = o.probabilities[chosen].max(1)
        assert (np.diff(sure) <= 0).all()

    def test_equals_stand_in_the_order_of_the_test_set(self):
        assert gallery.by_confidence(np.array([5, 2, 7]), np.ones(8)).tolist() == [
            5,
            2,
            7,
        ]

    def test_a_whole_row_a_column_and_the_errors_alone(self):
        o = made_up()
        assert set(gallery.select(o, 3)) == set((o.labels == 3).nonzero()[0])
        assert set(gallery.select(o, None, 3)) == set((o.predictions == 3).nonzero()[0])
        wrong = gallery.select(o, 3, errors=True)
        assert (o.predictions[wrong] != 3).all()

    @pytest.mark.parametrize(
        ("n", "total"), [(0, 1), (1, 1), (20, 1), (21, 2), (400, 20)]
    )
    def test_pages_hold_each_image_once(self, n, total):
        chosen = np.arange(n)
        assert gallery.pages(n) == total
        shown = [gallery.page_of(chosen, p) for p in range(1, total + 1)]
        assert np.concatenate(shown).tolist() == chosen.tolist()

    @pytest.mark.parametrize(("page", "first"), [(0, 0), (-3, 0), (99, 20)])
    def test_a_page_out_of_range_is_the_nearest(self, page, first):
        assert gallery.page_of(np.arange(25), page)[0] == first

    def test_confused_classes_are_put_side_by_side(self):
        counts = np.eye(6, dtype=int) * 100
        for i, j in [(0, 3), (1, 5), (2, 4)]:
            counts[i, j] = counts[j, i] = 30
        order = similarity_order(counts)
        assert sorted(order) == list(range(6))
        for i, j in [(0, 3), (1, 5), (2, 4)]:
            assert abs(order.index(i) - order.index(j)) == 1

    def test_without_errors_the_order_stays(self):
        assert similarity_order(np.eye(4, dtype=int)) == [0, 1, 2, 3]

    def test_an_absent_class_is_no_fault(self):
        counts = np.array([[5, 1, 0], [2, 6, 0], [0, 0, 0]])
        assert sorted(similarity_order(counts)) == [0, 1, 2]

    @pytest.mark.parametrize(
        ("values", "how"), [("counts", None), ("rows", "true"), ("columns", "pred")]
    )
    def test_shares_are_scikit_learns(self, values, how):
        o = made_up()
        expected = confusion_matrix(o.labels, o.predictions, normalize=how)
        np.testing.assert_allclose(normalised(o.confusion, values), expected)


class TestMatrix:
    def test_it_starts_with_counts_and_no_images(self):
        o = made_up()
        state = Matrix(o).state
        shown = [[int(c["text"] or 0) for c in row] for row in state["grid"]["cells"]]
        assert (np.array(shown) == confusion_matrix(o.labels, o.predictions)).all()
        assert state["gallery"]["images"] == []
        assert json.loads(json.dumps(state)) == state

    def test_a_click_shows_the_images_of_the_cell(self):
        o = made_up()
        view = Matrix(o)
        view.do({"cell": [4, 9]})
        assert indices(view) == gallery.select(o, 4, 9)[:20].tolist()
        assert all(
            image["lines"][0] == "4 → 9" for image in view.state["gallery"]["images"]
        )
        first = view.state["gallery"]["images"][0]
        sure = 100 * o.probabilities[first["index"]].max()
        assert float(first["lines"][1].removesuffix("\u202f%")) == pytest.approx(
            sure, abs=1
        )

    def test_shares_have_wilsons_interval(self):
        o = made_up()
        view = Matrix(o)
        hits = int((o.predictions == o.labels).sum())
        low, high = proportion_confint(hits, 400, method="wilson")
        found = re.findall(r"[\d.]+(?=\s%)", view.state["note"])
        expected = [f"{100 * x:.1f}" for x in (hits / 400, low, high)]
        assert found[:3] == expected
        view.do({"cell": [4, 9]})
        n, of = ((o.labels == 4) & (o.predictions == 9)).sum(), (o.labels == 4).sum()
        low, high = proportion_confint(n, of, method="wilson")
        found = re.findall(r"[\d.]+(?=\s%)", view.state["gallery"]["note"])
        assert found[:3] == [f"{100 * x:.1f}" for x in (n / of, low, high)]
        view.do({"cell": [4, None]})
        assert view.state["gallery"]["note"] == ""

    def test_positions_follow_the_order_of_similarity(self):
        view = Matrix(made_up())
        view.do({"choose": {"similar": True}})
        row, column = view.order.index(4), view.order.index(9)
        view.do({"cell": [row, column]})
        assert view.chosen == (4, 9)
        assert view.state["grid"]["selected"] == [row, column]
        view.do({"choose": {"similar": False}})
        assert view.state["grid"]["selected"] == [4, 9]

    def test_errors_only_empties_the_diagonal_and_a_rows_hits(self):
        o = made_up()
        view = Matrix(o)
        view.do({"choose": {"errors_only": True}})
        diagonal = [view.state["grid"]["cells"][k][k]["text"] for k in range(10)]
        assert diagonal == [""] * 10
        view.do({"cell": [3, None]})
        assert (o.predictions[indices(view)] != 3).all()

    def test_pages_turn_and_a_new_cell_starts_at_the_first(self):
        o = made_up()
        view = Matrix(o)
        view.do({"cell": [4, None]})
        view.do({"page": 2})
        assert indices(view) == gallery.select(o, 4)[20:40].tolist()
        view.do({"cell": [5, None]})
        assert view.state["gallery"]["page"] == 1

    @pytest.mark.parametrize(
        "event",
        [
            {},
            {"other": 1},
            {"choose": {"values": "x"}},
            {"choose": {"other": 1}},
            {"cell": [4, 10]},
        ],
    )
    def test_what_cannot_be_done_is_an_error(self, event):
        with pytest.raises((ValueError, IndexError)):
            Matrix(made_up()).do(event)

    def test_the_words_of_a_cell_say_all_of_it(self):
        view = Matrix(made_up())
        cell = view.state["grid"]["cells"][4][9]
        n = int(cell["text"])
        assert cell["label"] == f"verdadera 4, predicha 9: {n} im" + (
            "agen" if n == 1 else "ágenes"
        )


class TestDuel:
    def test_the_table_is_mcnemars_and_its_cells_show_the_images(self):
        a, b = made_up(), made_up(seed=1)
        view = Comparison(a, b)
        right_a, right_b = a.predictions == a.labels, b.predictions == b.labels
        expected = confusion_matrix(~right_a, ~right_b)
        shown = [[int(c["text"]) for c in r] for r in view.state["grid"]["cells"]]
        assert (np.array(shown) == expected).all()
        view.do({"cell": [0, 1]})
        chosen = indices(view)
        assert chosen
        assert (right_a & ~right_b)[chosen].all()

    def test_the_difference_is_the_reports_comparison(self):
        a, b = made_up(), made_up(seed=1)
        view = Comparison(a, b)
        right_a, right_b = a.predictions == a.labels, b.predictions == b.labels
        gap = 100 * (right_a.mean() - right_b.mean())
        p = mcnemar(confusion_matrix(~right_a, ~right_b), exact=True).pvalue
        words = view.state["note"].replace("−", "-")
        shown = float(re.search(r"la de B: ([-+.\d]+)", words)[1])
        assert shown == pytest.approx(gap, abs=0.0501)
        assert f"p\u00a0=\u00a0{p:.3f}" in words
        view.do({"choose": {"true": "7"}})
        assert view.state["note"] != words

    def test_one_class_alone(self):
        a, b = made_up(), made_up(seed=1)
        view = Comparison(a, b)
        view.do({"choose": {"true": "7"}})
        view.do({"cell": [1, 1]})
        assert (a.labels[indices(view)] == 7).all()
        total = sum(int(c["text"]) for row in view.state["grid"]["cells"] for c in row)
        assert total == (a.labels == 7).sum()

    def test_images_say_of_which_part_they_are(self):
        pair = [replace(made_up(seed=n), part="validación") for n in (0, 1)]
        for view in (Comparison(*pair), Matrix(pair[0])):
            view.do({"cell": [0, 0]})
            first = view.state["gallery"]["images"][0]
            assert first["label"].startswith("Imagen de validación")

    def test_other_images_are_refused(self):
        with pytest.raises(ValueError, match="mismas imágenes"):
            Comparison(made_up(), made_up(300))


class TestPixels:
    def read(self, url):
        content = base64.b64decode(url.removeprefix("data:image/png;base64,"))
        return np.asarray(Image.open(io.BytesIO(content)))

    def test_grey_is_ink_on_paper_and_colour_is_itself(self):
        grey = torch.arange(28 * 28).reshape(1, 28, 28).to(torch.uint8)
        assert (self.read(pixels.data_url(grey)) == 255 - grey[0].numpy()).all()
        colour = torch.arange(3 * 32 * 32).reshape(3, 32, 32).to(torch.uint8)
        back = self.read(pixels.data_url(colour))
        assert (back == colour.permute(1, 2, 0).numpy()).all()

    def test_nothing_is_white_and_signs_have_their_colours(self):
        url = pixels.map_url(np.array([[0.0, 1.0, -1.0]]), 1, signed=True)
        zero, plus, minus = self.read(url)[0].astype(int)
        assert zero.min() > 235
        assert plus[0] > plus[2]  # orange
        assert minus[2] > minus[0]  # purple


class TestPlain:
    def test_lists_do_what_a_click_does(self):
        view = Matrix(made_up())
        form = plain.grid_form(view)
        rows, columns, page = form.children[1].children
        rows.value, columns.value = 4, plain.ALL
        shown = form.children[-1]
        assert view.chosen == (4, None)
        assert "verdadera 4:" in shown.value
        assert re.findall(r'on" scope="(...)">(.)<', shown.value) == [("row", "4")]
        columns.value = 9
        assert re.findall('cell on".*?title="(.*?):', shown.value) == [
            "verdadera 4, predicha 9"
        ]
        columns.value = plain.ALL
        page.value = 2
        assert view.page == 2
        assert f'data-index="{indices(view)[0]}"' in shown.value

    def test_another_order_of_classes_renames_the_lists(self):
        view = Matrix(made_up())
        form = plain.grid_form(view)
        rows, columns, _ = form.children[1].children
        rows.value, columns.value = 4, 9
        similar = form.children[0].children[2]
        similar.value = True
        names = [name for name, _ in rows.options][1:-1]
        assert names == view.state["grid"]["rows"]
        assert view.chosen == (4, 9)
        assert [names[rows.value], names[columns.value]] == ["4", "9"]

    def test_a_choice_that_is_half_made_is_forgotten_with_its_order(self):
        view = Matrix(made_up())
        form = plain.grid_form(view)
        rows = form.children[1].children[0]
        rows.value = 4
        form.children[0].children[0].value = "rows"
        assert rows.value == 4  # the same order
        form.children[0].children[2].value = True
        assert rows.value == plain.NONE
        assert view.chosen is None

    def test_it_appears_where_anywidget_is_not_installed(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "anywidget", None)
        monkeypatch.delitem(sys.modules, "informe.explore.screens", raising=False)
        view = Matrix(made_up())
        (found,) = show.view_of(view, "grid.js", plain.grid_form, False).parts
        assert isinstance(found.children[-1], widgets.HTML)

    def test_it_stays_until_a_front_end_runs_the_script(self):
        view = Matrix(made_up())
        stage, form = show.view_of(view, "grid.js", plain.grid_form, False).parts
        assert (stage.layout.display, form.layout.display) == ("none", None)
        screen = stage.children[0]
        screen._handle_custom_msg({"alive": True}, [])
        assert (stage.layout.display, form.layout.display) == (None, "none")
        screen._handle_custom_msg({"cell": [4, 9]}, [])
        assert screen.state["grid"]["selected"] == [4, 9]

    def test_in_colab_its_manager_is_asked_for_and_the_parts_are_displayed(
        self, monkeypatch
    ):
        """What is a cell's result does not get that manager; see Shown."""
        asked, shown = [], []
        output = SimpleNamespace(
            enable_custom_widget_manager=lambda: asked.append(True),
            _widgets=SimpleNamespace(_installed_url="https://manager"),
        )
        monkeypatch.setitem(sys.modules, "google.colab.output", output)
        anywidget._util.enable_custom_widget_manager_once.cache_clear()
        monkeypatch.setattr(show, "display", shown.append)
        found = show.view_of(Matrix(made_up()), "grid.js", plain.grid_form, False)
        assert asked == [True]
        found._ipython_display_()
        assert shown == list(found.parts)
        assert not hasattr(found, "_repr_mimebundle_")

    def test_files_come_as_ipywidgets_7_and_8_give_them(self, home, mnist):
        view = Pad(store_one(mnist)[1])
        chooser = plain.pad_form(view).children[0].children[0]
        file = io.BytesIO()
        Image.new("L", (40, 40), "white").save(file, "PNG")
        given = {"content": file.getvalue(), "name": "a.png"}
        for value in ((given,), {"a.png": given}):
            view.do({"clear": True})
            change = {"new": value, "name": "value", "owner": chooser}
            for handler in chooser._trait_notifiers["value"]["change"]:
                handler(change | {"type": "change", "old": ()})
            assert "redujo" in view.note

    def test_the_words_of_a_class_are_escaped(self):
        o = made_up()
        odd = Predictions(
            "<b>", ("<i>", *o.classes[1:]), o.images, o.labels, o.probabilities
        )
        state = Matrix(odd).state
        assert "<i>" not in markup.grid(state["grid"])
        assert "<b>" not in markup.heading(state["grid"]["label"])
        assert "<u>" not in markup.note({"note": "<u>"})
        assert "<u>" not in markup.table(["<u>"], [["<u>"]])


class TestStored:
    def test_the_data_are_the_runs_and_others_are_refused(self, home, mnist):
        _, run = store_one(mnist)
        assert predictions_of(run).labels.tolist() == mnist.test.labels.tolist()
        run.about["data"] = "another"
        run.about["dataset"] = "mnist"
        with pytest.raises(ValueError, match="otros datos"):
            outcome_of_other(run, mnist)

    def test_the_newest_whole_run_is_taken(self, home, mnist):
        def best(network, data):
            return stored._best(network, data, stored.stored_runs())

        from helpers.training import Recipe

        _, old = store_one(mnist)
        _, new = store_one(mnist, recipe=Recipe(epochs=3))
        for run, year in [(old, 2024), (new, 2025)]:
            path = run.folder / "run.json"
            about = json.loads(path.read_text())
            about["finished"] = f"{year}-01-01T00:00:00+00:00"
            path.write_text(json.dumps(about))
        assert best("one_hidden", "auto").folder == new.folder
        assert best("one_hidden", "full") is None
        assert best("lenet5", "auto") is None
        (new.folder / "history.json").write_text("[]")
        assert best("one_hidden", "sample").folder == old.folder

    def test_full_without_such_runs_is_an_error_that_says_how(self, home):
        with pytest.raises(ValueError, match="make report"):
            stored.newest("full")
        with pytest.raises(ValueError, match="auto, full, sample"):
            stored.newest("ful")

    def test_a_run_is_opened_by_the_first_digits_of_its_key(self, home, mnist):
        _, run = store_one(mnist)
        store_one(mnist, seed=1)
        assert stored.run_of(run.folder.name[:8]).folder == run.folder
        for key in ("", "no such"):
            with pytest.raises(ValueError, match="browse"):
                stored.run_of(key)
        assert stored.run_of(run) is run
        with pytest.raises(TypeError, match="browse"):
            stored.run_of(object())
        (run.folder / "history.json").write_text("[]")
        with pytest.raises(ValueError, match="no está como se guardó"):
            stored.run_of(run.folder.name)

    def test_changed_weights_are_refused_in_words(self, home, mnist):
        _, run = store_one(mnist)
        with (run.folder / "weights.safetensors").open("ab") as file:
            file.write(b"0")
        with pytest.raises(ValueError, match="no están como se guardaron"):
            Pad(run)

    def test_what_learnt_from_the_sample_says_so(self, home, mnist):
        for data in (mnist, validation.validation(mnist, 100)):
            _, run = store_one(data)
            assert is_small(run)
            assert "(muestra)" in name_of(run)
        run.about["data"] = "another"
        assert not is_small(run)


def outcome_of_other(run, mnist):
    """As where the complete data at hand are not those of the run."""
    from unittest.mock import patch

    with patch("informe.explore.predictions.load", lambda *_: mnist):
        return predictions_of(run)


def test_what_scripts_and_styles_need_is_in_the_package_and_from_nowhere_else():
    found = {
        path.name for path in (paths.PACKAGE.parent / "informe/explore").glob("*.*s*")
    }
    assert {"common.js", "grid.js", "pad.js", "explore.css"} <= found
    for path in (paths.PACKAGE.parent / "informe/explore").iterdir():
        if path.suffix in (".js", ".css"):
            text = path.read_text(encoding="utf-8")
            assert not any(word in text for word in ("http", "import ", "@import"))


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


class TestWithoutAnybody:
    """What papermill gets: figures, and no widget."""

    def test_each_tool_leaves_a_figure_with_its_words(self, outputs):
        figures = [
            o.metadata["informe"]
            for o in outputs
            if "image/svg+xml" in o.get("data", {})
        ]
        calls = paths.notebooks().joinpath("explorar.ipynb").read_text(encoding="utf-8")
        # one a tool and run; compare() takes two runs, browse() none
        assert len(figures) == len(re.findall(r"(?:\(|, )runs\[", calls))
        assert all(f["caption"] and f["alt"] for f in figures)
        assert len({f["id"] for f in figures}) == len(figures)

    def test_no_widget_is_left_and_small_runs_are_told(self, outputs):
        kinds = {kind for o in outputs for kind in o.get("data", {})}
        assert not [kind for kind in kinds if "widget" in kind]
        said = [o["data"].get("text/markdown", "") for o in outputs if "data" in o]
        assert any("muestra" in text for text in said)
