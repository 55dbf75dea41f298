"""Normal days of readings."""

from case_studies.kit import daily_monitor

WATCHED = ["degrees", "mean_degrees"]


def window_of(features, score, threshold):
    return features[WATCHED].assign(score=score, wanted=score >= threshold)


def monitor_of(release, features, time):
    window = window_of(features, release.score(features.to_numpy()), release.threshold)
    return daily_monitor(window, time.dt.normalize().to_numpy(), WATCHED, thin=2)
