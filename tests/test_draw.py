"""Drawings and files: centring against real digits, files that are no images."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import center_of_mass

from helpers import models, paths
from helpers.datasets import load
from helpers.training import Recipe, fit
from helpers.uncertainty import compare
from informe.explore import digit, upload
from informe.explore.draw import Pad
from informe.explore.upload import ImageError
from tests.support.runs import store_one


@pytest.fixture(scope="module")
def data():
    """The complete MNIST where its cache is there, else the sample."""
    here = (paths.data() / "mnist.safetensors").exists()
    return load("mnist", "full" if here else "sample")


@pytest.fixture(scope="module")
def network(data):
    epochs = 20 if data.is_sample else 3
    return fit(models.build("one_hidden"), data, Recipe("sgd", 0.05, epochs)).model


def copies(images, zoom, seed=0):
    """Each image scaled by `zoom` and put anywhere on a larger sheet."""
    rng = np.random.default_rng(seed)
    for image in images:
        side = round(28 * zoom)
        size = (side, side)
        scaled = Image.fromarray(image).resize(size, Image.Resampling.BICUBIC)
        sheet = np.zeros((2 * side, 2 * side), np.uint8)
        y, x = rng.integers(0, side, 2)
        sheet[y : y + side, x : x + side] = np.asarray(scaled)
        yield sheet


def predictions(model, images):
    pixels = torch.from_numpy(np.stack(images))[:, None]
    with torch.no_grad():
        return model(models.scale(pixels)).argmax(1).numpy()


class TestCentre:
    def test_real_digits_are_centred_already_and_stay_as_they_are(self, data):
        images = data.test.images[:, 0].numpy()
        same = [(digit.centre(image) == image).all() for image in images]
        assert np.mean(same) > 0.9

    @pytest.mark.parametrize("zoom", [0.75, 1, 2, 4])
    def test_scaled_and_shifted_copies_keep_the_accuracy(self, data, network, zoom):
        """Within 2 points; on the sample, within what 500 images can tell of that."""
        some = slice(None, None, 1 if data.is_sample else 4)
        images = data.test.images[some, 0].numpy()
        before = predictions(network, images)
        after = predictions(network, [digit.centre(c) for c in copies(images, zoom)])
        labels = data.test.labels[some].numpy()
        assert (before == labels).mean() > 0.8
        gap = compare(labels, before, after)
        # the bootstrap's own width is the tolerance that 500 images need
        room = 0 if not data.is_sample else (gap.high - gap.low) / 2
        assert abs(gap.difference) <= 0.02 + room

    def test_the_longer_side_is_20_and_the_mass_in_the_middle(self):
        ink = np.zeros((200, 300), np.uint8)
        ink[20:120, 210:240] = 255
        small = digit.centre(ink)
        rows, columns = (np.flatnonzero(small.any(a)) for a in (1, 0))
        assert (len(rows), len(columns)) == (20, 6)
        assert np.abs(np.array(center_of_mass(small)) - 14).max() <= 0.5

    def test_a_lopsided_drawing_stays_inside(self):
        ink = np.zeros((100, 100), np.uint8)
        ink[10:90, 10:14] = 255
        ink[10:30, 14:90] = 40
        small = digit.centre(ink)
        assert small.any(0).sum() == 20  # nothing was cut

    @pytest.mark.parametrize("ink", [0, digit.FAINT])
    def test_without_ink_there_is_nothing(self, ink):
        assert not digit.centre(np.full((280, 280), ink, np.uint8)).any()

    def test_a_dot_fills_the_box(self):
        ink = np.zeros((280, 280), np.uint8)
        ink[3, 5] = 255
        assert digit.centre(ink).any(1).sum() == 20


def png(pixels, form="PNG"):
    file = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(file, form)
    return file.getvalue()


class TestUpload:
    def test_a_photograph_is_cropped_in_the_middle_and_scaled(self):
        wide = np.zeros((64, 200, 3), np.uint8)
        wide[:, 68:132] = (10, 200, 30)  # the middle square
        small, note = upload.as_colour(upload.decode(png(wide)), 32)
        assert small.shape == (3, 32, 32)
        assert np.abs(small[:, 16, 16].numpy().astype(int) - (10, 200, 30)).max() < 2
        assert "32×32" in note

    def test_a_thing_on_white_is_inverted_and_one_on_black_is_not(self):
        light = np.full((90, 60), 255, np.uint8)
        light[20:70, 20:40] = 0
        for picture, told in [(light, True), (255 - light, False)]:
            small, note = upload.as_grey(upload.decode(png(picture)), 28)
            assert small.shape == (1, 28, 28)
            assert small[0, 14, 14] > 240
            assert small[0, 0].max() < 20
            assert ("invirtió" in note) is told

    def test_transparent_is_white_and_a_camera_turns(self):
        clear = np.zeros((10, 10, 4), np.uint8)
        assert np.asarray(upload.decode(png(clear))).min() == 255
        file = io.BytesIO()
        exif = Image.Exif()
        exif[0x0112] = 6  # turned by a quarter
        Image.new("RGB", (20, 10)).save(file, "JPEG", exif=exif)
        assert upload.decode(file.getvalue()).size == (10, 20)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "no es una imagen"),
            (b"%PDF-1.7 text", "no es una imagen"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no es una imagen"),
            (png(np.arange(2500).reshape(50, 50) % 251)[:60], "dañada o incompleta"),
            (b"x" * (upload.MAX_BYTES + 1), "pasa de 10 MB"),
        ],
        ids=["empty", "pdf", "svg", "half", "huge"],
    )
    def test_what_is_no_image_is_told_in_words(self, content, words):
        with pytest.raises(ImageError, match=words):
            upload.decode(content)

    def test_a_small_file_of_too_many_pixels_is_not_unpacked(self):
        file = io.BytesIO()
        Image.new("1", (8000, 6000)).save(file, "PNG")
        with pytest.raises(ImageError, match="8000×6000"):
            upload.decode(file.getvalue())


class TestPad:
    def send(self, pixels):
        return base64.b64encode(png(pixels)).decode()

    def test_a_drawing_gets_the_networks_probabilities(self, home, mnist):
        _, run = store_one(mnist)
        view = Pad(run)
        image = mnist.test.images[0, 0].numpy()
        big = np.kron(image, np.ones((10, 10), np.uint8))
        view.do({"drawing": "data:image/png;base64," + self.send(big)})
        seen = torch.from_numpy(digit.centre(big))[None, None]
        with torch.no_grad():
            expected = run.model()(models.scale(seen)).softmax(1)[0].numpy()
        np.testing.assert_allclose(view.probabilities, expected, atol=1e-5)
        bars = view.state["bars"]
        assert [b["share"] for b in bars] == pytest.approx(expected.tolist(), abs=1e-5)
        assert [b["best"] for b in bars].index(True) == expected.argmax()

    def test_clear_and_an_empty_drawing_show_nothing(self, home, mnist):
        view = Pad(store_one(mnist)[1])
        blank = "data:image/png;base64," + self.send(np.zeros((280, 280)))
        for event in ({"drawing": blank}, {"clear": True}):
            view.do(event)
            assert view.state["seen"] is None
            assert not any(bar["best"] or bar["text"] for bar in view.state["bars"])

    def test_what_is_no_image_leaves_a_message_and_no_answer(self, home, mnist):
        view = Pad(store_one(mnist)[1])
        for content in ("AAAA", "not base64"):
            view.do({"file": content})
            assert view.probabilities is None
            assert view.note

    @pytest.mark.parametrize(
        ("name", "network", "shape"),
        [
            ("fashion_mnist", "two_hidden", (1, 28, 28)),
            ("cifar10", "lenet5", (3, 32, 32)),
            ("mnist", "one_hidden", (1, 28, 28)),
        ],
    )
    def test_a_file_becomes_what_each_network_takes(self, home, name, network, shape):
        view = Pad(store_one(load(name, "sample"), network=network)[1])
        picture = np.full((120, 90, 3), 240)
        picture[30:90, 30:60] = 20
        view.do({"file": self.send(picture)})
        assert view.image.shape == shape
        assert view.probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert view.note
