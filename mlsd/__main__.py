"""`python -m mlsd`, for who has no `mlsd` on the path."""

from mlsd.cli import main

main()
