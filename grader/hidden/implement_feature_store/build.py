"""Makes the public cases of `implement_feature_store` anew: `python -m grader.hidden.implement_feature_store.build`.

Run it only to change the exercise. The answers come from the oracle.
"""

import json
from dataclasses import asdict

from grader.hidden.implement_feature_store.oracle import expected
from grader.suites.implement_feature_store import cases


def main() -> None:
    seed = cases.EXERCISE.seeds["public"]
    families, examples = cases.draw_families(seed, expected), cases.draw_examples(seed, expected)
    stored = asdict(cases.Cases(families, [], examples=examples))
    stored = {"families": stored["families"], "examples": stored["examples"]}
    text = json.dumps(stored, separators=(",", ":")) + "\n"
    (cases.HERE / "cases.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
