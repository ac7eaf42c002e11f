"""Runs with made-up outcomes, written as the store writes them."""

import json

import numpy as np
import pandas as pd
import torch
from safetensors.numpy import save_file

from helpers import models
from helpers.runs import Plan, Run, store, workers
from helpers.runs.plan import questions
from helpers.training import Recipe, Result, empty_snapshots, fit


def run(
    folder, labels, accuracy, *, seed=0, lost=(), network="one_hidden", seconds=4.0
):
    """A run that gets the first share of the images right and never predicts `lost`."""
    labels = np.asarray(labels)
    predictions = labels.copy()
    wrong = np.arange(len(labels)) >= round(accuracy * len(labels))
    predictions[wrong] = (labels[wrong] + 1) % 10
    for k in lost:
        predictions[predictions == k] = (k + 1) % 10
    error = float((predictions != labels).mean())
    folder.mkdir(parents=True)
    epochs = [
        {"epoch": 1, "train_error": 0.4, "test_error": 0.3, "seconds": seconds / 2},
        {"epoch": 2, "train_error": 0.2, "test_error": error, "seconds": seconds / 2},
    ]
    recipe = {
        "optimizer": "sgd", "learning_rate": 0.01, "epochs": 2, "batch_size": 40,
        "class_weights": None,
    }  # fmt: skip
    machine = {
        "processor": "a processor", "cores": 2, "gpu": None, "system": "Linux x86_64",
        "python": "3.11.7", "torch": "2.13.0",
    }  # fmt: skip
    about = {
        "network": network, "options": {}, "recipe": recipe, "seed": seed,
        "device": "cpu", "split": "test", "parameters": 6277, "machine": machine,
        "finished": "2026-11-23T10:00:00+00:00",
    }  # fmt: skip
    (folder / "history.json").write_text(json.dumps(epochs))
    (folder / "run.json").write_text(json.dumps(about))
    logits = np.eye(10, dtype=np.float32)[predictions] * 5
    save_file({"logits": logits, "labels": labels}, folder / "predictions.safetensors")
    save_file({"w": np.zeros(250, np.float32)}, folder / "weights.safetensors")
    return Run(folder)


def store_one(data, *, network="one_hidden", recipe=None, seed=0, accuracy=0.9):
    """A run of an untrained network in the real store, with made-up outcomes."""
    recipe = recipe or Recipe(epochs=2)
    job = questions(data, Plan(network, recipe, (seed,)), "cpu")[0]
    return job, store.save(job, made_up_result(data, network, recipe, seed, accuracy))


def made_up_result(data, network, recipe, seed, accuracy) -> Result:
    """An untrained network's, which is always wrong and says it is not."""
    columns = ("train_loss", "train_error", "test_loss", "test_error")
    outcome = dict.fromkeys(columns, 1 - accuracy)
    epochs = [{"epoch": n + 1, **outcome, "seconds": 2.0} for n in range(recipe.epochs)]
    logits = torch.eye(10)[(data.test.labels + 1) % 10]
    model = models.build(network, seed=seed)
    kept = empty_snapshots(model, len(data.test), recipe.epochs)
    return Result(model, pd.DataFrame(epochs), logits, data.test.labels, kept)


def trained(data, network, recipe=None, **options):
    """A stored run on data that may be one's own, as `train` leaves it."""
    workers.keep_whole(data)
    plan = Plan(network, recipe or Recipe("adam", 0.01, 2), options=options)
    job = questions(data, plan, "cpu")[0]
    return store.save(job, fit(job.build(), data, job.recipe))


def refer(folder, *keys, experiments=()):
    """A metrics.json that shows the runs with these keys."""
    folder.mkdir(parents=True)
    content = {"networks": {"a": {"runs": keys}}, "experiments": experiments}
    (folder / "metrics.json").write_text(json.dumps(content))
