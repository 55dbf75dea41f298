"""What comes in: the contract of the posts, how a release reads hidden words, and what had been decided by when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from case_studies.kit import bodies
from case_studies.kit.stream_times import between
from case_studies.moderation.hidden_words import LOOK_ALIKES, STEPS, read_plainly
from mlsd_lib.data import admit
from mlsd_lib.datasets.moderation import PostStream, simulate
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

DAY = pd.Timedelta(days=1)
MESSAGE = ["post_id", "time", "author_id", "thread_id", "followers", "text"]
LONGEST_TEXT = 2_000
INVERTED = str.maketrans({latin: foreign for foreign, latin in LOOK_ALIKES.items()})


class ModerationError(CourseError):
    """Something that the moderation system cannot do: names the thing, the value, the rule and the fix."""


def contract() -> "DataFrameSchema":
    """What a table of posts must keep."""
    import pandera.pandas as pa

    whole = ("post_id", "author_id", "thread_id", "followers")
    columns = {name: pa.Column("int64", pa.Check.ge(0), unique=name == "post_id") for name in whole}
    columns["time"] = pa.Column("datetime64[us]", pa.Check(lambda time: time.is_monotonic_increasing, name="ordered"))
    columns["text"] = pa.Column(checks=pa.Check.str_length(1, LONGEST_TEXT))
    return pa.DataFrameSchema(columns, strict=True)


def load_posts(
    rng: np.random.Generator,
    days: int = 60,
    quarantine: Path | None = None,
    source: str = "simulator",
    **options: Any,
) -> PostStream:
    """The simulated stream, admitted by the contract; a broken one is set aside whole and refused.

    Only the simulator has what a release needs. The published tweets are for `report --protocol`.
    """
    if source != "simulator":
        raise ModerationError(
            f"The source is {source!r}; a release learns from authors, threads, followers and times, which published "
            'texts do not hold. Give "simulator", or use report --protocol davidson.'
        )
    stream = simulate(rng, days, **options)
    admit(stream.posts, contract(), "posts", quarantine)
    return stream


@dataclass(frozen=True)
class Normaliser:
    """The part of a release that reads hidden words: which of `STEPS` it takes."""

    steps: tuple[str, ...] = STEPS
    inverted: bool = False
    """The mistake of a hurried patch: the table of look-alikes the wrong way round, from plain letters to hidden."""

    def read(self, text: str) -> str:
        """One text in plain letters, as far as the steps go."""
        plain = read_plainly(text, self.steps)
        return plain.translate(INVERTED) if self.inverted else plain

    def read_all(self, texts: Iterable[str]) -> np.ndarray:
        """Texts as `read` gives them, (n,) of str."""
        return np.array([self.read(text) for text in texts], dtype=object)


def messages(posts: pd.DataFrame) -> list[dict[str, Any]]:
    """The bodies for POST /predict, in the order of the posts."""
    return bodies(posts[MESSAGE])


def under_new_ids(messages: Sequence[dict[str, Any]], series: int, rounds: int = 2) -> list[dict[str, Any]]:
    """The messages `rounds` times, as posts that nobody has sent: no two ids are alike, here or in another `series`.

    For load tests: a post that has been decided about is answered from memory, which says nothing of the capacity.
    """
    ahead = 1 + max(message["post_id"] for message in messages)
    times = range(1 + series * rounds, 1 + (series + 1) * rounds)
    return [{**message, "post_id": message["post_id"] + ahead * time} for time in times for message in messages]


def report_messages(stream: PostStream, first: pd.Timestamp, end: pd.Timestamp) -> list[dict[str, Any]]:
    """The bodies for POST /reports of the strikes that reviewers entered from `first` until before `end`."""
    strikes = strikes_of(stream.posts, stream.truth)
    return bodies(strikes[between(strikes["time"], first, end)])


def strikes_of(posts: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Every verdict against a post: `post_id`, `author_id`, the `time` at which it arrives, and `against`, True."""
    struck = (truth["label"] != "fine").to_numpy() & truth["label_time"].notna().to_numpy()
    strikes = posts.loc[struck, ["post_id", "author_id"]]
    return strikes.assign(time=truth["label_time"].to_numpy()[struck], against=True)
