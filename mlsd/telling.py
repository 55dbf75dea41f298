"""What commands print of names, notes and reasons that others wrote."""

import typer

from notebook_runner.visible import visible


def tell(text: object, err: bool = False) -> None:
    """Print a line, with what could steer a terminal written out."""
    typer.echo(visible(str(text)), err=err)
