"""python -m benchmarks [--quick]: measure; write table, figures and JSON."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks import floors, growth, same, show
from benchmarks.contenders import CONTENDERS
from benchmarks.measure import interleaved
from benchmarks.tasks import TITLES, Task, epoch_batches, report_epochs
from helpers.machine import describe_machine

RESULTS = Path(__file__).parent / "results"

# Batches that are timed; an epoch's time is extrapolated from them. Ours gets more: it
# is quicker, and on the dense network its time changes as neurons die (output only 0).
BATCHES = {"one_hidden": 600, "two_hidden": 150, "lenet5": 150, "dense": 10}
OURS = {"one_hidden": 3000, "two_hidden": 600, "lenet5": 400, "dense": 600}
QUICK = {"one_hidden": 300, "two_hidden": 50, "lenet5": 60, "dense": 6}
QUICK_OURS = {"one_hidden": 1500, "two_hidden": 200, "lenet5": 200, "dense": 150}


def main() -> None:
    """Measure what is asked for and write it."""
    args = arguments()
    batches, ours = (QUICK, QUICK_OURS) if args.quick else (BATCHES, OURS)
    results = {
        "machine": describe_machine("cpu"),
        "quick": args.quick,
        "batches": batches,
        "batches_of_ours": ours,
        "epochs": report_epochs(),
        "networks": {},
        "scale": {},
    }
    args.to.mkdir(parents=True, exist_ok=True)
    for name in args.networks:  # written as it grows: a long run may be cut short
        for found in network(Task(name, batches[name]), Task(name, ours[name]), args):
            results["networks"][name] = found
            write(results, args.to)
    if not args.quick:
        results["scale"] = growth.measure()
        write(results, args.to)
    if args.to == RESULTS:
        show.into_page(results)
    print(show.table(results))


def write(results: dict, folder: Path) -> None:
    """Write results.json, and what is made from it."""
    text = json.dumps(results, indent=1) + "\n"
    (folder / "results.json").write_text(text, encoding="utf-8")
    show.write(results, folder)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer batches, no scale")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--networks", nargs="+", default=list(TITLES), choices=TITLES)
    parser.add_argument(
        "--contenders", nargs="+", default=list(CONTENDERS), choices=CONTENDERS
    )
    parser.add_argument("--to", type=Path, help="folder of results")
    args = parser.parse_args()
    if "ours" not in args.contenders:
        parser.error("--contenders: ours is what the others are compared with")
    args.to = args.to or (RESULTS / "quick" if args.quick else RESULTS)
    return args


def network(task: Task, ours: Task, args: argparse.Namespace) -> Iterator[dict]:
    """Measure one network; give, after each turn, all that was measured so far."""
    print(f"{TITLES[task.network]}: {task.batches} batches", flush=True)
    tasks = {name: ours if name == "ours" else task for name in args.contenders}
    fixed = {
        "work": floors.work(task),
        "epoch_batches": epoch_batches(task.network),
        "distances": same.distances(Task(task.network, min(10, task.batches))),
    }
    for found in interleaved(tasks, args.repeats):
        yield found | fixed


if __name__ == "__main__":
    main()
