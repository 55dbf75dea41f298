"""`python -m case_studies.personalization`: see `cli`."""

from case_studies.personalization.cli import main

if __name__ == "__main__":
    main()
