"""All exercises of the corpus, in the order in which the notebook holds them.

A test runs here as there, by IPython. What can differ is the process around it: a fork, its files and streams, threads
and processes below it, the libraries that were loaded before it began.
"""

from tests.attacks.differential.tasks.effects import EFFECTS
from tests.attacks.differential.tasks.functions import FUNCTIONS
from tests.attacks.differential.tasks.models import MODELS

EXERCISES = (*FUNCTIONS, *MODELS, *EFFECTS)
