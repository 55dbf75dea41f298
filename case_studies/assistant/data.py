"""What comes in: the contract of questions and documents, the bodies of requests, what is reported of an answer."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from case_studies.assistant.support_desk import NOBODY, DeskSimulator, DeskStream
from case_studies.kit import bodies
from case_studies.kit.stream_times import between
from mlsd_lib.data import admit
from notebook_runner.errors import CourseError

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

DAY = pd.Timedelta(days=1)
LONGEST_TEXT = 500
MESSAGE = ["question_id", "time", "customer_id", "dealer", "text"]


class AssistantError(CourseError):
    """Something that the assistant cannot do: names the thing, the value, the rule and the fix."""


def contract() -> "DataFrameSchema":
    """What a table of questions must keep."""
    import pandera.pandas as pa

    columns = {
        "question_id": pa.Column("int64", pa.Check.ge(0), unique=True),
        "time": pa.Column("datetime64[us]", pa.Check(lambda time: time.is_monotonic_increasing, name="ordered")),
        "customer_id": pa.Column("int64", pa.Check.ge(0)),
        "dealer": pa.Column("bool"),
        "text": pa.Column(checks=pa.Check.str_length(1, LONGEST_TEXT)),
    }
    return pa.DataFrameSchema(columns, strict=True)


def document_contract() -> "DataFrameSchema":
    """What a table of document versions must keep: each row says who may read it and since when it is valid."""
    import pandera.pandas as pa

    columns = {
        "document_id": pa.Column("int64", pa.Check.ge(0)),
        "readers": pa.Column("int64", pa.Check.ge(-2)),
        "valid_from": pa.Column("datetime64[us]"),
        "text": pa.Column(checks=pa.Check.str_length(1, LONGEST_TEXT)),
    }
    return pa.DataFrameSchema(columns, strict=True)


def load_desk(rng: np.random.Generator, days: int = 56, quarantine: Path | None = None, **options: Any) -> DeskStream:
    """The simulated stream, admitted by the contracts; a broken table is set aside whole and refused."""
    stream = DeskSimulator(rng, **options).stream(days)
    admit(stream.questions, contract(), "questions", quarantine)
    admit(stream.documents, document_contract(), "documents", quarantine)
    return stream


def is_right(found: pd.DataFrame, truth: pd.DataFrame) -> np.ndarray:
    """Whether the passages that were `found`, a row a question, are the right ones and current, (n,) of bool."""
    same = found["document_id"].to_numpy() == truth["document_id"].to_numpy()
    return same & (found["valid_from"].to_numpy() == truth["valid_from"].to_numpy())


def noted_right(found: pd.DataFrame, truth: pd.DataFrame) -> np.ndarray:
    """The same by what an agent notes, who reads the passage and may take another document for the right one."""
    same = found["document_id"].to_numpy() == truth["noted_id"].to_numpy()
    err = truth["noted_id"].to_numpy() != truth["document_id"].to_numpy()
    return same & (err | (found["valid_from"].to_numpy() == truth["valid_from"].to_numpy()))


def messages(questions: pd.DataFrame) -> list[dict[str, Any]]:
    """The bodies for POST /predict, in the order of the questions."""
    return bodies(questions[MESSAGE])


def report_messages(stream: DeskStream, first: pd.Timestamp, end: pd.Timestamp) -> list[dict[str, Any]]:
    """The bodies for POST /reports of the notes on questions asked and noted from `first` until before `end`."""
    asked = stream.questions[between(stream.questions["time"], first, end)]
    truth = stream.truth.loc[asked["question_id"]]
    noted = (asked["time"] + truth["noted_after"].to_numpy()).astype("datetime64[us]")
    document = truth["noted_id"].to_numpy()
    table = asked[["question_id", "customer_id"]].assign(time=noted, answered_by=np.maximum(document, 0))
    table["answered"] = document != NOBODY
    return bodies(table[(noted < end).to_numpy()].sort_values("time"))
