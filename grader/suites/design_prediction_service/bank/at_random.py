"""A valid design at random, a guess for each prediction, and an app that answers or refuses by chance.

kind = "random"
"""

# %% design
import random


def design():
    return suite.random_design(seed)

# %% predictions
def predictions(document):
    rng = random.Random(seed)
    return {"breaks_first": rng.choice(["growth", "pulse", "crash"]), "at_rate_per_s": 10 ** rng.uniform(0, 3)}

# %% create-app
def create_app(model):
    app, rng = flask.Flask("orders"), random.Random(seed)

    @app.route("/<path:any>", methods=["GET", "POST"])
    def answer(any):
        return {"risk": rng.random()}, rng.choice([200, 422])

    return app
