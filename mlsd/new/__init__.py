"""`mlsd new`: a lesson, a case study or an exercise as a skeleton, red until it is filled."""

import typer

from mlsd.new.case import new_case
from mlsd.new.exercise import new_exercise
from mlsd.new.lesson import lesson

new = typer.Typer(no_args_is_help=True, help="Write a skeleton that its tests refuse until it is filled.")
new.command("case")(new_case)
new.command("lesson")(lesson)
new.command("exercise")(new_exercise)
