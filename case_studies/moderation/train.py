"""From a stream to a run folder: candidates compared, tested for behaviour, the chosen one fitted and written down.

And the protocol on published tweets: the same text model on them, next to what others published. Only what is measured
leaves this module; a text of a real file never does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, classification_report
from sklearn.model_selection import GroupKFold, StratifiedKFold

from case_studies.kit import DecisionRecord, Run, gains, with_monitor
from case_studies.kit.stream_times import between, midnight_after, require_days
from case_studies.moderation.data import DAY, ModerationError, Normaliser
from case_studies.moderation.features import FEATURES, OF_TEXT, as_read, features_of, text_features
from case_studies.moderation.models import MODELS, Decided, Release, fit_release, word_list
from case_studies.moderation.moderation_behaviours import behaviours
from case_studies.moderation.monitor import monitor_of
from case_studies.moderation.policy import ModerationPolicy, saved_eur, waited_hours
from case_studies.moderation.service import ModerationStore
from case_studies.moderation.texts import TextModel
from mlsd_lib.datasets.moderation import LabelledTexts, PostStream
from mlsd_lib.datasets.moderation_simulator import EVASIONS
from mlsd_lib.datasets.published import require_groups
from mlsd_lib.modeling import cheapest_tied, clustered_interval, paired_comparison

COMPARE_DAYS = 14
MEASURED = {"weighted F1": 0.887}
"""On Davidson's tweets, once, with TF-IDF and logistic regression."""
PUBLISHED_FIGURES = {"weighted F1": 0.90, "hate F1": 0.51}
"""The authors' own on one split, of hate from its precision .44 and recall .61 (ICWSM 2017)."""
GATE = {"direct": 0.75, "identity": 0.95, "negation": 0.9, "quotation": 0.7, **dict.fromkeys(EVASIONS, 0.75)}
"""Of each behavioural test, the share that a release must pass, set between what good and bad ones reached on boards of
300 and of 500 authors, 24 seeds each. Cascades: at least 78 % of the harmful tests (friends banter in these very words,
and of the author nothing is known), 75 % of quotations, all negations, all identities. Cheap models of the same day: at
most 67 % of the harmful tests; a word list that removes: no negation; without a normaliser: no spaced word. Of 24
boards of 150 authors, which hold few quotations to learn from, two cascades are refused."""
BASELINES = {"do nothing": "keep", "word list removes": "remove", "word list, people look": "review"}
"""What is done to posts with a listed word."""


def prepared(stream: PostStream, normaliser: Normaliser | None = None) -> tuple[PostStream, pd.DataFrame]:
    """The stream with its texts read and no action taken yet, and its features."""
    read = (normaliser or Normaliser()).read_all(stream.posts["text"])
    stream = replace(stream, posts=as_read(stream.posts, read).assign(action=""))
    return stream, features_of(stream.posts, stream.truth)


def behaviour_table(release: Release, normal: pd.DataFrame) -> dict[str, float]:
    """The share of each behavioural test that a release passes, written by a usual author of `normal` features.

    Harmful passes where it is removed or people look, harmless where it is not removed.
    """
    suite = behaviours()
    read = release.normaliser.read_all(suite.text)
    rows = np.tile(normal[list(FEATURES)].median().to_numpy(), (len(read), 1))
    rows[:, : len(OF_TEXT)] = [text_features(text) for text in read]
    action = release.decide(rows, read).action
    right = np.where(suite.label == "harmful", action != "keep", action != "remove")
    return pd.Series(right).groupby(suite.group).mean().to_dict()


def failures(passed: Mapping[str, float]) -> list[str]:
    """The behavioural tests that fall short of the gate, each with what was reached."""
    return [f"{name} {passed[name]:.0%} of {least:.0%}" for name, least in GATE.items() if passed[name] < least]


def decisions(
    stream: PostStream, features: pd.DataFrame, rows: np.ndarray, fitted: Release, names: Sequence[str] = MODELS
) -> dict[str, Decided]:
    """What each candidate does with the posts `rows`, baselines first; `fitted` is a cascade, whose models all use."""
    asked, read = features.iloc[rows], stream.posts["read"].to_numpy()[rows]
    made = {name: replace(fitted, model_name=name).decide(asked, read) for name in names}
    listed, nobody = word_list(asked), np.zeros(len(rows), dtype=bool)
    common = made[names[0]]._replace(harm_eur=asked["log_followers"].to_numpy(), asked=nobody)
    lists = {name: common._replace(action=np.where(listed, action, "keep")) for name, action in BASELINES.items()}
    return lists | made


