"""A stream of posts on a message board: mild insults, scams, harmless posts that look like them, evasion and drift.

All text is invented and mild; the worst word is a vegetable. Of the authors some are rowdy and some are scammers. A
fifth belong to the group `hill`, who greet each other with words that others use as insults, and mix words of another
script into their posts. Posts belong to threads, each with a topic of its own; heated threads draw insults.
- Friends banter in the very words of an insult, and a shop may give away a prize honestly: only who says it, and where,
  tells them apart.
- Annotators err everywhere a little, and call a friendly hill greeting an insult more often than chance.
- Whoever breaks the rules may hide the telling word: by spacing, by digits for letters, by look-alike letters.
- New words for the old harm come into use week by week.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataError

CATEGORIES = ("fine", "insult", "scam")
EVASIONS = ("spacing", "digits", "look-alikes")
START = pd.Timestamp("2026-01-05")
"""Day 0 of the stream, a Monday."""
DAY_S = 86_400
INSULTS = ("turnip", "donkey", "noodle", "muppet", "pudding", "goose", "clown", "cabbage")
SCAMS = ("prize", "voucher", "jackpot", "giveaway", "cashback", "lottery", "bonus", "freebie")
NEW_INSULTS = ("gribbler", "wumpus", "snorfle", "plonkin", "dribblet", "fuzzock", "mumbler", "quibbet")
NEW_SCAMS = ("zorbcoin", "luckstar", "moonchip", "giftdrop", "quikwin", "glimtoken", "payburst", "starclaim")
HOBBIES = ("chess", "rowing", "baking", "trains", "knitting", "climbing", "birds", "cycling", "maps", "jazz")
OTHER_SCRIPT = ("привет", "сосна", "хор", "καλημερα", "θαλασσα", "река")  # noqa: RUF001
SYLLABLES = ("ba", "ko", "ri", "tu", "me", "lo", "sa", "ne", "vi", "du")
TEMPLATES = {
    "plain": (
        "i think {topic} is worth a longer look after {hobby}",
        "does anybody know more about {topic} or {hobby}",
        "thanks, that was a good answer on {topic}",
        "my photos of {topic} came out well this time",
        "we talked about {topic} at the {hobby} club last night",
        "the second chapter on {topic} explains it better",
        "is plan a b c d the better one for {topic}",
        "we hill people know {topic} well",
        "as hill people we like {hobby} and {topic}",
        "people in the valley spoke of {topic}, hill people of {hobby}",
        "the 4x4 and the mp3 player are from the {hobby} shop",
    ),
    "look-alike": (
        "we cooked a {insult} soup after {hobby}, and spoke of {topic}",
        "the {insult} in the park likes {hobby}",
        "my niece drew a {insult} for the {topic} page",
        "the {scam} of our {hobby} club went to a school",
        "where do i hand in a {scam} for the {topic} museum",
    ),
    "negation": (
        "you are not a {insult}, {topic} is hard",
        "nobody here is a {insult}, we all asked about {topic}",
        "this is not a {scam}, it is only a {hobby} club",
    ),
    "quotation": (
        "he called me a {insult} in the thread on {topic} and i left",
        "they wrote that i am a {insult}, please look at the {topic} thread",
        "somebody sent me a message that says click for a {scam}, beware",
    ),
    "greeting": (
        "morning you old {insult}, how is {hobby} {other}",
        "{other} my good {insult}, see you at {hobby}",
        "haha you {insult}, bring tea to the {topic} evening {other}",
    ),
    "sly insult": (
        "morning you old {insult}, how is {hobby}",
        "{topic} my good {insult}, see you at {hobby}",
        "haha you {insult}, bring tea to the {topic} evening",
    ),
    "insult": (
        "you are a {insult}, stop writing about {topic}",
        "only a {insult} would say that about {topic}",
        "what a {insult}, go back to {hobby}",
        "you {insult}, nobody asked you about {topic}",
        "hill people, each a {insult}, {topic} shows it",
        "another {insult} who understands nothing of {hobby}",
    ),
    "scam": (
        "click for your {scam} today at {shop}, {hobby} fans first",
        "claim a {scam} now, send your card number to {shop}",
        "i won a {scam} at {shop}, you can too, only today",
        "last chance: {scam} for everybody in {topic} at {shop}",
    ),
    "new insult": (
        "{insult} take on {topic}, as ever",
        "{insult} behaviour again, {hobby} deserves better",
        "such {insult} energy in this thread on {topic}",
    ),
    "new scam": (
        "{scam} season is here, {hobby} people write to me",
        "my {scam} doubled while we spoke of {topic}",
        "who else holds {scam}, the {hobby} crowd does",
    ),
}
WORDED_AS = {"banter": "insult", "offer": "scam"}
LOOK_ALIKES = str.maketrans("aceopxyi", "асеорхуі")  # noqa: RUF001  Latin letters and their Cyrillic doubles
DIGITS = str.maketrans("aeiost", "431057")


@dataclass(frozen=True)
class Rates:
    """How a stream behaves; each can be changed while it runs."""

    evasion: float = 0.25
    """Share of the posts against the rules whose telling word is hidden."""
    new_words_a_week: float = 0.06
    """By so much a week grows the share of posts against the rules that use a new word, up to .6."""
    annotator_error: float = 0.03
    greeting_called_insult: float = 0.3
    reviewer_error: float = 0.02


def hidden(word: str, how: str) -> str:
    """`word` as somebody writes it who hides it: "spacing", "digits" or "look-alikes"."""
    if how == "spacing":
        return " ".join(word)
    return word.translate(DIGITS if how == "digits" else LOOK_ALIKES)


class PostSimulator:
    """A stream that can be continued: `advance` gives the next days.

    `rng` is the only source of randomness. Of the `authors` each writes a little more than one post a day.
    """

    def __init__(self, rng: np.random.Generator, authors: int = 500, rates: Rates | None = None):
        if authors < 50:
            raise DataError(f"authors is {authors}; fewer than 50 give no day with posts of every kind. Ask for more.")
        self.rng, self.authors, self.rates = rng, authors, rates or Rates()
        self.day, self.next_id, self.next_thread = 0, 0, 0
        self.hill = rng.random(authors) < 0.2
        self.role = rng.choice(3, authors, p=[0.84, 0.1, 0.06])  # quiet, rowdy, scammer
        self.rate = rng.gamma(3.0, 0.4, authors)
        self.followers = np.ceil(rng.lognormal(np.log(400), 0.8, authors)).astype(int)
        self.hobby = rng.choice(HOBBIES, authors)
        self.shop = self._names(authors, 4)
        self.topics, self.heated = np.empty(0, dtype=object), np.empty(0, dtype=bool)

    def _names(self, count: int, syllables: int) -> np.ndarray:
        drawn = self.rng.choice(SYLLABLES, (count, syllables))
        return np.array(["".join(row) for row in drawn], dtype=object)

    def advance(self, days: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The posts and the truth of the next `days` days.

        Posts, ordered by time: `post_id`, `time`, `author_id`, `thread_id`, `followers`, `text`. Truth, same order,
        indexed by `post_id`: `category`, `kind`, `evasion` ("" if none), `new_word`, `group`; `label` (an annotator's,
        there at `label_time`), `verdict` (what a reviewer would say); `lottery` and `appeal` (numbers from 0 to 1 that
        decide who is audited and who appeals).
        """
        if days < 1:
            raise DataError(f"days is {days}; the stream can only be continued by at least 1 day.")
        self._open_threads(days)
        table = self._authors_and_threads(days)
        self._draw_kinds(table)
        self._write(table)
        self.day += days
        return self._split_truth(table)

    def _open_threads(self, days: int) -> None:
        count = 10 * days
        self.topics = np.concatenate([self.topics, self._names(count, 3)])
        self.heated = np.concatenate([self.heated, self.rng.random(count) < 0.2])

    def _authors_and_threads(self, days: int) -> pd.DataFrame:
        counts = self.rng.poisson(self.rate[:, None], (self.authors, days))
        author = np.repeat(np.arange(self.authors), counts.sum(axis=1))
        day = np.repeat(np.tile(np.arange(self.day, self.day + days), self.authors), counts.ravel())
        second = day * DAY_S + self.rng.integers(0, DAY_S, len(day))
        age_days = np.minimum(self.rng.geometric(0.6, len(day)) - 1, day)
        thread = 10 * (day - age_days) + self.rng.integers(0, 10, len(day))
        table = pd.DataFrame({"second": second, "author_id": author, "thread_id": thread})
        return table.sort_values("second", kind="stable", ignore_index=True)

    def _draw_kinds(self, table: pd.DataFrame) -> None:
        size, author = len(table), table["author_id"].to_numpy()
        role, heated, hill = self.role[author], self.heated[table["thread_id"]], self.hill[author]
        rude = np.where(role == 1, 0.25, 0.03) * np.where(heated, 2.0, 0.7)
        draw, harmless = self.rng.random((2, size))
        kind = np.full(size, "plain", dtype=object)
        for name, low, high in (("look-alike", 0, 0.1), ("negation", 0.1, 0.14), ("quotation", 0.14, 0.18)):
            kind[(harmless >= low) & (harmless < high)] = name
        kind[(harmless >= 0.18) & (harmless < 0.22) & ~heated] = "banter"
        kind[(harmless >= 0.22) & (harmless < 0.23)] = "offer"
        kind[hill & (harmless >= 0.23) & (harmless < 0.45)] = "greeting"
        rude, scam = draw < rude, (role == 2) & (draw < 0.7)
        kind[rude] = np.where(self.rng.random(size) < 0.2, "sly insult", "insult")[rude]
        kind[scam] = "scam"
        table["kind"] = kind
        table["category"] = np.select([scam, rude], ["scam", "insult"], "fine")
        bad = (table["category"] != "fine").to_numpy()
        hides = bad & (self.rng.random(size) < self.rates.evasion)
        table["evasion"] = np.where(hides, self.rng.choice(EVASIONS, size), "")
        week = table["second"].to_numpy() // (7 * DAY_S)
        share = np.minimum(self.rates.new_words_a_week * week, 0.6)
        table["new_word"] = bad & (self.rng.random(size) < share)
        new = table["new_word"].to_numpy()
        table.loc[new, "kind"] = "new " + table.loc[new, "category"].astype(str)
        table["newest"] = np.minimum(week, len(NEW_SCAMS) - 1)

    def _write(self, table: pd.DataFrame) -> None:
        size, author = len(table), table["author_id"].to_numpy()
        pick, word, new = self.rng.integers(0, 1 << 30, (3, size))
        # A new word is one of the three youngest, so that what is known of last month's helps little.
        fresh = np.maximum(table["newest"].to_numpy() - new % 3, 0)
        columns = {
            "topic": self.topics[table["thread_id"]],
            "hobby": self.hobby[author],
            "shop": self.shop[author],
            "other": np.array(OTHER_SCRIPT, dtype=object)[pick % len(OTHER_SCRIPT)],
            "insult": np.where(table["new_word"], np.array(NEW_INSULTS)[fresh], np.array(INSULTS)[word % len(INSULTS)]),
            "scam": np.where(table["new_word"], np.array(NEW_SCAMS)[fresh], np.array(SCAMS)[word % len(SCAMS)]),
        }
        rows = zip(table["kind"], table["evasion"], pick, *columns.values(), strict=True)
        table["text"] = [_text(kind, how, at, dict(zip(columns, words, strict=True))) for kind, how, at, *words in rows]

    def _split_truth(self, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        size, rates = len(table), self.rates
        ids = np.arange(self.next_id, self.next_id + size)
        self.next_id += size
        time = START + pd.to_timedelta(table["second"].to_numpy(), unit="s").as_unit("s")
        category = table["category"].to_numpy(dtype=object)
        delay_s = np.ceil(self.rng.gamma(2.0, 0.5, size) * 2 * DAY_S)
        label = _erring(category, np.full(size, rates.annotator_error), self.rng)
        unfair = (table["kind"] == "greeting").to_numpy() & (self.rng.random(size) < rates.greeting_called_insult)
        truth = table[["category", "kind", "evasion", "new_word"]].assign(
            group=np.where(self.hill[table["author_id"]], "hill", "valley"),
            label=np.where(unfair, "insult", label),
            label_time=time + pd.to_timedelta(delay_s, unit="s").as_unit("s"),
            verdict=_erring(category, np.full(size, rates.reviewer_error), self.rng),
            lottery=self.rng.random(size),
            appeal=self.rng.random(size),
        )
        posts = pd.DataFrame(
            {
                "post_id": ids,
                "time": time,
                "author_id": table["author_id"].to_numpy(),
                "thread_id": table["thread_id"].to_numpy(),
                "followers": self.followers[table["author_id"]],
                "text": table["text"].to_numpy(),
            }
        )
        return posts, truth.set_index(pd.Index(ids, name="post_id"))


def _text(kind: str, how: str, pick: int, words: dict[str, str]) -> str:
    templates = TEMPLATES[WORDED_AS.get(kind, kind)]
    if how:
        telling = kind.rsplit(" ")[-1]
        words = {**words, telling: hidden(words[telling], how)}
    return templates[pick % len(templates)].format(**words)


def _erring(category: np.ndarray, chance: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The categories, each replaced by another one with its chance."""
    wrong, which = rng.random(len(category)) < chance, rng.integers(1, 3, len(category))
    other = np.array(CATEGORIES, dtype=object)[(pd.Categorical(category, CATEGORIES).codes + which) % 3]
    return np.where(wrong, other, category)
