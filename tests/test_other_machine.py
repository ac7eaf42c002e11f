"""What README promises across processors: the same logits, within a tolerance.

Another processor is made up: torch and numba are told to use no instructions but those
that every x86-64 has, so that sums are made in another order.
"""

import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

from tests.support import other_machine

TOLERANCE = 1e-4  # of logits
PLAIN = {"ATEN_CPU_CAPABILITY": "default", "NUMBA_CPU_NAME": "generic"}


@pytest.fixture(scope="module")
def logits(tmp_path_factory):
    """Logits of each network here, in a process like this one, and elsewhere."""
    folder = tmp_path_factory.mktemp("machines")
    environments = {"again": {}, "plain": PLAIN | {"NUMBA_CACHE_DIR": str(folder)}}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.other_machine", str(folder / name)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | more,
        )
        for name, more in environments.items()
    ]
    other_machine.train(folder / "here")
    assert [process.wait() for process in processes] == [0, 0]
    return [load_file(folder / name) for name in ("here", "again", "plain")]


@pytest.mark.parametrize("network", other_machine.TRAININGS)
def test_the_same_processor_gives_the_same_bits(logits, network):
    here, again, _ = logits
    assert torch.equal(here[network], again[network])


@pytest.mark.parametrize("network", other_machine.TRAININGS)
def test_another_processor_gives_the_same_within_the_tolerance(logits, network):
    here, _, plain = logits
    assert here[network].std() > 10 * TOLERANCE  # it says something
    torch.testing.assert_close(plain[network], here[network], rtol=0, atol=TOLERANCE)


def test_the_other_processor_is_another_one(logits):
    here, _, plain = logits
    assert any(not torch.equal(here[name], plain[name]) for name in here)
