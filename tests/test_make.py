"""make.py: what a new clone, an old Python and a lack of tools or network give.

The stubs stand for `venv` and for the programs that a real one would hold.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest

import make
from helpers import paths

ROOT = paths.PACKAGE.parent
needs_sh = pytest.mark.skipif(not shutil.which("sh"), reason="the stubs are of sh")
VENV = """
import os, pathlib, sys, time
if __name__ == "__main__":
    time.sleep(1)
    folder = pathlib.Path(sys.argv[-1])
    (folder / "bin").mkdir(parents=True)
    for name in ("python", "informe", "pip-audit"):
        (folder / "bin" / name).write_text(os.environ[name])
        (folder / "bin" / name).chmod(0o755)
    print("venv", file=open("log", "a"))
"""
PROGRAMS = {
    "python": """#!/bin/sh
case "$*" in
  *requirements.lock*) sleep 1; echo packages >> log;;
  *pip-audit*) exit $FETCHED;;
esac""",
    "informe": '#!/bin/sh\necho made "$@"',
    "pip-audit": "#!/bin/sh",
}


@pytest.fixture
def clone(tmp_path):
    """A clone with make.py and stubs; a function that starts it."""
    for name in ("make.py", "Makefile"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    (tmp_path / "stubs").mkdir()
    (tmp_path / "stubs/venv.py").write_text(VENV)

    def start(*words, **more):
        return subprocess.Popen(
            [sys.executable, "make.py", *words],
            cwd=tmp_path,
            env=os.environ | PROGRAMS | {"PYTHONPATH": str(tmp_path / "stubs")} | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    return start


@needs_sh
def test_two_that_run_at_once_in_a_new_clone_set_it_up_once(clone, tmp_path):
    words = ["report", "PROFILE=quick", "ARGS=--author 'A B'"]
    both = [clone(*words) for _ in range(2)]
    told = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all("made build --profile quick --author A B\n" in each for each in told)
    assert (tmp_path / "log").read_text().split() == ["venv", "packages"]


@needs_sh
def test_what_has_changed_is_set_up_again(clone, tmp_path):
    clone("doctor").communicate()
    (tmp_path / ".venv/.packages").unlink()  # as if it had been interrupted
    shutil.rmtree(tmp_path / ".venv/bin")
    clone("doctor").communicate()
    assert (tmp_path / "log").read_text().split() == ["venv", "packages"] * 2


@needs_sh
@pytest.mark.parametrize(
    ("fetched", "auditor", "status", "words"),
    [
        ("0", "exit 0", 0, ""),
        ("0", 'echo PYSEC-1 > "$found"; exit 1', 1, "PYSEC-1"),
        ("0", "exit 1", 1, "make: no se auditó nada"),
        ("1", "exit 0", 1, "make: no se pudo obtener pip-audit; ¿hay red?"),
    ],
)
def test_an_audit_tells_what_is_found_from_what_was_not_asked(
    clone, tmp_path, fetched, auditor, status, words
):
    programs = {"pip-audit": f"#!/bin/sh\nfor found; do :; done\n{auditor}"}
    (tmp_path / "elsewhere").mkdir()
    place = {"TMPDIR": str(tmp_path / "elsewhere")}
    process = clone("audit", FETCHED=fetched, **programs, **place)
    told = "".join(process.communicate())
    assert process.returncode == status, told
    assert words in told and "Traceback" not in told
    assert not list((tmp_path / "elsewhere").iterdir())


def told_by_main(*words) -> str:
    with pytest.raises(SystemExit) as ended:
        make.main(words)
    return str(ended.value)


def test_what_python_lacks_is_told(monkeypatch, tmp_path):
    for name in ("VENV", "ROOT"):
        monkeypatch.setattr(make, name, tmp_path / name)
    (tmp_path / "ROOT").mkdir()
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    assert "apt install python3-venv" in told_by_main("report")
    monkeypatch.setattr(make.sys, "version_info", (3, 10, 4))
    assert "hace falta Python 3.11 o posterior, y este es 3.10" in told_by_main(
        "report"
    )
    assert not (tmp_path / "VENV").exists()


def test_the_makefile_only_calls_it(capsys):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = re.search(r"^TARGETS := (.*)$", makefile, re.M)[1].split()
    assert named == list(make.TARGETS)
    assert "make: no existe todo; hay: report" in told_by_main("todo")
    make.main([])
    told = capsys.readouterr().out
    assert all(f"    {name} " in told for name in named)


@pytest.mark.parametrize(
    ("system", "words", "read"),
    [
        (
            "linux",
            r"--title 'A B' --output a\ b",
            ["--title", "A B", "--output", "a b"],
        ),
        ("win32", r'--output "C:\a b\c.pdf" #', ["--output", r"C:\a b\c.pdf", "#"]),
    ],
)
def test_the_words_of_args(monkeypatch, system, words, read):
    monkeypatch.setattr(make.sys, "platform", system)
    monkeypatch.setenv("ARGS", words)
    assert make.arguments() == read
