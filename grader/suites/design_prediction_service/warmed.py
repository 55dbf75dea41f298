"""Imported by processes whose forks run designs: the simulator is compiled, or found compiled, when this is loaded.

That is the purpose of this module, and the one thing that importing it does.
"""

from grader.suite_kit.designs import Draw
from grader.suites.design_prediction_service import world
from grader.suites.design_prediction_service.document import ServiceDesign

world.run(ServiceDesign(), Draw("crash", 0, (("at", 10.0), ("down", 10.0))))
