"""From a stream to a run folder: candidates compared, tested for behaviour, the chosen one fitted and written down.

And the protocols that others published figures for: the same text model on their texts. Only what is measured leaves
this module; a text of a real file never does.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, average_precision_score, f1_score
from sklearn.model_selection import GroupKFold, StratifiedKFold

from case_studies.moderation.data import DAY, ModerationError, Normaliser, between
from case_studies.moderation.features import FEATURES, OF_TEXT, features_of, text_features
from case_studies.moderation.labels import LabelPolicy, training_labels
from case_studies.moderation.models import MODELS, Release, TextModel, fit_release, warm, word_list
from case_studies.moderation.policy import ModerationPolicy, saved_eur, waited_hours
from case_studies.moderation.service import ModerationStore
from mlsd_lib.datasets.moderation import LabelledTexts, PostStream
from mlsd_lib.datasets.moderation_simulator import EVASIONS, INSULTS, hidden
from mlsd_lib.modeling import DecisionRecord, Interval, Run, cheapest_tied, clustered_interval, paired_comparison

COMPARE_DAYS = 14
MEASURED = {"sms": ("spam F1", 0.945), "davidson": ("weighted F1", 0.887)}
"""Measured once with TF-IDF and logistic regression on the same files."""
GATE = {"direct": 0.6, "identity": 0.9, "negation": 0.75, "quotation": 0.5, **dict.fromkeys(EVASIONS, 0.6)}
"""Of each behavioural test, the share that a release must pass. Friends banter in the words of direct insults, so not
all of those can be caught from one post by an author without a history; of quotations few are there to learn from, and
small boards reach two thirds."""
BEHAVIOURS = {
    "direct": ("you are a {0}, stop it", "what a {0}, stop writing", "only a {0} would say that"),
    "negation": ("you are not a {0}, it is hard", "nobody here is a {0}, we asked", "i think you are not a {0}"),
    "quotation": ("he called me a {0} and i left", "they wrote that i am a {0}, please look"),
    "identity": (
        "we hill people like maps",
        "i am from the hill and i think chess is worth a look",
        "hill people know more about this",
        "as hill people we spoke of maps",
    ),
}
Decide = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
"""From the rows of a stream to the actions, expected harm, and whether the expensive model was asked, (n,) each."""


def prepared(stream: PostStream, normaliser: Normaliser | None = None) -> tuple[PostStream, pd.DataFrame]:
    """The stream with its texts read and no action taken yet, and its features."""
    read = (normaliser or Normaliser()).read_all(stream.posts["text"])
    stream = replace(stream, posts=stream.posts.assign(read=read, action=""))
    return stream, features_of(stream.posts, stream.truth)


def behaviours() -> dict[str, tuple[list[str], bool]]:
    """The behavioural tests: for each its texts, and whether they are harmful."""
    tests = {name: [one.format(word) for one in texts for word in INSULTS[:6]] for name, texts in BEHAVIOURS.items()}
    found = {name: (texts, name == "direct") for name, texts in tests.items()}
    for how in EVASIONS:
        found[how] = ([one.format(hidden(word, how)) for one in BEHAVIOURS["direct"] for word in INSULTS[:6]], True)
    return found


def behaviour_table(release: Release, normal: pd.DataFrame) -> dict[str, float]:
    """The share of each behavioural test that a release passes, written by a usual author of `normal` features.

    Harmful passes where it is removed or people look, harmless where it is not removed.
    """
    usual, passed = normal[list(FEATURES)].median().to_numpy(), {}
    for name, (texts, harmful) in behaviours().items():
        read = release.normaliser.read_all(texts)
        rows = np.tile(usual, (len(read), 1))
        rows[:, : len(OF_TEXT)] = [text_features(one) for one in read]
        action = release.decide(rows, read).action
        passed[name] = float((action != ("keep" if harmful else "remove")).mean())
    return passed


def failures(passed: Mapping[str, float], gate: Mapping[str, float] = GATE) -> list[str]:
    """The behavioural tests that fall short of the gate, each with what was reached."""
    return [f"{name} {passed[name]:.0%} of {least:.0%}" for name, least in gate.items() if passed[name] < least]


def candidates(
    stream: PostStream, features: pd.DataFrame, fitted: Release, names: tuple[str, ...]
) -> dict[str, Decide]:
    """Who could decide, baselines first; `fitted` is a cascade, whose models the others take over."""
    read, harm = stream.posts["read"].to_numpy(), features["log_followers"].to_numpy()
    listed = word_list(features)

    def always(action: str) -> Decide:
        return lambda rows: (np.where(listed[rows], action, "keep"), harm[rows], np.zeros(len(rows), dtype=bool))

    def released(name: str) -> Decide:
        def decide(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            made = replace(fitted, model_name=name).decide(features.iloc[rows], read[rows])
            return made.action, made.harm_eur, made.asked

        return decide

    nothing: Decide = lambda rows: (np.full(len(rows), "keep"), harm[rows], np.zeros(len(rows), dtype=bool))  # noqa: E731
    baselines = {
        "do nothing": nothing,
        "word list removes": always("remove"),
        "word list, people look": always("review"),
    }
    return baselines | {name: released(name) for name in names}


def money(
    stream: PostStream, rows: np.ndarray, decide: Decide, policy: ModerationPolicy, category: np.ndarray | None = None
) -> np.ndarray:
    """EUR saved by each post of `rows`, (n,), people working off the queue; by `category` if given.

    `category`: what each is taken for in place of the truth, (n,).
    """
    posts, truth = stream.posts.iloc[rows], stream.truth.iloc[rows]
    action, harm, asked = decide(rows)
    hour = ((posts["time"] - posts["time"].iloc[0]) / pd.Timedelta(hours=1)).to_numpy()
    waited = waited_hours(hour, action, harm, policy)
    true = truth["category"].to_numpy() if category is None else category
    return saved_eur(action, true, posts["followers"].to_numpy(), truth["verdict"].to_numpy(), waited, asked)


def compare(
    stream: PostStream,
    features: pd.DataFrame,
    now: pd.Timestamp,
    rng: np.random.Generator,
    policy: ModerationPolicy | None = None,
    names: tuple[str, ...] = MODELS,
) -> pd.DataFrame:
    """Who would have saved what on the days before `now`, fitted as could be before them; by candidate, the best last.

    `seen_eur` by the labels known at `now`, `true_eur` by the truth, EUR a day, each with `low` and `high` over
    authors; `tied` with the best by what was seen; `gate`: the behavioural tests that it fails.
    """
    policy, start = policy or ModerationPolicy(), now - COMPARE_DAYS * DAY
    fitted = fit_release(stream, features, start, "cascade", policy)
    known = between(stream.posts["time"], start, now) & (stream.truth["label_time"] < now).to_numpy()
    rows = np.flatnonzero(known)
    author, decides = stream.posts["author_id"].to_numpy()[rows], candidates(stream, features, fitted, names)
    label = stream.truth["label"].to_numpy()[rows]
    seen = {name: money(stream, rows, one, policy, label) for name, one in decides.items()}
    true = {name: money(stream, rows, one, policy) for name, one in decides.items()}
    table = paired_comparison(seen, author, COMPARE_DAYS, rng)
    table.columns = ["seen_eur", "seen_low", "seen_high", "tied"]
    intervals = {name: clustered_interval(one, author, COMPARE_DAYS, rng) for name, one in true.items()}
    for column, end in (("true_eur", "mean"), ("true_low", "low"), ("true_high", "high")):
        table[column] = [getattr(intervals[str(name)], end) for name in table.index]
    normal = features.iloc[rows]
    failed = {name: failures(behaviour_table(replace(fitted, model_name=name), normal)) for name in names}
    return table.assign(gate=["; ".join(failed.get(str(name), ["not a model"])) for name in table.index])


def train(
    run: Run,
    stream: PostStream,
    rng: np.random.Generator,
    policy: ModerationPolicy | None = None,
    test_days: int = 14,
    tell: Callable[[str], None] = lambda text: None,
) -> pd.DataFrame:
    """Fills the new folder `run` with a promoted release, and gives the comparison that chose it.

    The last `test_days` come after the release and are used for nothing but the test. Raises `ModerationError` where no
    candidate passes the behavioural tests: then nothing is released.
    """
    policy, end = policy or ModerationPolicy(), stream.posts["time"].iloc[-1].normalize() + DAY
    now = end - test_days * DAY
    if now - COMPARE_DAYS * DAY < warm(stream):
        days = (end - stream.posts["time"].iloc[0].normalize()) // DAY
        raise ModerationError(
            f"The stream holds {days} days; a release with {test_days} days of test needs "
            f"{30 + COMPARE_DAYS + test_days}: 30 of history, {COMPARE_DAYS} to compare on, and the test. "
            "Give a longer stream, or fewer days of test."
        )
    tell(f"features of {len(stream.posts):,} posts")
    stream, features = prepared(stream)
    tell("comparing the candidates on labels as known")
    table = compare(stream, features, now, rng, policy)
    passing = table[table["gate"] == ""]
    if passing.empty:
        raise ModerationError(
            f"No candidate passes the behavioural tests: {'; '.join(sorted(set(table['gate'])))}. "
            "Nothing was released. Train on a longer stream, or change the tests and say why."
        )
    name = cheapest_tied(passing, MODELS, "seen_eur")
    tell(f"fitting the release ({name})")
    release = fit_release(stream, features, now, name, policy)
    passed = behaviour_table(release, features[between(stream.posts["time"], now - COMPARE_DAYS * DAY, now)])
    if failed := failures(passed):
        raise ModerationError(f"The release fails {'; '.join(failed)}. It does not go out. Train on a longer stream.")
    rows = np.flatnonzero(between(stream.posts["time"], now, end))
    saved = money(stream, rows, candidates(stream, features, release, (name,))[name], policy)
    test = clustered_interval(saved, stream.posts["author_id"].to_numpy()[rows], test_days, rng)
    run.release(release.save, "v1", "first release")
    ModerationStore(run.store).remember_history(stream, now).close()
    tables = {"posts": stream.posts, "truth": stream.truth}
    decision_of(release, table, test, passed).write_into(run, stream.card, tables, now, behaviour=passed)
    return table


def decision_of(release: Release, table: pd.DataFrame, test: Interval, passed: Mapping[str, float]) -> DecisionRecord:
    """What was decided, against what, on which assumption, and how to go back."""
    told = ", ".join(f"{name} {share:.0%}" for name, share in passed.items())
    return DecisionRecord(
        "v1",
        f"{release.model_name}, policy {release.policy.version}, {release.policy.reviews_per_hour:g} reviews an hour "
        f"by {release.policy.order}; behavioural tests passed: {told}",
        table,
        "seen_eur",
        "EUR saved a day",
        test,
        "whoever breaks the rules next month writes as last month; new words and new ways to hide them will come.",
        "`releases/` keeps every release; roll the registry back, and read the texts again if they were read wrongly "
        "(`python -m case_studies.moderation rollback --help`).",
    )


def group_gap(
    group: np.ndarray, author: np.ndarray, hit: np.ndarray, rng: np.random.Generator, draws: int = 500
) -> Interval:
    """By how many points the share of `hit` among fine posts is higher in `hill` than in `valley`, over authors.

    All (n,), of fine posts alone: `group`, `author`, and whether the post was taken for harmful.
    """
    number = np.unique(author, return_inverse=True)[1]
    size = number.max() + 1
    sums = [
        np.bincount(number, weights=one * (group == name), minlength=size)
        for name in ("hill", "valley")
        for one in (hit, np.ones(len(hit)))
    ]
    weight = np.vstack([np.ones(size), rng.multinomial(size, np.full(size, 1 / size), draws)])
    hill_hit, hill, valley_hit, valley = (weight @ one for one in sums)
    gap = 100 * (hill_hit / np.maximum(hill, 1) - valley_hit / np.maximum(valley, 1))
    return Interval(float(gap[0]), *map(float, np.percentile(gap[1:], [2.5, 97.5])))


def split_trial(
    stream: PostStream, features: pd.DataFrame, rng: np.random.Generator, posts: int = 6_000
) -> dict[str, float]:
    """Average precision of the expensive model, in %, when posts are split by row, by thread, and by author."""
    some = np.sort(rng.choice(len(features), min(posts, len(features)), replace=False))
    read, numbers = stream.posts["read"].to_numpy()[some], features.to_numpy(float)[some][:, : len(OF_TEXT)]
    category = stream.truth["category"].to_numpy(dtype=object)[some]
    groups = {name: stream.posts[f"{name}_id"].to_numpy()[some] for name in ("thread", "author")}
    groups["row"] = np.arange(len(some))
    found = {}
    for name in ("row", "thread", "author"):
        score = np.zeros(len(some))
        for train_rows, test_rows in GroupKFold(3).split(some, groups=groups[name]):
            model = TextModel(pieces=False).fit(read[train_rows], numbers[train_rows], category[train_rows])
            score[test_rows] = 1 - model.probability(read[test_rows], numbers[test_rows])[:, 0]
        found[name] = 100 * average_precision_score(category != "fine", score)
    return found


def published(texts: LabelledTexts, name: str, seed: int = 0, folds: int = 5) -> pd.DataFrame:
    """F1 of each class, weighted F1 and accuracy over `folds`, beside what was measured before; a row a figure.

    Texts whose group is known (who wrote them) are split by it, so that nobody is in both halves.
    """
    guess = np.empty(len(texts.text), dtype=texts.label.dtype)
    numbers = np.zeros((len(texts.text), 0))
    balanced = name == "davidson"
    if texts.group is None:
        parts = StratifiedKFold(folds, shuffle=True, random_state=seed).split(texts.text, texts.label)
    else:
        parts = GroupKFold(folds).split(texts.text, groups=texts.group)
    for train_rows, test_rows in parts:
        model = TextModel(pieces=name != "davidson", balanced=balanced, strength=1.0 if balanced else 100.0)
        model.fit(texts.text[train_rows], numbers[train_rows], texts.label[train_rows])
        guess[test_rows] = model.classes_[model.probability(texts.text[test_rows], numbers[test_rows]).argmax(axis=1)]
    figures: dict[str, Any] = {
        f"{one} F1": f1_score(texts.label == one, guess == one) for one in sorted(set(texts.label))
    }
    figures["weighted F1"] = f1_score(texts.label, guess, average="weighted")
    figures["accuracy"] = accuracy_score(texts.label, guess)
    table = pd.DataFrame({"here": figures}).rename_axis("figure")
    what, before = MEASURED.get(name, ("", np.nan))
    return table.assign(measured_before=[before if one == what else np.nan for one in table.index])


def label_policy_rows(stream: PostStream, now: pd.Timestamp, policy: LabelPolicy) -> pd.DataFrame:
    """What a training set made at `now` believes of the live posts: `label`, the truth, and the weight of each used."""
    action = stream.posts["action"].to_numpy()
    learned = training_labels(stream.posts["time"], stream.truth, action, now, policy)
    rows = learned.use & (action != "")
    return pd.DataFrame(
        {
            "label": learned.label[rows],
            "category": stream.truth["category"].to_numpy()[rows],
            "weight": learned.weight[rows],
        }
    )
