"""A threshold on how far a reading lies above its machine's mean, and the unit in which the sensors are read."""

from dataclasses import dataclass, replace

from case_studies.kit import read_artefact, save_artefact


@dataclass(frozen=True)
class Release:
    threshold: float
    unit: float = 1.0

    def score(self, features):
        return features[..., 0] - features[..., 1]

    def in_kelvin_by_mistake(self):
        return replace(self, unit=10.0)

    def save(self, folder):
        save_artefact(folder, None, threshold=self.threshold, unit=self.unit)

    @classmethod
    def read(cls, folder):
        return cls(**read_artefact(folder)[1])
