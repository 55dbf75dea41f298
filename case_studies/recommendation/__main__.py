"""`python -m case_studies.recommendation`: see `cli`."""

from case_studies.recommendation.cli import main

if __name__ == "__main__":
    main()
