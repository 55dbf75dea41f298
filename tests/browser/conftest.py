"""One JupyterLab a folder and one Chromium for all tests in a browser, each with a home of its own and surely ended."""

import os
import re
import signal
import socket
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from mlsd.lab import lab_command, lab_environment
from tests.needs import CHROMIUM, program, skip_without
from tests.waiting import until

START_S = 90


@dataclass
class Lab:
    """A running JupyterLab: `address` without and `token` for the query; `log` holds what it wrote so far."""

    folder: Path
    process: subprocess.Popen
    address: str = ""
    token: str = ""
    log: list[str] = field(default_factory=list)

    def url(self, path: str) -> str:
        """The address of a page of this server, e.g. `lab/tree/chapters/00_start_here.ipynb` or `formgrader`."""
        return f"{self.address}/{path}?token={self.token}"

    def wait_until_it_listens(self) -> None:
        ready = threading.Event()

        def read() -> None:
            for line in self.process.stdout:
                self.log.append(line)
                if found := re.search(r"(http://127\.0\.0\.1:\d+)/lab\S*\?token=(\w+)", line):
                    self.address, self.token = found.groups()
                    ready.set()
            ready.set()

        threading.Thread(target=read, daemon=True).start()
        ready.wait(START_S)
        assert self.address, "JupyterLab did not start:\n" + "".join(self.log[-40:])
        until(self._listens, "the JupyterLab that named its address")  # it binds the port afterwards

    def _listens(self) -> bool:
        assert self.process.poll() is None, "JupyterLab ended:\n" + "".join(self.log[-40:])
        with socket.socket() as client:
            return not client.connect_ex(("127.0.0.1", int(self.address.rpartition(":")[2])))

    def end(self) -> None:
        """End the server and every process that it started, kernels too."""
        try:
            family = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            family = []
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for process in family:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                pass


def own_environment(home: Path) -> dict[str, str]:
    """This process's environment with a home, Jupyter folders and a reader's record below `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON", "XDG_"))}
    places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
    places |= {"IPYTHONDIR": "ipython", "MLSD_HOME": "record", "HOME": "home"}
    for name, place in places.items():
        (home / place).mkdir(exist_ok=True)
        kept[name] = str(home / place)
    here = str(Path(__file__).parents[2])  # the server runs the code that these tests stand beside
    return kept | lab_environment(kept) | {"PYTHONUNBUFFERED": "1", "PYTHONPATH": here}


@pytest.fixture(scope="session")
def open_lab(tmp_path_factory):
    """A function from a folder to the JupyterLab that runs on it, as `mlsd lab` would start it; one a folder."""
    running: dict[Path, Lab] = {}

    def start(folder: Path) -> Lab:
        if folder not in running:
            command = lab_command(folder, ["--no-browser", "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"])
            environment = own_environment(tmp_path_factory.mktemp("lab"))
            streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
            process = subprocess.Popen(command, cwd=folder, env=environment, text=True, **streams)
            running[folder] = Lab(folder, process)
            running[folder].wait_until_it_listens()
        return running[folder]

    try:
        yield start
    finally:
        for lab in running.values():
            lab.end()


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium driven by playwright.

    It ends with its module: playwright keeps an event loop running in this process, which other tests must not find.
    """
    skip_without("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(*CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened_page(chromium):
    """A page of 1400 by 1000 pixels with a minute of patience; closed at the end."""
    context = chromium.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(chromium):
    """A fresh page."""
    with opened_page(chromium) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_page(chromium):
    """One page for several tests of a module: to open JupyterLab takes six seconds of a processor."""
    with opened_page(chromium) as opened:
        yield opened