def money(
    stream: PostStream, rows: np.ndarray, made: Decided, policy: ModerationPolicy, category: np.ndarray | None = None
) -> np.ndarray:
    """EUR saved by what was decided about the posts `rows`, (n,), people working off the queue.

    `category`: what each is taken for in place of the truth, (n,).
    """
    posts, truth = stream.posts.iloc[rows], stream.truth.iloc[rows]
    hour = ((posts["time"] - posts["time"].iloc[0]) / pd.Timedelta(hours=1)).to_numpy()
    waited = waited_hours(hour, made.action, made.harm_eur, policy)
    true = truth["category"].to_numpy() if category is None else category
    return saved_eur(made.action, true, posts["followers"].to_numpy(), truth["verdict"].to_numpy(), waited, made.asked)


def compare(
    stream: PostStream,
    features: pd.DataFrame,
    now: pd.Timestamp,
    rng: np.random.Generator,
    policy: ModerationPolicy | None = None,
    names: Sequence[str] = MODELS,
) -> pd.DataFrame:
    """Who would have saved what on the days before `now`, fitted as could be before them; by candidate, the best last.

    `seen_eur` by the labels known at `now`, `true_eur` by the truth, EUR a day, each with `low` and `high` over
    authors; `tied` with the best by what was seen; `gate`: the behavioural tests that it fails.
    """
    policy, start = policy or ModerationPolicy(), now - COMPARE_DAYS * DAY
    fitted = fit_release(stream, features, start, "cascade", policy)
    known = between(stream.posts["time"], start, now) & (stream.truth["label_time"] < now).to_numpy()
    rows = np.flatnonzero(known)
    author, label = stream.posts["author_id"].to_numpy()[rows], stream.truth["label"].to_numpy()[rows]
    made = decisions(stream, features, rows, fitted, names)
    seen = {name: money(stream, rows, decided, policy, label) for name, decided in made.items()}
    table = paired_comparison(seen, author, COMPARE_DAYS, rng, over="authors")
    table.columns = ["seen_eur", "seen_low", "seen_high", "tied"]
    true = {
        name: clustered_interval(money(stream, rows, decided, policy), author, COMPARE_DAYS, rng, over="authors")
        for name, decided in made.items()
    }
    ordered = [true[str(name)] for name in table.index]
    table[["true_eur", "true_low", "true_high"]] = [(one.mean, one.low, one.high) for one in ordered]
    normal, gates = features.iloc[rows], dict.fromkeys(BASELINES, "not a model")
    for name in names:
        gates[name] = "; ".join(failures(behaviour_table(replace(fitted, model_name=name), normal)))
    return table.assign(gate=[gates[str(name)] for name in table.index])


