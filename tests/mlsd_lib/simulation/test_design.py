"""Design documents: YAML and back, refusals that say what to change, comparison; the scorecard, the command."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from matplotlib.text import Text
from typer.testing import CliRunner

from lessons.latency_and_throughput.sweep import evaluate
from mlsd.cli import app
from mlsd_lib.lesson.direct_labels import EndLabel
from mlsd_lib.lesson.figures import overlapping_texts
from mlsd_lib.simulation import SimulationError
from mlsd_lib.simulation.design import Design, Document, Part, Queue, Replicas, Retries
from mlsd_lib.simulation.scenario import SCENARIOS, scenario
from mlsd_lib.simulation.scorecard import scored
from mlsd_lib.simulation.strict_yaml import read_yaml
from notebook_runner.errors import CourseError
from tests.mlsd_lib.simulation.test_serving_simulator import designs

SLOW = {"rate": 140.0, "seconds": 360.0}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(designs)
def test_a_design_survives_its_yaml(design):
    import yaml

    assert Design.model_validate(yaml.safe_load(design.to_yaml()) or {}) == design


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"replicas": {"cont": 1}}, r"replicas\.cont is no entry; known here are count, start_up_s"),
        ({"breaker": {"opens": 1}}, r"breaker\.opens is no entry; known here are failures, window, open_s"),
        ({"cache": {"items": 5}}, r"cache\.ttl_s is missing\. Add it"),
        ({"timeout_s": "1"}, r"timeout_s is '1'; it must be a number. Write one"),
        ({"timeout_s": 0}, r"timeout_s is 0; it must be greater than 0"),
        ({"retries": {"most": 2.5}}, r"retries\.most is 2\.5; it must be a whole number"),
        ({"replicas": {"count": True}}, r"replicas\.count is True"),
        ({"replicas": 3}, "replicas is 3; it must be a mapping of entries. Write them out"),
        ({"timeout_s": iter([1.0])}, "timeout_s is an object of type list_iterator; it must be a number"),
        ({"fallback": "yes"}, "fallback is 'yes'; it must be true or false"),
        ([1, 2], r"is \[1, 2\]; it must be a mapping of replicas, batching.*Write one"),
        ({"batching": {"wait_s": 0.1}}, "Set most_rows"),
        ({"batching": {"most_rows": 8, "wait_s": 2.0}}, "Wait less"),
        ({"batching": {"most_rows": 8}, "queue": {"limit": 4}}, "Let more wait, or batch less"),
        ({"retries": {"budget": 0.1}}, "Allow a retry"),
        ({"hedge_after_s": 1.0}, "Hedge earlier"),
        ({"replicas": {"autoscaler": {"least": 4, "most": 2}}}, "Exchange them"),
        ({"replicas": {"count": 9, "autoscaler": {"least": 1, "most": 2}}}, "Start within it"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_change(document, message):
    with pytest.raises(SimulationError, match=message):
        Design.of(document)


def test_all_faults_are_told_at_once():
    with pytest.raises(SimulationError) as told:
        Design.of({"timeout_s": -1, "fallback": "yes", "retires": {}})
    assert len(str(told.value).splitlines()) == 3


class Kitchen(Part):
    cooks: int = 1


class Restaurant(Document):
    kitchen: Kitchen = Kitchen()
    tables: int = 20

    def _contradictions(self):
        if self.tables > 20 * self.kitchen.cooks:
            yield f"tables is {self.tables}, more than {self.kitchen.cooks} cooks can serve. Hire one."


def test_a_document_of_another_type_is_read_and_refused_in_the_same_words():
    assert Restaurant.of({"kitchen": {"cooks": 2}, "tables": 40}).to_yaml() == "kitchen:\n  cooks: 2\ntables: 40\n"
    refused = {"kitchen.cook is no entry; known here are cooks": {"kitchen": {"cook": 1}},
               "known here are kitchen, tables": {"chairs": 1}, "Hire one": {"tables": 21}}  # fmt: skip
    for message, document in refused.items():
        with pytest.raises(SimulationError, match=message):
            Restaurant.of(document)


def test_two_designs_are_compared_entry_by_entry():
    table = Design().compared(Design.of({"retries": {"most": 2}, "cache": {"items": 9, "ttl_s": 5.0}}))
    assert table.loc["retries.most"].tolist() == [0, 2]
    assert table.loc["cache.items", "other"] == 9
    assert "timeout_s" not in table.index


def test_a_kept_promise_and_the_figures_add_up():
    card = scored(Design(replicas=Replicas(count=3)), scenario("steady", **SLOW))
    assert card.verdict.startswith("Kept")
    figures = card.figures
    assert figures["good, %"] > 99.5
    shares = ("from the cache, %", "outdated, %", "simpler answer, %", "no answer, %")
    assert sum(figures[name] for name in shares) == 0
    assert figures["cost, EUR"] == pytest.approx(3 * 360 / 3_600 * 0.40)
    assert card.minutes["requests"].sum() == figures["requests"]


STORM = Design(timeout_s=0.5, retries=Retries(most=3))


@pytest.mark.parametrize(
    ("name", "design", "cause"),
    [
        ("flash-crowd", Design(), "Overload: "),
        ("flash-crowd", STORM, "Retries: "),
        ("slow-dependency", Design(), "Batches took 4 times as long"),
        ("replica-lost", Design(replicas=Replicas(count=1)), "Replicas lost: 1 at 120 s"),
        ("steady", Design.of({"batching": {"most_rows": 512, "wait_s": 0.6}}), "Batches: a full one"),
        ("steady", Design.of({"cache": {"items": 9_000, "ttl_s": 86_400.0}}), "Outdated answers: "),
        ("steady", Design(queue=Queue(limit=1)), "Refusals: the queue's limit of 1"),
    ],
)
def test_the_first_violated_minute_has_its_cause_in_words(name, design, cause):
    assert cause in scored(design, scenario(name, **SLOW)).verdict


def test_refusals_without_a_limit_are_for_want_of_a_replica():
    card = scored(Design(queue=Queue(limit=1)), scenario("steady", **SLOW))
    unlimited = replace(card, design=Design(queue=Queue(balancing="random")))
    assert "Refusals: no replica was up for " in unlimited.verdict


def test_a_minute_that_random_balancing_lost_says_so():
    story = scenario("steady", 1, rate=385.0, seconds=360.0)
    shared, random = (
        scored(Design(replicas=Replicas(count=2), queue=Queue(balancing=name)), story) for name in ("shared", "random")
    )
    assert shared.verdict.startswith("Kept")
    assert "Bursts: " in random.verdict
    assert "Each replica has its own queue (random): one may be idle while others queue." in random.verdict


def test_a_system_that_does_not_recover_is_told_and_by_what_it_is_held():
    verdict = scored(STORM, scenario("flash-crowd", **SLOW)).verdict
    assert "it did not recover. Each request was sent" in verdict
    assert "minutes were missed, the last of them" in scored(Design(), scenario("slow-dependency", **SLOW)).verdict


def test_every_scenario_is_the_same_for_a_seed_and_another_for_another():
    for name in SCENARIOS:
        one, same, other = (scenario(name, seed, rate=20.0).arrived for seed in (1, 1, 2))
        assert one.tolist() == same.tolist()
        assert one.tolist() != other.tolist()
    with pytest.raises(SimulationError, match="must be one of steady"):
        scenario("calm")


def test_a_thousand_designs_have_the_same_figures_on_a_pool_and_on_a_cluster():
    from mlsd_lib.modeling.dask_cluster import DaskCluster

    many = [Design(replicas=Replicas(count=1 + k % 7), queue=Queue(limit=1 + k // 7)) for k in range(1_001)]
    options = {"rate": 10.0, "seconds": 30.0}
    pool = evaluate(many, "flash-crowd", 5, processes=2, **options)
    with DaskCluster(workers=1) as cluster:
        there = evaluate(many, "flash-crowd", 5, scheduler=cluster.address, **options)
    assert len(pool) == len(many)
    assert there.equals(pool)
    story = scenario("flash-crowd", 5, **options)
    for k in (0, 500, 1_000):
        assert pool.iloc[k].to_dict() == scored(many[k], story).figures


def test_violated_minutes_are_those_whose_good_share_is_below_the_level():
    for name in ("slow-dependency", "flash-crowd"):
        card = scored(STORM, scenario(name, 4, rate=140.0, seconds=330.0))
        table = card.minutes
        assert 0 < len(card.violated) < len(table) or name == "flash-crowd"
        assert card.violated == [int(k) for k in table.index[table["good"] < card.scenario.level.share]]
        assert card.good_by_minute[table.index].tolist() == table["good"].tolist()


def test_the_command_prints_the_scorecard_and_writes_a_page_that_needs_nothing(tmp_path):
    path = tmp_path / "design.yaml"
    path.write_text("timeout_s: 0.5\nretries: {most: 3}\n")
    (tmp_path / "other.yaml").write_text("replicas: {count: 3}\n")
    words = [
        "simulate",
        str(path),
        "--scenario",
        "flash-crowd",
        "--rate",
        "40",
        str(tmp_path / "other.yaml"),
    ]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "minutes below the level" in result.output
    assert "design.yaml" in result.output
    assert "other.yaml" in result.output
    page = (tmp_path / "design-flash-crowd.html").read_text()
    assert "<svg" in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    ).replace("https://matplotlib.org", "")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["design-flash-crowd.html", "design.yaml", "other.yaml"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("retries: {most: x}", "retries.most is 'x'"),
        ("a: [", "cannot be read"),
        ("", "must be a mapping"),
        ("timeout_s: 1\ntimeout_s: 2", "'timeout_s' stands here twice"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "line 2 holds a YAML alias (*a)"),
        ("[" * 3_000, "more than 20 levels deep"),
        ("retries: {most: 1}" + " " * 20_000, "20,018 characters; at most 20,000 are read"),
        ("timeout_s: 1:30", "timeout_s is '1:30'; it must be a number"),
        ("fallback: yes", "fallback is 'yes'; it must be true or false"),
        ("replicas: {count: 0x" + "f" * 5_000 + "}", "line 1 holds a number of 5,002 digits; 100 are read. Shorten"),
        ("replicas: {count: !!bool x}", "line 1 holds a YAML tag (tag:yaml.org,2002:bool). Leave it out"),
    ],
)
def test_a_file_that_is_no_design_is_refused(tmp_path, text, message):
    path = tmp_path / "design.yaml"
    path.write_text(text)
    result = CliRunner().invoke(app, ["simulate", str(path)])
    assert isinstance(result.exception, SimulationError)
    assert message in str(result.exception)


def test_a_page_replaces_a_page_and_no_design(tmp_path):
    design, page = tmp_path / "design.yaml", tmp_path / "page.html"
    design.write_text("replicas: {count: 2}\n")
    asked = ["simulate", str(design), "--scenario", "steady", "--out"]
    assert [CliRunner().invoke(app, [*asked, str(page)]).exit_code for _ in range(2)] == [0, 0]
    result = CliRunner().invoke(app, [*asked, str(design)])
    assert "is no page about designs" in str(result.exception)
    assert design.read_text() == "replicas: {count: 2}\n"


def test_numbers_are_those_of_yaml_1_2():
    assert read_yaml("[010, 0o10, 0x10, 1e1, .5, 1., -1, .inf, true, ~]") == [
        10, 8, 16, 10.0, 0.5, 1.0, -1, float("inf"), True, None,
    ]  # fmt: skip


@pytest.mark.parametrize("place", ["none/page.html", "."])
def test_a_page_that_has_no_place_is_refused_before_anything_runs(tmp_path, place):
    (tmp_path / "design.yaml").write_text("timeout_s: 0.5")
    result = CliRunner().invoke(app, ["simulate", str(tmp_path / "design.yaml"), "--out", str(tmp_path / place)])
    assert isinstance(result.exception, CourseError)
    assert "must name a file in a folder that is there" in str(result.exception)


@pytest.mark.parametrize("name", ["steady", "daily-cycle", "flash-crowd"])
def test_names_on_a_page_of_figures_lie_neither_over_each_other_nor_on_their_lines(name):
    """Where all that was asked is answered well, three lines are one."""
    figure = scored(STORM, scenario(name, rate=20.0, seconds=300.0)).plot()
    assert overlapping_texts(figure) == []
    renderer = figure.canvas.get_renderer()
    names = [text for ax in figure.axes for text in ax.texts if isinstance(text, EndLabel)]
    assert len(names) >= 5
    assert all(Text.get_window_extent(label, renderer).x0 > label.axes.bbox.x1 for label in names)
