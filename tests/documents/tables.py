"""What documents leave to a reader: what is typed for a placeholder, what is promised, what cannot be typed here."""

DOWNLOADS = "it downloads or installs programs; tests/test_setup.py makes an environment"
PROOF = "it is the proof that runs this test, or a part of it"
HUB = "it needs what npm and pip download; tests/deploy/test_jupyterhub.py starts the hub"
SERVICE = "it needs a service that is trained and runs"
NOT_TYPED = {
    "make lab": "it opens a window for good; the next command is the same without one",
    "make test*": PROOF,
    "mlsd test*": PROOF,
    "pytest *": PROOF,
    "make check": PROOF,
    "mlsd check --why": PROOF,
    "mlsd check reduce_latency": PROOF,
    "mlsd check --force PATH": PROOF,
    "mlsd bank *": PROOF,
    "make smoke": "as mlsd smoke",
    "python -m tests.repeated": PROOF,
    "mlsd smoke": "two minutes of work; tests/mlsd/test_smoke.py runs it",
    "mlsd demo *": "sixty hand-ins; its commands are typed here, and test_demo.py tries its parts",
    "make site*": DOWNLOADS,
    "mlsd site*": "it needs what `make site` downloads; tests/mlsd/test_site.py makes pages",
    "mlsd links": "it asks addresses outside",
    "conda *": DOWNLOADS,
    "apt-get *": DOWNLOADS,
    "pip install *": DOWNLOADS,
    ".venv/bin/pip install *": DOWNLOADS,
    "npm install *": DOWNLOADS,
    "jupyterhub *": HUB,
    "nbgrader release_*": "it passes on what goes through a hub's exchange; tests/deploy/hub_day.py types it",
    "export MLSD_EDITION=*": HUB,
    "mlsd release --to /srv/mlsd/edition": HUB,
    "python benchmarks/*": "it measures for minutes, on a machine that does nothing else",
    "python -m case_studies.*": "it trains for minutes; tests/case_studies types each verb on a small stream",
    "python -m lessons.*": "it trains for hours what a lesson reads",
    "mlsd monitor *": SERVICE,
    "mlsd measure *": SERVICE,
    "dask worker *": "it needs a scheduler at that address; tests/grader/grading/test_cluster.py starts a cluster",
    "mlsd grade reduce_latency --scheduler *": "as dask worker",
    "jupyter server extension enable *": "it changes the environment that runs this test; bootstrap.py types it",
}
"""Commands, with * for any text, that are not typed here, and why."""

LESSON = "chapters/01_introduction/02_compute_requirements.ipynb"
UPDATED = "cd ../edition && mlsd update ../course-2"
ANSWERED = "sed -i s/NotImplementedError/OwnError/ exercises/reduce_latency/reduce_latency.ipynb"
TYPED = {
    "mlsd submit NAME": f"{ANSWERED} && mlsd submit reduce_latency",
    "mlsd reset NAME": "mlsd reset reduce_latency",
    "mlsd submit reduce_latency": f"{ANSWERED} && mlsd submit reduce_latency",
    "mlsd update FOLDER": f"mlsd release --to ../edition && cp -r ../edition ../course-2 && {UPDATED}",
    "mlsd update ../FOLDER": UPDATED,
    "mlsd update ../course-2": UPDATED,
    "mlsd update ../course-2 --dry-run": f"{UPDATED} --dry-run",
    "mlsd simulate design.yaml --scenario flash-crowd": "mlsd simulate --example > design.yaml && "
    "mlsd simulate design.yaml --scenario flash-crowd",
    "mlsd leaks DIR": "mlsd leaks ../student-edition",
    "mlsd release --course DIR": "mlsd release --course ~/cs101",
    "mlsd collect reduce_latency FROM": "mlsd collect reduce_latency downloads/",
    "mlsd grade reduce_latency --student 'a*' --force": "mlsd grade reduce_latency --student 's001' --force",
    "mlsd marks reduce_latency --student alice": "mlsd marks reduce_latency --student s001",
    "mlsd grade NAME --stock": "mlsd grade reduce_latency --stock",
    "mlsd notebooks --fix NOTEBOOK": f"mlsd notebooks --fix {LESSON}",
    "mlsd check --seeds 10 NOTEBOOK": f"mlsd check --seeds 10 {LESSON}",
    "mlsd check --seeds 10 PATH": f"mlsd check --seeds 10 {LESSON}",
    "mlsd release NAME": "mlsd release reduce_latency",
    "mlsd regrade NAME": "mlsd regrade reduce_latency",
    "mlsd new lesson CHAPTER/NN_name": "mlsd new lesson 01_introduction/09_queues",
    "mlsd new exercise NAME": "mlsd new exercise queue_requests",
    "mlsd new case NAME": "mlsd new case parcels",
}
"""What a reader types for a command that holds a placeholder, or for which the document says what comes before."""

UNTIL = dict.fromkeys(
    [
        'make lab ARGS="--no-browser --port=8899"',
        "mlsd lab --no-browser --port=8899",
        "mlsd formgrader",
        "mlsd formgrader --port=8899",
    ],
    "http://localhost:",
)
"""What a command that serves says once it does; then it is ended."""

REPORTS, FEEDBACK = "classroom/reports/reduce_latency", "classroom/feedback/s001/reduce_latency/reduce_latency.html"
PROMISED = {
    "mlsd release --to ../student-edition": ["no leak found", "../student-edition/released.zip"],
    "mlsd roster class.csv": ["3 added"],
    "mlsd collect reduce_latency downloads/": ["3 collected", "classroom/submitted/s001/reduce_latency"],
    "mlsd grade reduce_latency": ["3 of 3 graded", "classroom/gradebook.db", "classroom/autograded/s001"],
    "mlsd report reduce_latency": [f"{REPORTS}/report.html"],
    "mlsd feedback reduce_latency": [FEEDBACK],
    "mlsd export --to marks.csv": ["marks.csv", "marks_items.csv"],
    "mlsd submit NAME": ["submitted"],
    "mlsd reset NAME": ["backups"],
    "mlsd simulate design.yaml --scenario flash-crowd": ["design-flash-crowd.html", "minutes below the level"],
    "mlsd check chapters/01_introduction": ["3 passed", "offline"],
    "mlsd release reduce_latency": [".mlsd-secret"],
    "mlsd marks reduce_latency --to log.csv": ["log.csv"],
}
"""By command: what the document says of it, as a file that is there afterwards, or words that it says."""

NO_GROUP = "group"
REFUSED = {
    'mlsd report reduce_latency --comment GROUP "text"': NO_GROUP,
    'mlsd report reduce_latency --comment 3fa90c1e "Mind the unit." --yes': NO_GROUP,
    "mlsd export ps1 --format canvas --column 'Set 1 (4711)' --to up.csv": "the platform will not find anna",
}
"""By command: what it says where this reader's class makes it refuse; its exit status is not 0."""
