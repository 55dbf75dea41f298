"""The configuration in deploy/jupyterhub as it stands, with what a test needs: ports, log-in and a token."""

import os

c = get_config()  # noqa: F821 (given by traitlets)
load_subconfig("jupyterhub_config.py", path=os.environ["HUB_DEPLOY"])  # noqa: F821 (given by traitlets)
c.JupyterHub.authenticator_class = "dummy"  # the users of this test have no password on this machine
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.cookie_secret = b"0" * 32
c.JupyterHub.services = [{"name": "day", "api_token": os.environ["HUB_TOKEN"]}]
scopes = ["admin:users", "admin:servers", "access:servers"]
c.JupyterHub.load_roles = [{"name": "day", "scopes": scopes, "services": ["day"]}]
