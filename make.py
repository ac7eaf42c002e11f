"""Prepara este proyecto y ejecuta sus órdenes en Linux, macOS y Windows.

    python3 make.py report [PROFILE=quick|default|thorough] [DATA=full|sample]
                           [ARGS="--author ..."]

En Windows, `py make.py report`. Las órdenes:
"""

# The standard library alone, and no syntax that an old Python could not read: what is
# told to a person without the right Python is told from here.
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if sys.platform == "win32" else "bin")
LOCK = ROOT / "requirements.lock"
PROJECT = ROOT / "pyproject.toml"
# torch is named here because a newer one may bring gigabytes of CUDA libraries.
TORCH = ("torch==2.13.0", "torchvision==0.28.0")
# Errors are still shown.
PIP = ("-m", "pip", "install", "--quiet", "--quiet", "--disable-pip-version-check")
# A module's tests stay together: what they share is made once.
ALL_CORES = ("-n", "auto", "--dist", "loadfile")
PLATFORMS = ("linux", "darwin", "win32")


class Fault(Exception):
    """What stops a target; the message says why, and the cure."""


def report():
    """el informe, desde cero: .venv, datos, cuadernos, report/informe.pdf"""
    set_up()
    profile = os.environ.get("PROFILE") or "default"
    run(BIN / "informe", "build", "--profile", profile, *arguments())


def test():
    """lo que todo cambio debe pasar"""
    set_up()
    run(BIN / "python", "-m", "pytest", *ALL_CORES, "-m", "not slow", *arguments())


def test_all():
    """también las pruebas lentas"""
    set_up()
    run(BIN / "python", "-m", "pytest", *ALL_CORES, *arguments())


def test_browser():
    """explorar.ipynb en un navegador de verdad (apt install chromium)"""
    set_up("browser")
    run(BIN / "python", "-m", "pytest", "-m", "browser", *arguments())


def lab():
    """JupyterLab, solo para esta máquina (ARGS=--no-browser: solo su dirección)"""
    set_up()
    copy = ROOT / "report" / "explorar.ipynb"  # to be changed; git tracks the original
    if not copy.exists():
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(str(ROOT / "notebooks" / copy.name), str(copy))
    root = sys.platform != "win32" and os.getuid() == 0
    run(
        *(BIN / "jupyter", "lab", "--ServerApp.ip=127.0.0.1"),
        f"--ServerApp.root_dir={ROOT}",
        "--LabApp.default_url=/lab/tree/report/explorar.ipynb",
        *(["--allow-root"] if root else []),
        *arguments(),
    )


def bench():
    """tiempos de entrenamiento junto a los de otras bibliotecas (ARGS=--quick)"""
    set_up("bench")
    run(BIN / "python", "-m", "benchmarks", *arguments())


def doctor():
    """qué tiene esta máquina, qué le falta y cómo obtenerlo"""
    set_up()
    run(BIN / "informe", "doctor")


def lint():
    """ruff, y los tipos como son en Linux, macOS y Windows"""
    set_up()
    run(BIN / "ruff", "check")
    for name in PLATFORMS:
        run(BIN / "python", "-m", "mypy", "--platform", name)


def audit():
    """vulnerabilidades conocidas de las versiones exactas (pregunta a la red)"""
    # The auditor has an environment of its own, so that it does not audit itself.
    with new_environment() as (folder, tools):
        try:
            run(tools / "python", *PIP, "pip-audit")
        except SystemExit:
            raise Fault("no se pudo obtener pip-audit; ¿hay red?") from None
        found = folder / "found"
        options = ("--no-deps", "--disable-pip", "--output", found)
        try:
            run(tools / "pip-audit", "--strict", "--requirement", LOCK, *options)
        except SystemExit:
            if found.exists() and found.stat().st_size:
                print(found.read_text("utf-8"))
                raise
            raise Fault(
                "no se auditó nada: la base de vulnerabilidades no respondió por todos "
                "los paquetes (véase arriba); repítalo con una red que llegue a ella"
            ) from None


def lock():
    """otra vez las versiones exactas, en requirements.lock"""
    # Use the oldest Python that must work, since new versions of some packages need a
    # newer one. The project, the suffix of torch's build (+cpu) and the CUDA libraries
    # are left out; torch requires these itself where they are needed.
    with new_environment() as (_, tools):
        run(tools / "python", *PIP, *TORCH, "--editable", ".[dev]")
        command = [tools / "python", "-m", "pip", "freeze", "--exclude-editable"]
        frozen = subprocess.check_output(command, encoding="utf-8").splitlines()
        pins = [line.partition("+")[0] for line in frozen]
        kept = [p for p in pins if not p.startswith(("nvidia", "cuda", "triton"))]
        lines = LOCK.read_text("utf-8").splitlines()
        comments = [line for line in lines if line[:1] in ("", "#")]
        LOCK.write_text("\n".join([*comments, *kept, ""]), "utf-8")


