"""From a stream to a run folder: candidates compared, the chosen one fitted, tested and written down."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from case_studies.assistant.data import DAY, AssistantError, is_right, noted_right
from case_studies.assistant.features import AnswerCache, Found, features_of
from case_studies.assistant.index import Index, Rights
from case_studies.assistant.models import MODELS, Release, fit_release, fit_vectors, searched, times_of
from case_studies.assistant.monitor import monitor_of
from case_studies.assistant.policy import AnswerPolicy, cost_eur, saved_eur
from case_studies.assistant.service import AssistantStore
from case_studies.assistant.support_desk import DeskStream
from case_studies.kit import DecisionRecord, Run, gains, with_monitor
from case_studies.kit.stream_times import between, midnight_after, require_days
from mlsd_lib.modeling import Interval, cheapest_tied, clustered_interval, seen_and_true

ENCODER_DAYS, JUDGE_DAYS, COMPARE_DAYS = 14, 21, 7
"""An encoder learns from the first days, the judge from the days after them: on its own it would be too sure. The last
days before a release compare the candidates."""

UNITS = {"customers": "customer_id", "documents": "document_id", "wordings": "wording"}
"""What may be drawn for an interval, and its column in `lived`: each says how much others of it would change."""


def compare(
    stream: DeskStream,
    found: Mapping[str, pd.DataFrame],
    fitted: Release,
    now: pd.Timestamp,
    rng: np.random.Generator,
    names: Sequence[str] = MODELS,
) -> pd.DataFrame:
    """Who would have saved what on the `COMPARE_DAYS` before `now`, without a cache; one row each, the best last.

    `fitted` could be made before these days; all models take its judges. `seen_eur` by the agents' notes, which may
    choose; `true_eur` with its interval over wordings by the truth, EUR a day: what a
    wording brings varies more than what a customer does. `answered`, `wrong`: shares, in %, of all questions and of
    those answered.
    """
    time = times_of(stream, found["words"])
    rows = between(time, now - COMPARE_DAYS * DAY, now)
    recent = {name: table[rows] for name, table in found.items()}
    truth = stream.truth.loc[recent["words"].index]
    nothing = np.zeros(len(truth))
    seen, true, shares = {"agents alone": nothing}, {"agents alone": nothing}, {"agents alone": (0.0, np.nan)}
    for name in ("answer everything", *names):
        release = replace(fitted, model_name=name if name in MODELS else "hybrid")
        picked = release.pick(recent)
        answered = release.score(picked) >= (release.policy.threshold if name in MODELS else 0.0)
        right = is_right(picked, truth)
        seen[name] = saved_eur(answered, noted_right(picked, truth), cost_eur(picked))
        true[name] = saved_eur(answered, right, cost_eur(picked))
        wrong = 1 - right[answered].mean() if answered.any() else np.nan
        shares[name] = 100 * answered.mean(), 100 * wrong
    wording = truth["wording"].to_numpy(str)
    table = seen_and_true(seen, true, wording, COMPARE_DAYS, rng, over="wordings", rows_given=True)
    return table.join(pd.DataFrame(shares, index=["answered", "wrong"]).T)


def prepared(
    stream: DeskStream, now: pd.Timestamp, rng: np.random.Generator
) -> tuple[Release, dict[str, pd.DataFrame]]:
    """A cascade that could be made `COMPARE_DAYS` before `now`, and what both searches found from the first day of the
    judge until then. Its encoder is that of all releases made at `now`."""
    start = stream.questions["time"].iloc[0].normalize()
    vectors = fit_vectors(stream, start + ENCODER_DAYS * DAY, rng)
    found = searched(stream, vectors, start + ENCODER_DAYS * DAY, now)
    before = now - COMPARE_DAYS * DAY
    earlier = (times_of(stream, found["words"]) < before).to_numpy()
    return fit_release(stream, {name: table[earlier] for name, table in found.items()}, vectors, before), found


def train(
    run: Run,
    stream: DeskStream,
    rng: np.random.Generator,
    policy: AnswerPolicy | None = None,
    test_days: int = 7,
    tell: Callable[[str], None] = lambda text: None,
) -> pd.DataFrame:
    """Adds a release to `run`, in a new run a promoted one, and gives the comparison that chose it.

    The last `test_days` of the stream come after the release and are used for nothing but the test.
    """
    policy, end = policy or AnswerPolicy(), midnight_after(stream.questions["time"])
    now = end - test_days * DAY
    needed = {"for the encoder": ENCODER_DAYS, "for the judge": JUDGE_DAYS, "to compare on": COMPARE_DAYS}
    needed["of test"] = test_days
    days = (end - stream.questions["time"].iloc[0].normalize()) // DAY
    require_days("The stream", days, needed, AssistantError)
    tables = {"questions": stream.questions, "truth": stream.truth, "documents": stream.documents}
    learned = run.learns_from(__package__, stream.card, tables, now)
    tell(f"training the encoder, searching for {len(stream.questions):,} questions")
    fitted, found = prepared(stream, now, rng)
    tell("comparing the candidates by the agents' notes")
    table = compare(stream, found, replace(fitted, policy=policy), now, rng)
    name = cheapest_tied(table, MODELS, "seen_eur")
    tell(f"fitting the release ({name})")
    release = fit_release(stream, found, fitted.vectors, now, name, policy)
    tell("testing it on the days after its release")
    tested = lived(stream, release, now, end)
    interval = partial(saved_a_day, tested, days=test_days, rng=rng)

    def worth(one: Release) -> np.ndarray:
        days = tested if one is release else lived(stream, one, now, end).loc[tested.index]
        return days["saved_eur"].to_numpy()

    time = times_of(stream, found["words"])
    record = DecisionRecord(
        f"{name}, answers from {policy.threshold:.3g}, kept {policy.cache_hours:g} h, {policy.budget_eur:g} EUR a day "
        f"for the encoder, learned from {stream.card.name} ({stream.card.source})",
        table,
        interval(tested["saved_eur"]),
        "customers ask next month in the wordings of last month, and the index is rebuilt each midnight.",
        "searches again for what the cache of answers holds",
        models=MODELS,
        why_a_model="Agents alone save nothing by definition; where they are tied, nothing speaks for a release.",
        gains=gains(run, Release.read, worth, release, np.zeros(len(tested)), interval),
        tested_on="the days after the release, with a new index each midnight",
    )
    record.file(
        run,
        learned,
        with_monitor(release.save, monitor_of(release, found, time, now)),
        lambda: AssistantStore(run.store).close(),
    )
    return table


def lived(
    stream: DeskStream, release: Release, first: pd.Timestamp, end: pd.Timestamp, refresh_days: int = 1
) -> pd.DataFrame:
    """The days from `first` until before `end` under a release whose index is rebuilt each `refresh_days` midnights.

    A row a question: what was found, see `features_of`, with `time`, `customer_id`, `kind`, `wording`, the judge's
    `score`, whether it was `answered` and the passage `right`, `cost_eur` and `saved_eur`.
    """
    cache, blocks = AnswerCache(release.policy.cache_hours, release.policy.budget_eur), []
    asked = stream.questions[between(stream.questions["time"], first, end)]
    for number, (day, today) in enumerate(asked.groupby(asked["time"].dt.normalize())):
        if number % refresh_days == 0:
            release = release.with_index(stream.documents, day)
        blocks.append(release.search(today, cache))
    found = pd.concat(blocks)
    score, truth = release.score(found), stream.truth.loc[found.index]
    answered, right, cost = score >= release.policy.threshold, is_right(found, truth), cost_eur(found)
    known = asked.set_index("question_id")[["time", "customer_id"]].join(truth[["kind", "wording"]])
    measured = {"score": score, "answered": answered, "right": right, "cost_eur": cost}
    return found.join(known).assign(**measured, saved_eur=saved_eur(answered, right, cost))


def saved_a_day(
    tested: pd.DataFrame, saved: np.ndarray, days: float, rng: np.random.Generator, over: str = "wordings"
) -> Interval:
    """What the questions of `lived` saved a day, EUR, (n,) of `saved`, with an interval over one of `UNITS`."""
    cluster = tested[UNITS[over]].to_numpy(str)
    return clustered_interval(np.asarray(saved), cluster, days, rng, over=over, rows_given=True)


def rights_trial(stream: DeskStream, release: Release, first: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    """What three searches and a cache do with rights: a row each, `leaks`, and `right` answers, of all questions.

    A leak is an answer from a document that this customer may not read. All search by words and the encoder, with the
    index of `first`; the last applies rights before the search, and hands what it found to whoever asks the same.
    """
    index, judge = release.index, replace(release, model_name="hybrid")
    asked = stream.questions[between(stream.questions["time"], first, end)]
    truth = stream.truth.loc[asked["question_id"]]
    arms: dict[str, tuple[Rights, AnswerCache]] = {
        "no rights": ("never", AnswerCache(0.0)),
        "after the search": ("after", AnswerCache(0.0)),
        "before the search": ("before", AnswerCache(0.0)),
        "before, and a week of cache that asks nobody": ("before", AnswerCache(7 * 24.0, check_rights=False)),
    }
    table = {}
    for name, (rights, cache) in arms.items():
        find = partial(_with_rights, index, rights)
        found = features_of(asked, find, index.may_read, cache)
        answered = judge.score(found) >= release.policy.threshold
        who = zip(found["document_id"].tolist(), asked["customer_id"].tolist(), asked["dealer"].tolist(), strict=True)
        allowed = np.array([index.may_read(*one) for one in who])
        right = found["document_id"].to_numpy() == truth["document_id"].to_numpy()
        table[name] = {"leaks": int((answered & ~allowed).sum()), "right": int((answered & right).sum())}
    return pd.DataFrame(table).T


def _with_rights(index: Index, rights: Rights, text: str, customer_id: int, dealer: bool, afford: bool) -> Found:
    return index.find(text, customer_id, dealer, True, rights)
