"""Exercises about tables of pandas: frames and series compared, indices, columns added, arguments left alone."""

from tests.attacks.differential.model import Exercise

TABLES = (
    Exercise(
        "sales_by_city",
        """
        table = pd.DataFrame({"city": ["Oslo", "Lima", "Oslo"], "sales": [1, 2, 3]})
        expected = pd.DataFrame({"city": ["Lima", "Oslo"], "sales": [2, 4]})
        pd.testing.assert_frame_equal(sales_by_city(table), expected)
        """,
        right={
            "plain": "def sales_by_city(table): return table.groupby('city', as_index=False)['sales'].sum()",
            "pivot": """
                def sales_by_city(table):
                    return table.pivot_table(index="city", values="sales", aggfunc="sum").reset_index()
            """,
            "built by hand": """
                import pandas as pd
                def sales_by_city(table):
                    sums = {}
                    for row in table.itertuples():
                        sums[row.city] = sums.get(row.city, 0) + row.sales
                    return pd.DataFrame(sorted(sums.items()), columns=["city", "sales"])
            """,
            "polars": """
                import pandas as pd
                import polars as pl
                def sales_by_city(table):
                    both = pl.DataFrame(table.to_dict("list")).group_by("city").agg(pl.col("sales").sum()).sort("city")
                    return pd.DataFrame(both.to_dict(as_series=False))
            """,
        },
        wrong={
            "city in the index": "def sales_by_city(table): return table.groupby('city')[['sales']].sum()",
            "not sorted": """
                def sales_by_city(table): return table.groupby('city', as_index=False, sort=False)['sales'].sum()
            """,
            "counted": "def sales_by_city(table): return table.groupby('city', as_index=False)['sales'].count()",
        },
    ),
    Exercise(
        "with_total",
        """
        table = pd.DataFrame({"price": [2.0, 3.0], "number": [5, 1]})
        got = with_total(table)
        assert list(got.columns) == ["price", "number", "total"]
        assert got["total"].tolist() == [10.0, 3.0]
        assert "total" not in table.columns, "the argument was changed"
        """,
        right={
            "plain": "def with_total(table): return table.assign(total=table.price * table.number)",
            "copy": """
                def with_total(table):
                    table = table.copy()
                    table["total"] = table["price"] * table["number"]
                    return table
            """,
            "concat": """
                import pandas as pd
                def with_total(table):
                    return pd.concat([table, (table["price"] * table["number"]).rename("total")], axis=1)
            """,
            "apply": """
                def with_total(table):
                    return table.assign(total=table.apply(lambda row: row["price"] * row["number"], axis="columns"))
            """,
            "eval": "def with_total(table): return table.eval('total = price * number')",
        },
        wrong={
            "changes the argument": """
                def with_total(table):
                    table['total'] = table.price * table.number
                    return table
            """,
            "inserted in front": """
                def with_total(table):
                    table = table.copy()
                    table.insert(0, "total", table["price"] * table["number"])
                    return table
            """,
        },
    ),
    Exercise(
        "adults",
        """
        people = pd.DataFrame({"name": ["A", "B", "C"], "age": [17, 18, 40]})
        got = adults(people)
        assert len(got) == 2 and got.shape == (2, 2)
        assert set(got["name"]) == {"B", "C"} and got["age"].min() == 18
        ### BEGIN HIDDEN TESTS
        assert got.iloc[0]["name"] == "B" and got.sort_values("age").name.iloc[-1] == "C"
        assert adults(people[:1]).empty
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def adults(people): return people[people.age >= 18]",
            "query": "def adults(people): return people.query('age > 17')",
            "loc": "def adults(people): return people.loc[lambda one: one['age'].ge(18), :]",
            "where": """
                def adults(people):
                    return people.where(people['age'] >= 18).dropna().astype(people.dtypes.to_dict())
            """,
            "drop": "def adults(people): return people.drop(people.index[people['age'] < 18]).reset_index(drop=True)",
        },
        wrong={
            "18 left out": "def adults(people): return people[people.age > 18]",
            "names only": "def adults(people): return people.loc[people.age >= 18, ['name']]",
        },
    ),
    Exercise(
        "add_share",
        """
        table = pd.DataFrame({"a": [1.0, 3.0]})
        alias = table
        assert add_share(table) is None
        assert table["share"].tolist() == [0.25, 0.75] and "share" in alias
        """,
        right={
            "plain": "def add_share(table): table['share'] = table['a'] / table['a'].sum()",
            "insert": "def add_share(table): table.insert(1, 'share', table.a / table.a.sum())",
            "loc": "def add_share(table): table.loc[:, 'share'] = [one / sum(table['a']) for one in table['a']]",
            "row by row": """
                def add_share(table):
                    total = table["a"].sum()
                    for label in table.index:
                        table.loc[label, "share"] = table.loc[label, "a"] / total
            """,
        },
        wrong={
            "a new table": "def add_share(table): table = table.assign(share=table.a / table.a.sum())",
            "an attribute": "def add_share(table): object.__setattr__(table, 'share', table.a / table.a.sum())",
        },
    ),
    Exercise(
        "daily",
        """
        times = pd.to_datetime(["2024-01-01 08:00", "2024-01-01 20:00", "2024-01-02 09:00"])
        got = daily(pd.Series([1.0, 2.0, 5.0], index=times))
        expected = pd.Series([3.0, 5.0], index=pd.to_datetime(["2024-01-01", "2024-01-02"]))
        pd.testing.assert_series_equal(got, expected, check_freq=False, check_names=False)
        ### BEGIN HIDDEN TESTS
        assert got.loc["2024-01-02"] == 5 and got.index[0].day == 1
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def daily(series): return series.resample('D').sum()",
            "normalised": "def daily(series): return series.groupby(series.index.normalize()).sum()",
            "floor": "def daily(series): return series.groupby(series.index.floor('D')).agg('sum')",
            "grouper": """
                import pandas as pd
                def daily(series): return series.groupby(pd.Grouper(freq="D")).sum()
            """,
        },
        wrong={
            "mean": "def daily(series): return series.resample('D').mean()",
            "dates as text": "def daily(series): return series.groupby(series.index.strftime('%Y-%m-%d')).sum()",
        },
    ),
    Exercise(
        "summary",
        """
        got = summary(pd.Series([1.0, 2.0, 6.0]))
        assert got["mean"] == 3 and got["max"] == 6
        assert set(got.keys()) == {"mean", "max", "n"} and got["n"] == 3
        ### BEGIN HIDDEN TESTS
        assert dict(got) == {"mean": 3.0, "max": 6.0, "n": 3}
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def summary(s): return {'mean': s.mean(), 'max': s.max(), 'n': len(s)}",
            "series": """
                import pandas as pd
                def summary(s): return pd.Series({"mean": s.mean(), "max": s.max(), "n": s.size})
            """,
            "aggregate": "def summary(s): return s.agg(['mean', 'max', 'count']).rename({'count': 'n'})",
            "numpy values": """
                import numpy as np
                def summary(s): return dict(mean=np.mean(s.to_numpy()), max=np.max(s), n=np.int64(s.count()))
            """,
            "ordered": """
                from collections import OrderedDict
                def summary(s): return OrderedDict(n=s.shape[0], max=max(s), mean=sum(s) / len(s))
            """,
        },
        wrong={
            "median": "def summary(s): return {'mean': s.median(), 'max': s.max(), 'n': len(s)}",
            "described": "def summary(s): return s.describe()",
        },
    ),
    Exercise(
        "joined",
        """
        orders = pd.DataFrame({"id": [1, 2, 3], "customer": [10, 20, 10]})
        names = pd.DataFrame({"customer": [10], "name": ["Ada"]})
        got = joined(orders, names)
        assert got.equals(pd.DataFrame({"id": [1, 2, 3], "customer": [10, 20, 10], "name": ["Ada", "-", "Ada"]}))
        ### BEGIN HIDDEN TESTS
        assert got.loc[1, "name"] == "-" and not got.isna().any().any()
        ### END HIDDEN TESTS
        """,
        right={
            "plain": "def joined(orders, names): return orders.merge(names, how='left').fillna({'name': '-'})",
            "map": """
                def joined(orders, names):
                    known = dict(zip(names["customer"], names["name"]))
                    return orders.assign(name=[known.get(one, "-") for one in orders["customer"]])
            """,
            "join": """
                def joined(orders, names):
                    both = orders.join(names.set_index("customer"), on="customer")
                    both["name"] = both["name"].fillna("-")
                    return both
            """,
            "series map": """
                def joined(orders, names):
                    return orders.assign(name=orders.customer.map(names.set_index("customer")["name"]).fillna("-"))
            """,
        },
        wrong={
            "rows lost": "def joined(orders, names): return orders.merge(names)",
            "holes": "def joined(orders, names): return orders.merge(names, how='left')",
        },
    ),
)
