"""The fleet on the days after its first release; a bad one reads every sensor tenfold."""

from case_studies.kit import LiveSystem, first_come
from case_studies.tiny import data, policy
from case_studies.tiny.features import features_of
from case_studies.tiny.models import Release
from case_studies.tiny.monitor import monitor_of, window_of


class Live(LiveSystem):
    def __init__(self, readings, first):
        self.sent, self.read, self.first, self.now = readings, readings.copy(), first, first
        past = (readings["time"] < first).to_numpy()
        self.features = features_of(readings)
        super().__init__(
            Release(8.0), monitor_of(Release(8.0), self.features[past][960:], readings["time"][past][960:])
        )

    def week(self, rollback):
        for _ in range(7):
            self.day(self.now, rollback)
            self.now += data.DAY

    def live_day(self, arrivals):
        today = (self.sent["time"].dt.normalize() == arrivals).to_numpy()
        self.read.loc[today, "degrees"] = self.sent["degrees"][today] * self.release.unit
        features = features_of(self.read[self.read["time"] < arrivals + data.DAY])[-today.sum() :]
        window = window_of(features, self.release.score(features.to_numpy()), self.release.threshold)
        acted = first_come(self.sent["time"][today], window["wanted"].to_numpy(), policy.CHECKS_PER_DAY)
        return window, {"saved_eur": policy.saved_eur(acted, self.sent["failed_at"][today].notna().to_numpy()).sum()}

    def spoils(self, release):
        return release.unit != 1.0

    def restore_state(self, day):
        self.read["degrees"] = self.sent["degrees"]


def opened(rng):
    return Live(data.load(seed=int(rng.integers(100)), days=15), data.START + 8 * data.DAY)


def spoiled(release):
    return release.in_kelvin_by_mistake()
