"""`python -m case_studies.assistant`: see `cli`."""

from case_studies.assistant.cli import main

if __name__ == "__main__":
    main()
