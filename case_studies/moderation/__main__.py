"""`python -m case_studies.moderation`: see `cli`."""

from case_studies.moderation.cli import main

if __name__ == "__main__":
    main()
