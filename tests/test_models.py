import random

import numpy as np
import pytest
import torch
from torch import nn

from helpers.models import VARIANTS, build, count_parameters, scale

GREY, COLOR = (2, 1, 28, 28), (2, 3, 32, 32)

# The arithmetic of every layer: filters * (inputs * side * side + 1), or
# outputs * (inputs + 1).
PARAMETERS = {
    "one_hidden": 1 * (1 * 4 * 4 + 1) + 10 * (625 + 1),
    "two_hidden": 20 * (1 * 4 * 4 + 1) + 1 * (20 * 3 * 3 + 1) + 10 * (529 + 1),
    "dense": 3 * (3 * 5 * 5 + 1) + 10_000 * (2352 + 1) + 10 * (10_000 + 1),
    "lenet5": 62_006,  # as LeNet-5 with three input channels is usually quoted
}


@pytest.mark.parametrize("network", PARAMETERS)
def test_parameters_by_hand(network):
    assert count_parameters(build(network)) == PARAMETERS[network]


def test_the_original_states_these_counts():
    assert PARAMETERS["one_hidden"] == 17 + 6_260
    assert PARAMETERS["two_hidden"] == 340 + 181 + 5_300 == 5_821
    assert PARAMETERS["dense"] == 228 + 23_530_000 + 100_010 == 23_630_238


def test_kernel_and_channels_of_the_first_network():
    model = build("one_hidden", kernel=7, filters=16, activation="tanh")
    assert count_parameters(model) == 16 * (7 * 7 + 1) + 10 * (16 * 22 * 22 + 1)
    assert [type(layer) for layer in model] == [
        *(nn.Conv2d, nn.Tanh, nn.Flatten, nn.Linear),
    ]


def test_activations_of_the_second_network():
    layers = [type(layer) for layer in build("two_hidden", first=None, second="tanh")]
    assert layers == [nn.Conv2d, nn.Conv2d, nn.Tanh, nn.Flatten, nn.Linear]


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        ("one_hidden", GREY),
        ("two_hidden", GREY),
        ("dense", COLOR),
        ("lenet5", COLOR),
    ],
)
def test_ten_logits_an_image(network, shape):
    assert build(network)(torch.rand(shape)).shape == (2, 10)


def test_layers_of_the_original():
    layers = [type(layer) for layer in build("two_hidden", **VARIANTS["original"])]
    assert layers == [
        *(nn.Conv2d, nn.ReLU, nn.Conv2d, nn.ELU),
        *(nn.Flatten, nn.Linear, nn.ReLU),
    ]


def test_only_the_assigned_variant_ends_in_a_relu():
    images = torch.rand(64, 1, 28, 28)
    for network in ("one_hidden", "two_hidden"):
        corrected = build(network, seed=3, **VARIANTS["corrected"])(images)
        original = build(network, seed=3, **VARIANTS["original"])(images)
        assert corrected.min() < 0
        assert torch.equal(original, corrected.clamp(min=0))


def test_seed_decides_the_weights_and_leaves_the_global_state_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first, second, other = (build("lenet5", seed=s) for s in (0, 0, 1))
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(first.conv1.weight, second.conv1.weight)
    assert not torch.equal(first.conv1.weight, other.conv1.weight)


def test_scale():
    images = torch.tensor([0, 51, 255], dtype=torch.uint8)
    assert torch.allclose(scale(images), torch.tensor([0.0, 0.2, 1.0]))
    assert images.tolist() == [0, 51, 255]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lenet",), "unknown network 'lenet'"),
        (("one_hidden", {"output": "relo"}), "unknown activation 'relo'"),
    ],
)
def test_unknown_names_are_refused(arguments, message):
    network, *options = arguments
    with pytest.raises(ValueError, match=message):
        build(network, **(options[0] if options else {}))


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("side", [16, 28, 33])
@pytest.mark.parametrize("network", PARAMETERS)
def test_each_is_built_for_other_images_and_classes(network, side, channels):
    options = {"channels": channels, "side": side, "classes": 7}
    options |= {"width": 5} if network == "dense" else {}
    model = build(network, **options)
    assert model(torch.rand(2, channels, side, side)).shape == (2, 7)


def test_lenet5_on_grey_images_of_28_pixels_by_hand():
    layers = [6 * 26, 16 * (6 * 25 + 1), 120 * 257, 84 * 121, 10 * 85]
    assert count_parameters(build("lenet5", channels=1, side=28)) == sum(layers)


@pytest.mark.parametrize("network", PARAMETERS)
def test_images_that_are_too_small_are_refused(network):
    with pytest.raises(ValueError, match="side 3 are too small"):
        build(network, side=3)


def drawn():
    """A network that takes its weights from numpy and Python."""
    model = nn.Linear(1, 3)
    values = [np.random.rand(), random.random(), torch.rand(()).item()]
    model.bias.data = torch.tensor(values)
    return model


def test_a_network_of_one_s_own_is_built_from_the_seed_too():
    before = np.random.get_state()[1].tolist(), random.getstate()
    one, same, other = (build(drawn, seed=s).bias for s in (3, 3, 4))
    assert torch.equal(one, same) and not (one == other).any()
    assert before == (np.random.get_state()[1].tolist(), random.getstate())
    model = drawn()
    copy = build(model)
    assert copy is not model and torch.equal(copy.bias, model.bias)


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        (nn.Linear(1, 1), {"width": 3}, "already made"),
        (lambda: "lenet5", {}, "no torch.nn.Module"),
    ],
)
def test_what_is_no_network_is_refused(network, options, message):
    with pytest.raises(ValueError, match=message):
        build(network, **options)