def clean():
    """borra .venv y lo que las herramientas guardan"""
    names = [".venv", "build", ".pytest_cache", ".ruff_cache", ".mypy_cache"]
    names += [".hypothesis", "*.egg-info"]
    for place in [p for name in names for p in ROOT.glob(name)]:
        shutil.rmtree(str(place))
    for place in list(ROOT.rglob("__pycache__")):
        shutil.rmtree(str(place), ignore_errors=True)


TARGETS = {
    one.__name__.replace("_", "-"): one
    for one in (
        *(report, test, test_all, test_browser, lab, bench),
        *(doctor, lint, audit, lock, clean),
    )
}


def set_up(extra=""):
    """Have in .venv the exact packages, this project and what `extra` needs.

    Stamps are written last, so that an interrupted set-up is done again from nothing.
    """
    with alone():
        if not is_newer(VENV / ".packages", LOCK):
            make_environment(VENV)
            print(
                "Instalo los paquetes de requirements.lock: unos minutos y 3 GB de "
                "disco, o 6 si torch trae las bibliotecas de CUDA.",
                flush=True,
            )
            run(BIN / "python", *PIP, "-r", LOCK)
            (VENV / ".packages").touch()
        if not is_newer(VENV / ".ready", VENV / ".packages", PROJECT):
            run(BIN / "python", *PIP, "--no-deps", "--editable", ".")
            (VENV / ".ready").touch()
        if extra and not is_newer(VENV / ("." + extra), PROJECT):
            # what requirements.lock pins is not changed
            run(BIN / "python", *PIP, "-c", LOCK, "--editable", ".[" + extra + "]")
            (VENV / ("." + extra)).touch()


@contextmanager
def alone():
    """If two run at once in one clone, the second waits for the first one's set-up."""
    with open(str(ROOT / ".venv.lock"), "a") as file:
        if sys.platform == "win32":
            import msvcrt

            while True:
                try:
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    break
                except OSError:  # after ten seconds
                    continue
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def new_environment():
    """A new environment elsewhere, and the folder of its programs."""
    with tempfile.TemporaryDirectory() as folder:
        make_environment(Path(folder) / "venv")
        yield Path(folder), Path(folder) / "venv" / BIN.name


def make_environment(folder):
    """Make an empty environment in place of what is there."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise Fault(
            "a este Python le falta venv; en Debian: apt install python3-venv"
        ) from None
    # not the environment's own Python, which would remove itself
    python = getattr(sys, "_base_executable", None) or sys.executable
    run(python, "-m", "venv", "--clear", folder)


def is_newer(stamp, *sources):
    """Whether a stamp is there and no source has changed since."""
    return stamp.exists() and all(
        stamp.stat().st_mtime_ns >= source.stat().st_mtime_ns for source in sources
    )


def arguments():
    """The words of ARGS, as a shell reads them; on Windows a backslash is a letter."""
    words = shlex.shlex(os.environ.get("ARGS", ""), posix=True)
    words.whitespace_split, words.commenters = True, ""
    if sys.platform == "win32":
        words.escape = ""
    return list(words)


def run(*command):
    """Run a program in the project's folder; end with its status if it fails."""
    words = [str(word) for word in command]
    with subprocess.Popen(words, cwd=str(ROOT)) as process:
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        while True:
            try:
                status = process.wait()
                break
            except KeyboardInterrupt:  # it got it too, and says what there is to say
                continue
    if status:
        sys.exit(status)


def main(words):
    """Do what the words ask for; give the exit status."""
    names = [word for word in words if "=" not in word]
    os.environ.update(word.split("=", 1) for word in words if "=" in word)
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever has an older one sees it
        version = ".".join(map(str, sys.version_info[:2]))
        sys.exit("make: hace falta Python 3.11 o posterior, y este es " + version)
    if not names or names == ["--list"]:
        print(__doc__)
        for name, target in TARGETS.items():
            print(f"    {name:<14}{target.__doc__}")
        return
    for name in names:
        if name not in TARGETS:
            sys.exit(f"make: no existe {name}; hay: {', '.join(TARGETS)}")
    try:
        for name in names:
            TARGETS[name]()
    except Fault as fault:
        sys.exit("make: " + str(fault))


if __name__ == "__main__":
    main(sys.argv[1:])
