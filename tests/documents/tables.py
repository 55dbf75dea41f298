"""What documents leave to a reader: what is typed for a placeholder, what is promised, what cannot be typed here."""

DOWNLOADS = "it downloads or installs programs; tests/test_setup.py makes an environment"
PROOF = "it is the proof that runs this test, or a part of it"
OTHER_CASES = (
    "its verbs are those of fraud, maintenance and moderation; tests/case_studies types them on a small stream"
)
HUB = "it needs what npm and pip download; tests/deploy/test_jupyterhub.py starts the hub"
NOT_TYPED = {
    "make lab": "it opens a window for good; the next command is the same without one",
    "make test*": PROOF,
    "mlsd test*": PROOF,
    "pytest *": PROOF,
    "make check": PROOF,
    "mlsd check --why": PROOF,
    "mlsd check reduce_latency": PROOF,
    "mlsd bank *": PROOF,
    "make smoke": "as mlsd smoke",
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
    "python -m case_studies.*--protocol*": "it needs a published file; tests/case_studies tries it on a small one",
    "python -m case_studies.assistant *": OTHER_CASES,
    "python -m case_studies.personalization *": OTHER_CASES,
    "python -m case_studies.recommendation *": OTHER_CASES,
    "python -m lessons.*": "it trains for hours what a lesson reads",
    "jupyter server extension enable *": "it changes the environment that runs this test; bootstrap.py types it",
}
"""Commands, with * for any text, that are not typed here, and why."""

JUPYTER, SERVES = r"(http://localhost:\S+)", r"Serving .*on (http://[\d.:]+\d)"
CASE, NUMBERS = "python -m case_studies.fraud serve --port 8000", "python -m mlsd_lib.serving.faulty_service 8000"
SCHEDULER, WORKER = "dask scheduler --host 127.0.0.1 --port 8786 --no-dashboard", "dask worker tcp://127.0.0.1:8786"
CLUSTER = f"{SCHEDULER} & {WORKER} --no-dashboard"
UNTIL = {
    SCHEDULER: "Scheduler at",
    **dict.fromkeys((WORKER, CLUSTER), "Registered to"),
    'make lab ARGS="--no-browser --port=8899"': JUPYTER,
    "mlsd lab --no-browser --port=8899": JUPYTER,
    "mlsd formgrader": JUPYTER,
    "mlsd formgrader --port=8899": JUPYTER,
    "mlsd monitor http://127.0.0.1:8000": "The page is monitor.html",
    **{f"python -m case_studies.{case} serve --port 8000": SERVES for case in ("fraud", "maintenance", "moderation")},
    NUMBERS: SERVES,
}
"""What a command that serves says once it does; then the address in it is asked, and it is ended."""

WATCHED = "mlsd monitor http://127.0.0.1:8000 --every 2 --windows 1 --out fraud.html"
MEASURED = """mlsd measure http://127.0.0.1:8000/predict --row '{"number": 1}' --out cost.yaml"""
GRADED = "mlsd grade reduce_latency --force --scheduler tcp://127.0.0.1:8786"
SERVED = {
    "mlsd monitor http://127.0.0.1:8000": CASE,
    WATCHED: CASE,
    MEASURED: NUMBERS,
    WORKER: SCHEDULER,
    GRADED: CLUSTER,
}
"""What serves while a command is typed."""

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
    "python -m case_studies.fraud serve": CASE,
    **dict.fromkeys(("mlsd monitor http://127.0.0.1:PORT", "mlsd monitor URL"), "mlsd monitor http://127.0.0.1:8000"),
    "mlsd monitor http://127.0.0.1:8000 --every 2 --windows 30 --out fraud.html": WATCHED,
    **dict.fromkeys(("dask worker tcp://HOST:PORT", "dask worker ADDRESS"), WORKER),
    "mlsd grade reduce_latency --scheduler tls://10.0.0.5:8786": GRADED,
    "mlsd check --force PATH": f"mlsd check --force {LESSON}",
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
    "mlsd monitor http://127.0.0.1:8000 --every 2 --windows 30 --out fraud.html": ["fraud.html"],
    MEASURED: ["batch_cost:", "cost.yaml"],
    "mlsd grade reduce_latency --scheduler tls://10.0.0.5:8786": ["at once", "3 of 3 graded"],
    "python -m case_studies.fraud train": ["Serve it: python -m case_studies.fraud serve", "runs"],
    "python -m case_studies.fraud report": ["# Decision: release", "report.html"],
    'python -m case_studies.fraud promote v2 --reason "late labels" --insist': ["Current release: v2."],
    'python -m case_studies.fraud rollback --reason "fewer found"': ["Current release: v1."],
    "python -m case_studies.fraud simulate --incident-week 4": ["weeks.csv"],
}
"""By command: what the document says of it, as a file that is there afterwards, or words that it says."""

NO_GROUP = "group"
REFUSED = {
    'mlsd report reduce_latency --comment GROUP "text"': NO_GROUP,
    'mlsd report reduce_latency --comment 3fa90c1e "Mind the unit." --yes': NO_GROUP,
    "mlsd export ps1 --format canvas --column 'Set 1 (4711)' --to up.csv": "the platform will not find anna",
}
"""By command: what it says where this reader's class makes it refuse; its exit status is not 0."""
