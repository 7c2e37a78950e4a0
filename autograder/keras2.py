"""What code for Keras 2 asks for and Keras 3 calls otherwise, told from the message of an error."""

import re

ASKED = (
    re.compile(r"No module named '(?:tensorflow\.(?:python\.)?)?(?P<module>keras\.[\w.]+)'"),
    re.compile(r"cannot import name '(?P<name>\w+)' from '(?:tensorflow\.(?:python\.)?)?(?P<module>keras[\w.]*)'"),
    re.compile(r"`(?P<module>keras\.optimizers\.legacy)` is not supported in Keras 3"),
)
LAYERS = ("advanced_activations", "convolutional", "core", "embeddings", "merge", "noise", "normalization", "pooling")
MOVED = {
    **{f"keras.layers.{name}": "keras.layers" for name in LAYERS},
    **{f"keras.utils.{name}": "keras.utils" for name in ("data_utils", "generic_utils", "np_utils", "vis_utils")},
    "keras.engine": "keras",
    "keras.optimizers.legacy": "keras.optimizers",
}
LR = "Argument(s) not recognized: {'lr'"


def moved(message: str) -> dict[str, str] | None:
    """The module of Keras 2 that an import asked for, and where its content is in Keras 3; None if it is no such error."""
    for pattern in ASKED:
        found = pattern.search(message)
        if found is None:
            continue
        asked = ".".join(filter(None, (found["module"], found.groupdict().get("name"))))
        for module, instead in MOVED.items():
            if asked == module or asked.startswith(f"{module}."):
                return {"module": module, "instead": instead}
    return None


def is_lr(message: str) -> bool:
    """Whether an optimizer was given ``lr``, which is ``learning_rate`` in Keras 3."""
    return LR in message