def train(
    run: Run,
    stream: PostStream,
    rng: np.random.Generator,
    policy: ModerationPolicy | None = None,
    test_days: int = 14,
    tell: Callable[[str], None] = lambda text: None,
) -> pd.DataFrame:
    """Adds a release to `run`, in a new run a promoted one, and gives the comparison that chose it.

    The last `test_days` come after the release and are used for nothing but the test. Raises `ModerationError` where no
    candidate passes the behavioural tests: then nothing is released.
    """
    policy, end = policy or ModerationPolicy(), midnight_after(stream.posts["time"])
    now = end - test_days * DAY
    needed = {"of history": 30, "to compare on": COMPARE_DAYS, "of test": test_days}
    require_days("The stream", (end - stream.posts["time"].iloc[0].normalize()) // DAY, needed, ModerationError)
    learned = run.learns_from(__package__, stream.card, {"posts": stream.posts, "truth": stream.truth}, now)
    tell(f"features of {len(stream.posts):,} posts")
    stream, features = prepared(stream)
    tell("comparing the candidates on labels as known")
    table = compare(stream, features, now, rng, policy)
    passing = table[table["gate"] == ""]
    if passing.empty:
        gates = "; ".join(f"{name} reaches {table.loc[name, 'gate']}" for name in MODELS)
        raise ModerationError(
            f"No candidate passes the behavioural tests: {gates}. Nothing was released. Train on a longer stream, have "
            "the labels of these posts looked at, or change the tests and say why."
        )
    name = cheapest_tied(passing, MODELS, "seen_eur")
    tell(f"fitting the release ({name})")
    release = fit_release(stream, features, now, name, policy)
    passed = behaviour_table(release, features[between(stream.posts["time"], now - COMPARE_DAYS * DAY, now)])
    if failed := failures(passed):
        raise ModerationError(f"The release fails {'; '.join(failed)}. It does not go out. Train on a longer stream.")
    rows = np.flatnonzero(between(stream.posts["time"], now, end))

    def worth(one: Release) -> np.ndarray:
        return money(
            stream, rows, decisions(stream, features, rows, one, (one.model_name,))[one.model_name], one.policy
        )

    author = stream.posts["author_id"].to_numpy()[rows]
    interval = partial(clustered_interval, cluster=author, periods=test_days, rng=rng, over="authors")
    idle = money(stream, rows, decisions(stream, features, rows, release, (name,))["do nothing"], policy)
    gates = ", ".join(f"{behaviour} {share:.0%}" for behaviour, share in passed.items())
    record = DecisionRecord(
        f"{name}, policy {policy.version}, {policy.reviews_per_hour:g} reviews an hour by {policy.order}, learned from "
        f"{stream.card.name} ({stream.card.source}); behavioural tests passed: {gates}",
        table,
        interval(worth(release)),
        "whoever breaks the rules next month writes as last month; new words and new ways to hide them will come.",
        "reads the remembered texts again, if they were read wrongly",
        models=MODELS,
        why_a_model="A word list removes quotations and denials too, which the behavioural tests refuse; no lead in "
        "money is claimed over it.",
        gains=gains(run, Release.read, worth, release, idle, interval),
    )
    record.file(
        run,
        learned,
        with_monitor(release.save, monitor_of(release, features, stream.posts, now)),
        lambda: ModerationStore(run.store).remember_history(stream, now).close(),
        behaviour=passed,
    )
    return table


def split_trial(
    stream: PostStream, features: pd.DataFrame, rng: np.random.Generator, posts: int = 6_000
) -> dict[str, float]:
    """Average precision of the expensive model, in %, when posts are split by row, by thread, and by author."""
    some = np.sort(rng.choice(len(features), min(posts, len(features)), replace=False))
    read, numbers = stream.posts["read"].to_numpy()[some], features[list(OF_TEXT)].to_numpy(float)[some]
    category = stream.truth["category"].to_numpy(dtype=object)[some]
    groups = {name: stream.posts[f"{name}_id"].to_numpy()[some] for name in ("thread", "author")}
    found = {}
    for name, group in ({"row": np.arange(len(some))} | groups).items():
        score = np.zeros(len(some))
        for old, new in GroupKFold(3).split(some, groups=group):
            model = TextModel(pieces=False).fit(read[old], category[old], numbers[old])
            score[new] = 1 - model.probability(read[new], numbers[new])[:, 0]
        found[name] = 100 * average_precision_score(category != "fine", score)
    return found


def published(texts: LabelledTexts, seed: int = 0, folds: int = 5) -> pd.DataFrame:
    """What the text model reaches on the published tweets over `folds`, a row a figure.

    F1 of each class, weighted F1 and accuracy, next to what was measured before and what others published, and
    `always`, the accuracy of always saying the most frequent label.
    """
    require_groups(texts.label, 2, f"classes of {folds} tweets or more", texts.card.source, rows=folds)
    guess = np.empty_like(texts.label)
    for old, new in StratifiedKFold(folds, shuffle=True, random_state=seed).split(texts.text, texts.label):
        model = TextModel(pieces=False, balanced=True, strength=1.0)  # few tweets are hate
        guess[new] = model.fit(texts.text[old], texts.label[old]).predict(texts.text[new])
    report = classification_report(texts.label, guess, output_dict=True, zero_division=0)
    figures = {f"{label} F1": report[label]["f1-score"] for label in sorted(set(texts.label))}
    figures |= {"weighted F1": report["weighted avg"]["f1-score"], "accuracy": report["accuracy"]}
    figures["always"] = np.unique(texts.label, return_counts=True)[1].max() / len(texts.label)
    known = {"measured_before": MEASURED, "published": PUBLISHED_FIGURES}
    columns = {name: pd.Series(table, dtype=float) for name, table in known.items()}
    return pd.DataFrame({"here": figures}).rename_axis("figure").assign(**columns)
