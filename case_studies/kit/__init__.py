"""What the case studies share and nobody else needs: artefacts, releases, decisions, live days, commands."""

from case_studies.kit.artefacts import read_artefact, save_artefact
from case_studies.kit.caller import key_header
from case_studies.kit.capacity import filling_value, first_come
from case_studies.kit.decision_record import DecisionRecord
from case_studies.kit.decision_service import DecisionService, Id, LocalTime
from case_studies.kit.decision_store import Decision, DecisionStore, microseconds
from case_studies.kit.live_monitor import LiveMonitor, with_monitor
from case_studies.kit.live_system import LiveSystem, Rollback, acting, weekly
from case_studies.kit.model_registry import ModelRegistry
from case_studies.kit.release_gate import gains
from case_studies.kit.replay import bodies, replay
from case_studies.kit.rollback import SKEW_TOLERANCE, daily_monitor, feature_skew, promote_after_restore, roll_back
from case_studies.kit.runs import Run
from case_studies.kit.training_labels import DelayCurve, TrainingLabels

__all__ = [
    "SKEW_TOLERANCE",
    "Decision",
    "DecisionRecord",
    "DecisionService",
    "DecisionStore",
    "DelayCurve",
    "Id",
    "LiveMonitor",
    "LiveSystem",
    "LocalTime",
    "ModelRegistry",
    "Rollback",
    "Run",
    "TrainingLabels",
    "acting",
    "bodies",
    "daily_monitor",
    "feature_skew",
    "filling_value",
    "first_come",
    "gains",
    "key_header",
    "microseconds",
    "promote_after_restore",
    "read_artefact",
    "replay",
    "roll_back",
    "save_artefact",
    "weekly",
    "with_monitor",
]
