"""`python -m case_studies.fraud`: see `cli`."""

from case_studies.fraud.cli import main

if __name__ == "__main__":
    main()
