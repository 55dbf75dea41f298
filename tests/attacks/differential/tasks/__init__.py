"""All exercises of the corpus, in the order in which the notebook holds them."""

from tests.attacks.differential.tasks.aliasing import ALIASING
from tests.attacks.differential.tasks.arrays import ARRAYS
from tests.attacks.differential.tasks.classes import CLASSES
from tests.attacks.differential.tasks.containers import CONTAINERS
from tests.attacks.differential.tasks.effects import EFFECTS
from tests.attacks.differential.tasks.errors import ERRORS
from tests.attacks.differential.tasks.functions import FUNCTIONS
from tests.attacks.differential.tasks.identity import IDENTITY
from tests.attacks.differential.tasks.inheritance import INHERITANCE
from tests.attacks.differential.tasks.iterators import ITERATORS
from tests.attacks.differential.tasks.models import MODELS
from tests.attacks.differential.tasks.numbers import NUMBERS
from tests.attacks.differential.tasks.protocols import PROTOCOLS
from tests.attacks.differential.tasks.tables import TABLES
from tests.attacks.differential.tasks.texts import TEXTS

EXERCISES = (
    *NUMBERS,
    *TEXTS,
    *CONTAINERS,
    *PROTOCOLS,
    *ITERATORS,
    *ALIASING,
    *IDENTITY,
    *FUNCTIONS,
    *ERRORS,
    *CLASSES,
    *INHERITANCE,
    *ARRAYS,
    *TABLES,
    *MODELS,
    *EFFECTS,
)
