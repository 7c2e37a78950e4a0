"""Read `solution/lab.toml`, and say what in it the kit could not grade by.

The checks compare a submission with what stands there, so the kit follows a changed lab as far as these rules go.
"""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder import dataset, updates
from autograder.checks import __file__ as checks_file
from autograder.instructor.source import SourceError
from autograder.submission import TASKS

Lab = dict[str, Any]

LAYERS = {"Conv2D", "Dense", "Dropout", "Flatten", "MaxPooling2D"}
PIXEL_MAXIMUM = 255
FEWEST_CLASSES, MOST_CLASSES = 5, 100  # the edge case leaves some classes out; evidence has an image of each
LONGEST_SIDE = 64  # evidence holds all probe images
OTHER_EPOCHS = (10, 20)


def read(solution_dir: Path) -> Lab:
    """The marking scheme, `lab.toml`.

    Raises:
        SourceError: it is no TOML, or the checks cannot grade by it.
    """
    try:
        lab = tomllib.loads((solution_dir / "lab.toml").read_bytes().decode("utf-8"))
    except ValueError as error:
        raise SourceError(f"lab.toml: {error}") from error
    try:
        problems = list(_problems(lab))
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        problems = [f"a table or a key is missing or of another form: {error!r}"]
    if problems:
        raise SourceError("lab.toml: " + "; ".join(problems))
    return lab


def forms(lab: Lab) -> tuple[str, str]:
    """The names of the script and of the notebook."""
    return f"{lab['lab']['name']}.py", f"{lab['lab']['name']}.ipynb"


def slug(lab: Lab) -> str:
    """The lab's name with hyphens: that of the assignment in nbgrader, and of the bundle with ``-lab`` after it."""
    return str(lab["lab"]["name"]).replace("_", "-")


def facts(lab: Lab) -> dict[str, Any]:
    """What the sandbox may know of the lab: the content of `autograder/lab.json`."""
    data, epochs = lab["data"], int(lab["training"]["epochs"])
    other = next(count for count in OTHER_EPOCHS if count != epochs)
    about = {"name": lab["lab"]["name"], "image_shape": data["image_shape"], "num_classes": data["num_classes"]}
    return {**about, "epochs": [epochs, other]}


def functions() -> dict[str, list[str]]:
    """Every check there is a function for, with the checks that it needs."""
    found = {}
    for path in sorted(Path(checks_file).parent.glob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                calls = [call for call in node.decorator_list if isinstance(call, ast.Call)]
                needed = [ast.literal_eval(value) for call in calls for value in call.args]
                found[f"{path.stem.removeprefix('test_')}.{node.name.removeprefix('test_')}"] = needed
    return found


def _problems(lab: Lab) -> Iterator[str]:
    name = lab["lab"]["name"]
    if not (isinstance(name, str) and name.isascii() and name.isidentifier()) or name in TASKS:
        yield f"lab.name is the name of a Python module. Received: {name!r}"
    if not all(type(lab["training"][key]) is int and lab["training"][key] > 0 for key in ("epochs", "batch_size", "validation")):
        yield "training.epochs, batch_size and validation are whole numbers"
    if type(lab["data"]["training_images"]) is not int or lab["data"]["training_images"] <= lab["training"]["validation"]:
        yield "data.training_images is a whole number, larger than training.validation"
    yield from _of_data(lab["data"])
    yield from _of_network(lab)
    yield from _of_compile(lab["compile"])
    yield from _of_checks(lab)
    if "bands" not in lab["accuracy"].get(lab["data"]["name"], {}):
        yield f"[accuracy.{lab['data']['name']}] with minimum_accuracy and bands is missing"
    if lab["accuracy"]["weights_file"] != f"{name}.keras":
        yield f"accuracy.weights_file is {name}.keras. Received: {lab['accuracy']['weights_file']!r}"


def _of_data(data: Mapping[str, Any]) -> Iterator[str]:
    sides = data["image_shape"]
    if len(sides) != 3 or not all(type(side) is int and 1 <= side <= LONGEST_SIDE for side in sides) or sides[2] not in (1, 3):
        yield f"data.image_shape is [height, width, channels], sides up to {LONGEST_SIDE}, channels 1 or 3. Received: {sides}"
    if data["num_classes"] != len(data["class_names"]) or not FEWEST_CLASSES <= data["num_classes"] <= MOST_CLASSES:
        yield f"data.num_classes is the number of class_names, {FEWEST_CLASSES} to {MOST_CLASSES}"
    if data["scale"] != PIXEL_MAXIMUM:
        yield f"data.scale is {PIXEL_MAXIMUM}, the largest value of a pixel. Received: {data['scale']}"
    if not (isinstance(data["name"], str) and data["name"].isidentifier()) or data["name"] == dataset.SYNTHETIC:
        yield f"data.name is that of keras.datasets, or one of your own in letters and underscores. Received: {data['name']!r}"
    if not (data["deviation"] > 0 <= data["mean"] <= PIXEL_MAXIMUM) or not isinstance(data["title"], str):
        yield "data.mean and data.deviation are those of the pixels, data.title is a text"


def _of_network(lab: Lab) -> Iterator[str]:
    layers = lab["model"]["layers"]
    yield from (f"no layer of class {row['class']!r} in a lab" for row in layers if row["class"] not in LAYERS)
    last = layers[-1]
    if (last["class"], last.get("units"), last.get("activation")) != ("Dense", lab["data"]["num_classes"], "softmax"):
        yield "the last layer is Dense with a unit for each class and softmax"


def _of_compile(facts: Mapping[str, Any]) -> Iterator[str]:
    if facts.get("optimizer", "SGD") not in updates.SIMULATED:
        yield f"compile.optimizer is one of {', '.join(updates.SIMULATED)}. Received: {facts['optimizer']!r}"
    if facts["loss"] != "categorical_crossentropy" or facts["metric"] != "accuracy":
        yield "compile.loss is categorical_crossentropy and compile.metric accuracy"
    if facts.get("decay", "learning_rate / epochs") != "learning_rate / epochs":
        yield f'compile.decay is "learning_rate / epochs" or left out. Received: {facts["decay"]!r}'


def _of_checks(lab: Lab) -> Iterator[str]:
    known, listed = functions(), list(lab["checks"])
    yield from (f"no function in autograder/checks/ for the check {name}" for name in listed if name not in known)
    for place, name in enumerate(listed):
        missing = [needed for needed in known.get(name, ()) if needed not in listed[:place]]
        yield from (f"the check {needed} stands before {name}, which needs it" for needed in missing)
    if "compile.momentum" in listed and not {"momentum", "nesterov"} <= lab["compile"].keys():
        yield "the check compile.momentum needs compile.momentum and compile.nesterov"
    sections = list(lab["sections"])
    if sections != [name for name in ("data", "model", "compile", "accuracy") if name in sections] or len(sections) != 4:
        yield f"the sections are data, model, compile and accuracy. Received: {', '.join(sections)}"
