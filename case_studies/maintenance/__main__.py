"""`python -m case_studies.maintenance`: see `cli`."""

from case_studies.maintenance.cli import main

if __name__ == "__main__":
    main()
