"""What every comparison with SimPy shares: requests come at their times, and each notes when it was answered."""

import numpy as np


def latency_in_simpy(env, scenario, served):
    """Seconds from arrival to answer, (n,); `served(i)` yields what request `i` goes through in `env`."""
    latency = np.empty(len(scenario.arrived))

    def request(i):
        yield from served(i)
        latency[i] = env.now - scenario.arrived[i]

    def all_of_them():
        for i, at in enumerate(scenario.arrived):
            yield env.timeout(at - env.now)
            env.process(request(i))

    env.process(all_of_them())
    env.run()
    return latency
