"""The five readers of what strangers wrote."""

from tests.fuzz.targets import archives, evidence, networks, notebooks, weights

TARGETS = {module.TARGET.name: module.TARGET for module in (evidence, notebooks, archives, networks, weights)}
