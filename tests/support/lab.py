"""A real JupyterLab in a headless browser, for the tests that a person would do."""

import importlib.util
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest

from helpers import paths

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NEEDED = [  # marks of a module whose tests need a browser
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no chromium: apt install chromium"),
    pytest.mark.skipif(
        importlib.util.find_spec("playwright") is None,
        reason="no playwright: make test-browser installs it",
    ),
]
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--force-prefers-reduced-motion"),
)
SETTINGS = {  # no question about news, nothing asked of the network
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false", "checkForUpdates": False
    },
}  # fmt: skip


@contextmanager
def server(folder, own, home=None):
    """Run JupyterLab over `folder` on a free port; give its address with the token.

    `own` is a folder for its log and settings. The runs are those of `home` or, without
    one, those of `own`, with the sample of the data.
    """
    settings = own / "lab-settings"
    for name, content in SETTINGS.items():
        path = settings / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
    port, token = free_port(), secrets.token_hex(16)
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"),
        *(f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}"),
        "--ServerApp.port_retries=0",
    ]
    small = {} if home else {"DATA": "sample"}
    env = (
        os.environ
        | small
        | {
            "INFORME_HOME": str(home or own),
            "JUPYTERLAB_SETTINGS_DIR": str(settings),
            "JUPYTERLAB_WORKSPACES_DIR": str(own / "lab-workspaces"),
            "JUPYTER_CONFIG_DIR": str(own / "jupyter-config"),
        }
    )
    log = (own / "lab.log").open("w")
    process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        wait_for(f"http://127.0.0.1:{port}/api/status?token={token}", process)
        yield lambda path: f"http://127.0.0.1:{port}/lab/tree/{path}?token={token}"
    finally:
        process.terminate()
        process.wait()
        log.close()


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(address: str, process, seconds: float = 60) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, "JupyterLab ended; see lab.log"
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"nothing answers at {address}")


@contextmanager
def browser():
    """Headless Chromium, as Debian packages it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield chromium
        finally:
            chromium.close()


def run_all(page) -> None:
    """Run all cells by the menu, as a person does, and wait until the kernel rests."""
    page.locator(".jp-Notebook").wait_for(timeout=60_000)
    page.get_by_text("Python 3", exact=False).first.wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


def notebook(folder):
    """A copy of the notebook, which a person may change."""
    shutil.copy(paths.notebooks() / "explorar.ipynb", folder)
    return "explorar.ipynb"
