"""The six readers of what strangers wrote."""

from tests.fuzz.targets import archives, evidence, histories, networks, notebooks, weights

TARGETS = {module.TARGET.name: module.TARGET for module in (evidence, histories, notebooks, archives, networks, weights)}
