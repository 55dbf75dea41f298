"""Makes the public cases of `implement_feature_store` anew: `python -m grader.hidden.implement_feature_store.build`.

Run it only to change the exercise. The answers come from the oracle.
"""

import json
from dataclasses import asdict

from grader.hidden.implement_feature_store.oracle import expected
from grader.suites.implement_feature_store import cases


def main() -> None:
    drawn = cases.draw_families(cases.PUBLIC_SEED, expected)
    stored = {family: [asdict(one) for one in some] for family, some in drawn.items()}
    text = json.dumps(stored, separators=(",", ":")) + "\n"
    (cases.HERE / "cases.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
