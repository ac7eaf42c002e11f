"""Nothing that is read or typed can run code, nor read what it may not."""

import ast
import base64
import builtins
import inspect
import json
import os
import socket
import struct
import zlib
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from papermill.translators import PythonTranslator
from PIL import Image

import make
from helpers import paths
from helpers.runs import Plan, store, train
from helpers.runs.plan import questions
from helpers.runs.run import FILES, verified
from helpers.training import Recipe
from informe.cli import build
from informe.cli.main import main
from informe.document import markdown
from informe.document.exporter import InformeExporter
from informe.errors import ReportError
from informe.execution.processes import Execution
from informe.sweeps import work
from tests.support.harms import PICKLE
from tests.support.notebooks import write
from tests.test_exporter import pages

MODULES = sorted(
    path
    for house in ("helpers", "informe")
    for path in (paths.PACKAGE.parent / house).rglob("*.py")
)
UNPICKLERS = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "yaml"}
EVALUATORS = {"eval", "exec", "compile", "__import__"}
ATTACKS = [
    "'; open('harmed', 'w'); '",
    '"; open("harmed", "w"); "',
    "'''\nopen('harmed', 'w')\n'''",
    '"""\nopen("harmed", "w")\n"""',
    "\nopen('harmed', 'w')\n",
    "\\'; open('harmed', 'w') #",
    "\r\u2028open('harmed', 'w')",
    "__import__('os').system('touch harmed')",
    "{open('harmed', 'w')}",
    "$(touch harmed)",
    "%%bash\ntouch harmed",
    "!touch harmed",
]


