"""A JupyterHub for a class on one machine: every user is a user of the machine, and work passes through an exchange.

    npm install --prefix deploy/jupyterhub --no-package-lock
    export MLSD_EDITION=/srv/mlsd/edition MLSD_EXCHANGE=/srv/mlsd/exchange
    jupyterhub --config deploy/jupyterhub/jupyterhub_config.py

`MLSD_EDITION` is the folder of the student edition. Every user's JupyterLab runs in its environment (`make lab`, then
`.venv/bin/pip install jupyterhub`) and reads nbgrader's configuration there: the course itself is closed to students.
`MLSD_EXCHANGE` is where nbgrader passes on assignments, submissions and feedback. People log in with their password on
this machine. INSTRUCTORS.md says the rest.
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821 (given by traitlets)
here = Path(__file__).resolve().parent
edition = Path(os.environ.get("MLSD_EDITION", "/srv/mlsd/edition"))
exchange = Path(os.environ.get("MLSD_EXCHANGE", "/srv/mlsd/exchange"))
environment = edition / ".venv" / "bin"
everyone = edition / "deploy" / "jupyterhub" / "everyone"
proxy = here / "node_modules" / ".bin" / "configurable-http-proxy"
for needed, made_by in {
    environment / "jupyterhub-singleuser": f"in {edition}: make lab, then .venv/bin/pip install jupyterhub",
    everyone / "nbgrader_config.py": f"mlsd release --to {edition}, from this version of the course",
    proxy: f"npm install --prefix {here} --no-package-lock",
}.items():
    if not needed.exists():
        sys.exit(f"There is no {needed}. To make it: {made_by}")
# Everybody may put something in, nobody sees another's work: nbgrader makes the folders below it so. Nobody renames the
# course's folder and puts another in its place: that is the sticky bit.
exchange.mkdir(parents=True, exist_ok=True)
exchange.chmod(0o1777)

# One origin a user: what a student's page runs does not reach the hub, nor an instructor who looks at it.
c.JupyterHub.subdomain_host = os.environ.get("MLSD_HUB_HOST", "")
c.ConfigurableHTTPProxy.command = [str(proxy)]
c.Authenticator.allow_all = True  # whoever has a password on this machine; name them in allowed_users to be stricter
c.Spawner.cmd = [str(environment / "jupyterhub-singleuser")]
c.Spawner.default_url = "/lab"
c.Spawner.environment = {
    "JUPYTER_CONFIG_PATH": str(everyone),
    "MLSD_EXCHANGE": str(exchange),
    "PATH": os.pathsep.join([str(environment), os.environ.get("PATH", os.defpath)]),
}
# A class begins at the same minute; a first start imports much.
c.Spawner.start_timeout = 180
c.Spawner.http_timeout = 120
