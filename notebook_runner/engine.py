"""papermill's engine for the runner: the same execution, watched cell by cell and looked over before the kernel ends.

Heavy: imported only in a worker process.
"""

import math
import os
from collections.abc import Callable
from typing import Any

from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook
from papermill.utils import merge_kwargs, remove_args
from traitlets.config import Config

from notebook_runner import process_tree

NAME = "mlsd"
WATCH = "__import__('mlsd_kernel_watch')"
LONGEST_NAME = 100
"""Bytes of a name on which a process can listen (sun_path holds 108), less the number that a kernel adds."""


class Client(PapermillNotebookClient):
    """Executes as papermill does, then asks the kernel for loose ends and counts the processes that are left."""

    run: "Run"

    def papermill_execute_cells(self) -> None:
        """All cells in order, and the last look before the kernel is ended."""
        self.run.watch.kernel = self.km.provisioner.pid
        self.run.routes_before = self.run.refused_routes()
        super().papermill_execute_cells()
        self.run.watch.limit_s = math.inf  # what follows has its own patience
        if not any(cell.metadata.papermill["exception"] for cell in self.nb.cells):
            self._ask(f"{WATCH}.loose_ends()")
            self.run.left = process_tree.leftovers(self.run.watch.kernel)
        self.run.watch.sample()  # the kernel's highest mark, before it is gone

    def _ask(self, code: str) -> None:
        content = self.wait_for_reply(self.kc.execute(code, silent=True, store_history=False))["content"]
        if content["status"] != "ok":
            raise RuntimeError(f"The runner's own {code} failed: {content.get('ename')}: {content.get('evalue')}")


def _address() -> dict[str, str]:
    """Where the kernel listens: on files in the run's own folder.

    A port that was free when it was chosen may be another process's when the kernel binds it, and then the kernel dies
    before it replies. Windows has no such files, and a file's name has a longest length; an address is named then
    because asking for one looks the host's name up.
    """
    files = os.path.join(os.environ["JUPYTER_RUNTIME_DIR"], "kernel")
    if os.name == "nt" or len(os.fsencode(files)) > LONGEST_NAME:
        return {"ip": "127.0.0.1"}
    return {"transport": "ipc", "ip": files}


class Engine(NBClientEngine):
    """Registered under the name "mlsd"; the run that it belongs to comes as the option `run`."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, run: "Run", **kwargs: Any) -> Any:
        """Execute the managed notebook with `Client`; papermill's own options are passed on."""
        run.nb = nb_man.nb
        options = remove_args(["input_path", "start_timeout", "log_output", "stdout_file", "stderr_file"], **kwargs)
        client = Client(
            nb_man,
            **merge_kwargs(
                options,
                kernel_name=kernel_name,
                shutdown_kernel="immediate",
                shell_timeout_interval=1,
                startup_timeout=kwargs.get("start_timeout", 60),
                on_cell_execute=run.cell_begins,
                on_cell_executed=run.cell_ends,
                extra_arguments=[f"--IPKernelApp.exec_lines={WATCH}.install()"],
                config=Config({"KernelManager": _address()}),
            ),
        )
        client.run = run
        return client.execute()


class Run:
    """One execution and what was seen of it.

    `nb` is the executed notebook, `left` the command lines of processes left behind, `dead` True if the kernel died,
    `cell_id` the cell that began last, `route_cell` the first cell after which `refused_routes` had grown; it counts
    packets without a route.
    """

    def __init__(
        self, watch: process_tree.Watch, tell: Callable[[int, int, str], None], refused_routes: Callable[[], int]
    ) -> None:
        self.watch, self.tell, self.refused_routes = watch, tell, refused_routes
        self.nb: Any = None
        self.left: list[str] = []
        self.dead, self.cell_id, self.route_cell = False, "", ""
        self.routes_before = 0

    def execute(self, path: str, folder: str, parameters: dict[str, int]) -> None:
        """Execute the notebook at `path` with `parameters` in a fresh kernel in `folder`.

        What went wrong is left in the attributes.
        """
        papermill_engines.register(NAME, Engine)
        try:
            execute_notebook(
                path, None, parameters, engine_name=NAME, kernel_name="python3", cwd=folder, progress_bar=False,
                request_save_on_cell_execute=False, run=self,
            )  # fmt: skip
        except PapermillExecutionError:
            pass  # the outputs of the cell say so
        except (DeadKernelError, RuntimeError) as error:
            if self.nb is None or not (isinstance(error, DeadKernelError) or "Kernel" in str(error)):
                raise
            self.dead = True

    def cell_begins(self, cell: Any, cell_index: int) -> None:
        """Called before each code cell."""
        self.cell_id = cell.id
        self.tell(cell_index, len(self.nb.cells), cell.id)

    def cell_ends(self, cell: Any, cell_index: int, execute_reply: Any) -> None:
        """Called after each code cell."""
        if not self.route_cell and self.routes_refused():
            self.route_cell = cell.id

    def routes_refused(self) -> int:
        """How many packets found no route since the first cell."""
        return self.refused_routes() - self.routes_before
