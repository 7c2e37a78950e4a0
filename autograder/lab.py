"""All that a process which runs a student's code learns of the lab: `lab.json`, generated from the instructor's `lab.toml`."""

import json
from pathlib import Path

_FACTS = json.loads(Path(__file__).with_name("lab.json").read_text("utf-8"))
NAME: str = _FACTS["name"]  # of the submitted files, without an ending
IMAGE: tuple[int, int, int] = tuple(_FACTS["image_shape"])  # height, width, channels
CLASSES: int = _FACTS["num_classes"]
EPOCHS: tuple[int, int] = tuple(_FACTS["epochs"])  # numbers of epochs to compile for: the lab's and another