def calls(module: Path):
    """Names of what a module calls, as `torch.load`, with the keywords given."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield (
                ast.unparse(node.func),
                {word.arg: word.value for word in node.keywords},
            )


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.name))
def test_no_module_reads_pickles_or_evaluates_text(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = [a.name for a in getattr(node, "names", []) if hasattr(a, "name")]
        names.append(getattr(node, "module", None) or "")
        used = UNPICKLERS & {name.partition(".")[0] for name in names}
        # what goes to processes of our own, which read nothing else
        assert used <= ({"cloudpickle"} if module.name == "workers.py" else set())
    for name, words in calls(module):
        assert name not in {"torch.load", "np.loads", "pd.read_pickle", "os.system"}
        assert name not in EVALUATORS & set(dir(builtins))
        if name.endswith(("np.load", "numpy.load")):
            assert ast.literal_eval(words["allow_pickle"]) is False
        assert "shell" not in words


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """A notebook that was given every attack as a value; it keeps what it got."""
    folder = tmp_path_factory.mktemp("attacked")
    names = [f"text_{n}" for n in range(len(ATTACKS))]
    cell = "\n".join(f"{name}: str = ''" for name in names)
    keep = f"import json\njson.dump([{', '.join(names)}], open('got', 'w'))"
    cells = [nbformat.v4.new_code_cell(source) for source in (cell, keep)]
    cells[0].metadata.tags = ["parameters"]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "a.ipynb")
    values = dict(zip(names, ATTACKS, strict=True))
    job = Execution(folder / "a.ipynb", folder / "out.ipynb", values)
    build.execute([job], folder / "x.pdf")
    return folder


def test_parameters_come_as_literals_and_run_nothing(attacked):
    assert json.loads((attacked / "got").read_text()) == ATTACKS
    assert not (attacked / "harmed").exists()


@given(st.text() | st.floats() | st.integers() | st.lists(st.text()))
def test_papermill_writes_any_value_as_a_literal(value):
    text = PythonTranslator.translate(value)
    tree = ast.parse(text, mode="eval")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):  # float('nan') and its like
            assert ast.unparse(node.func) == "float"
            assert all(isinstance(word, ast.Constant) for word in node.args)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("command", ["build", "sweep"])
def test_the_command_refuses_what_is_no_value(home, monkeypatch, attack, command):
    monkeypatch.chdir(home)
    source = write(home, "a")
    for given_ in (["-p", "data", attack], ["-p", attack, "1"]):
        result = CliRunner().invoke(main, [command, str(source), *given_])
        assert result.exit_code == 2, result.output
    assert not (home / "harmed").exists()


def test_a_notebook_checks_what_a_bare_papermill_gives(home):
    source = write(home, "a", "open('trained', 'w')")
    task = work.Task(str(source), source.read_text(), {"data": ATTACKS[0]}, work.code())
    cause = work.run_notebook(task)["cause"]
    assert "ParameterError" in cause and "debe ser uno de" in cause
    assert not (home / "harmed").exists() and not (home / "trained").exists()


def test_pickles_in_place_of_all_stored_files_are_never_read(home, mnist, monkeypatch):
    monkeypatch.chdir(home)
    plan = Plan("one_hidden", Recipe(epochs=1))
    job = questions(mnist, plan, "cpu")[0]
    folder = home / "runs" / job.key
    for path in (folder, store.part_of(job.key)):
        path.mkdir(parents=True)
    for name in FILES:
        (folder / name).write_bytes(PICKLE)
    store.checkpoint(job.key).path.write_bytes(PICKLE)
    run = train(mnist, {"a": plan}, device="cpu")["a"][0]
    assert verified(run.folder) == run
    assert not os.path.exists("unpickled")


def test_jupyter_listens_on_this_machine_only_and_asks_for_its_token():
    started = inspect.getsource(make.lab)
    assert "--ServerApp.ip=127.0.0.1" in started
    assert "token" not in started and "password" not in started


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.name))
def test_no_module_listens(module):
    listening = {"listen", "bind", "create_server", "serve_forever", "HTTPServer"}
    called = {name.rpartition(".")[2] for name, _ in calls(module)}
    assert not called & listening


# --- A stranger's notebook becomes a document ---------------------------------

SECRET = "vocablo-secreto"
RAW = [
    '#read("secreto.txt")',
    '```{=typst}\n#read("secreto.txt")\n```',
    '`#read("secreto.txt")`{=typst}',
    "$\\input{secreto.txt}$ \\input{secreto.txt}",
    '$\\text{#read("secreto.txt")}$ $x#read("secreto.txt")$',
    '<iframe src="secreto.txt"></iframe> <iframe src="file:secreto.txt"></iframe>',
    '<object data="secreto.txt"></object> <embed src="secreto.txt">',
    '<span id=\'x> #read("secreto.txt") <y\' data-label="a>#read(1)" '
    'data-id_="b> #read(2)" data-own="c">$x$</span>',
    '<img src="a.svg" width=\'1pt, #read("secreto.txt")\'>',
    '# A <!-- #b --> {#c> #read("secreto.txt")}',
    "/* */ // \\u{41} @b <b>",
    "\ue0040.1\ue005\ue0020\ue003\ue0000\ue001\ue0101\ue011",
    "&#xe002;1&#xe003; &#xe000;0&#xe001; &#xe010;9&#xe011;",
    '<script type="math/tex">\\label{x> #read("secreto.txt") <y}z</script>',
]


def document(folder, *cells, name="a"):
    """The PDF's text, the files inside and the faults of a stranger's notebook."""
    cells = [new_markdown_cell(c) if isinstance(c, str) else c for c in cells]
    resources = {"metadata": {"name": name, "path": str(folder)}}
    exporter = InformeExporter()
    node = nbformat.v4.new_notebook(cells=cells)
    _, pieces, _ = exporter.typst(node, resources)
    pdf, _ = exporter.from_notebook_node(node, resources)
    return " ".join(pages(pdf)), pieces.files, "\n".join(pieces.faults)


def test_our_tokens_written_as_references_are_text():
    cell = '<img src="no.png" alt="ROTO"><pre>&#xe002;1&#57347;</pre>'
    node = nbformat.v4.new_notebook(cells=[new_markdown_cell(cell)])
    source = InformeExporter().typst(node)[0]
    assert '#listado("&#xe002;1&#57347;", lang: none)' in source


@pytest.fixture
def desk(tmp_path):
    """A student's folder beside a teacher's, with a text and pictures to steal."""
    for folder in ("student", "teacher"):
        (tmp_path / folder).mkdir()
        Image.new("1", (3, 2)).save(tmp_path / folder / "s.png")
        (tmp_path / folder / "secreto.txt").write_text(SECRET)
    (tmp_path / "student" / "link.png").symlink_to(tmp_path / "teacher" / "s.png")
    (tmp_path / "student" / "out").symlink_to(tmp_path / "teacher")
    return tmp_path / "student"


def test_pictures_come_from_the_notebook_s_folder_and_below(desk):
    teacher = desk.parent / "teacher" / "s.png"
    sources = ["../teacher/s.png", "link.png", "out/s.png", "%2e%2e/teacher/s.png"]
    sources += [str(teacher), f"file://{teacher}", f"file:{teacher}"]
    for src in sources:
        page = new_output("display_data", {"text/html": f"<img src='{src}'>"})
        cells = f"![]({src})", f'<img src="{src}">', new_code_cell("1", outputs=[page])
        _, files, faults = document(desk, *cells)
        assert files == {} and all(f"cell {n}" in faults for n in (1, 2, 3)), src
    (desk / "below").mkdir()
    os.rename(desk / "s.png", desk / "below" / "s.png")
    _, files, faults = document(desk, "![](below/s.png) ![](./below/../below/s.png)")
    assert len(files) == 2 and faults == ""


@pytest.mark.parametrize("source", RAW)
def test_no_markup_reads_a_file_or_runs(desk, monkeypatch, source):
    monkeypatch.chdir(desk)
    output = new_output("display_data", {"text/html": source, "text/latex": source})
    text, _, _ = document(desk, source, new_code_cell("1", outputs=[output]), "Fin")
    assert SECRET not in text and "Fin" in text


def test_an_svg_reads_nothing(desk):
    for address in (
        "secreto.txt",
        "s.png",
        "/etc/hostname",
        "http://localhost:1/a.png",
    ):
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image \
            href="{address}" width="9" height="9"/></svg>'
        output = new_output("display_data", {"image/svg+xml": svg})
        _, files, faults = document(desk, new_code_cell("1", outputs=[output]))
        assert address.encode() not in b"".join(files.values())
        assert "a, cell 1: a picture from elsewhere" in faults


def test_nothing_is_fetched(desk):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/a.png"
        markup = f'<img src="{url}"><iframe src="{url}"></iframe><link href="{url}">'
        output = new_output("display_data", {"text/html": markup})
        document(desk, f"![]({url}) {markup}", new_code_cell("1", outputs=[output]))
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


def huge_png(side: int) -> str:
    """A picture that says it has ``side`` pixels a side, in a few bytes, in base 64."""

    def chunk(kind, content):
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + header + data).decode()


def test_limits_are_said_in_clear_words(desk):
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><image href="data:image/png;base64,'
    outputs = [
        new_output("display_data", {"image/png": huge_png(32_000)}),
        new_output(
            "display_data", {"image/svg+xml": svg + huge_png(32_000) + '"/></svg>'}
        ),
        new_output("stream", text="abc " * 25_000_000),
        new_output("display_data", {"text/html": "<p>abc</p>" * 10_000_000}),
    ]
    cells = [new_code_cell("1", outputs=[output]) for output in outputs]
    text, files, faults = document(desk, *cells, "Fin")
    assert files == {} and "Fin" in text and "faltan 99 800 000 caracteres" in text
    assert faults.count("more than 89,478,485 pixels; make it smaller") == 2
    assert faults.count("of 100,000,000 characters; 99,800,000 are left out") == 2


def test_a_few_letters_that_ask_for_much_get_little(desk, monkeypatch):
    table = "<table><tr><td colspan=99999999>uno</td></tr><tr><td>2<td>3</table>"
    text, _, faults = document(desk, table, "&amp;" * 20_000)
    assert "uno 2 3" in " ".join(text.split()) and not faults
    ten = [rf"\def\{b}{{" + 10 * rf"\{a}" + "}" for a, b in pairwise("abcdefghi")]
    monkeypatch.setattr(markdown, "PATIENCE", 1)
    with pytest.raises(ReportError, match=r"pandoc cannot convert .* too long"):
        document(desk, r"$\def\a{0123456789}" + "".join(ten) + r"\i$")


@pytest.mark.parametrize(
    "name", ['a "b" #c', "*a* _b_ $c$ <i>", "\\n #[d] `e` @f // g"]
)
def test_names_come_out_as_typed(desk, name):
    text, _, faults = document(
        desk, "Hola", f"![]({name.replace(' ', '%20')}.png)", name=name
    )
    assert text.startswith(name)
    assert f"{name}, cell 2: there is no image" in faults
