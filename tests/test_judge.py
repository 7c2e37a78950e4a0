"""Whatever stands in the evidence, the judge gives a verdict, and no malformed part earns points."""

import copy
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder import files, judge, messages
from autograder.errors import GraderError
from autograder.scheme import load
from autograder.verdict import Verdict
from tests.support import reference

ALL = ("data", "model", "compile", "accuracy")
FULL = {"data": 20.0, "model": 40.0, "compile": 20.0}
EVALUATION = reference.evaluation(7500)
Change = Callable[[dict[str, Any]], object]


def judged(folder: Path, evidence: Any, sections: tuple[str, ...] = ALL, evaluation: dict[str, Any] | None = None) -> Verdict:
    """The verdict on this evidence, as the grader stores and judges it."""
    return judge.judge(reference.store(folder, evidence, evaluation), sections)


def points(verdict: Verdict) -> dict[str, float]:
    """Points by section."""
    return {part.name: part.points for part in verdict.sections}


def status(verdict: Verdict) -> dict[str, str]:
    """Status by check."""
    return {check.id: check.status for check in verdict.checks}


def test_honest(tmp_path: Path) -> None:
    """The lab's solution has all points of the sections that need no training, and says what was graded."""
    found = judged(tmp_path, reference.record())

    assert ("graded", FULL | {"accuracy": 0.0}) == (found.status, points(found))
    assert {"not_checked"} == {found.status for found in found.checks if found.section == "accuracy"}
    assert all(row["same"] for row in found.layers)
    assert ((), ()) == (found.notes, found.flags)
    assert reference.SEED == found.facts["seed"]


@pytest.mark.parametrize(
    ("accuracy", "expected"), [(1.0, 20), (0.7, 20), (0.6999, 16), (0.65, 16), (0.6, 12), (0.5, 8), (0.4, 4), (0.39, 0), (0.0, 0)]
)
def test_accuracy(tmp_path: Path, accuracy: float, expected: float) -> None:
    """The accuracy gives all points from the minimum on, and the share of its band below."""
    found = judged(tmp_path, reference.record(), ("accuracy",), reference.evaluation(round(accuracy * 10_000)))

    assert ("graded", expected) == (found.status, found.score)


@pytest.mark.parametrize(
    ("lab", "own", "expected", "code"),
    [
        (360, None, 8, "accuracy.trial.learns"),
        (360, 100, 8, "accuracy.trial.learns"),
        (100, 360, 8, "accuracy.trial.learns"),
        (287, None, 8, "accuracy.trial.learns"),
        (286, None, 0, "accuracy.trial.low"),
        (100, 120, 0, "accuracy.trial.low"),
    ],
)
def test_trial(tmp_path: Path, lab: int, own: int | None, expected: float, code: str) -> None:
    """A network that learned in the trial, compiled in either way, has a part of the points; one that did not has none."""
    found = judged(tmp_path, reference.record(), ALL, reference.trial(lab, own))

    assert (found.status, found.score, found.flags) == ("graded", 80 + expected, ())
    assert {"accuracy.test": code} == {check.id: check.reason.code for check in found.checks if check.reason}
    assert found.facts["accuracy"]["lab"]["losses"] == [2.3]


@pytest.mark.parametrize(
    ("loss", "named"),
    [
        ("binary_crossentropy", "binary_crossentropy"),
        (
            {"class": "CategoricalCrossentropy", "config": {"label_smoothing": 0.1}},
            "categorical_crossentropy(label_smoothing=0.1)",
        ),
    ],
)
def test_losses_of_a_trial_are_named(tmp_path: Path, loss: Any, named: str) -> None:
    """Where the submission's compilation was tried beside the lab's, the facts say with which loss each was trained."""
    change = in_runs("loss", loss)
    record = reference.record()
    change(record)
    both = judged(tmp_path / "both", record, ALL, reference.trial(360, 300)).facts
    one = judged(tmp_path / "one", record, ALL, reference.trial(360)).facts

    assert {"lab": "categorical_crossentropy", "own": named} == both["losses"]
    assert "losses" not in one


def test_trial_without_a_threshold(tmp_path: Path) -> None:
    """On data that nothing was calibrated for a trial says nothing: not checked, and no points."""
    found = judged(tmp_path, reference.record(), ("accuracy",), reference.trial(360, data="mine"))

    assert (found.status, found.score) == ("graded", 0)
    assert "not_checked" == status(found)["accuracy.test"]


@pytest.mark.parametrize(
    "change", [{"images": 0}, {"lab": None}, {"steps": "110"}, {"data": None}, {"own": {"right": 1001}}], ids=str
)
def test_malformed_trial(tmp_path: Path, change: dict[str, Any]) -> None:
    """A trial with a number that is none is for a person, never a mark."""
    found = judged(tmp_path, reference.record(), ALL, reference.trial(360) | change)

    assert "needs_attention" == found.status


@pytest.mark.parametrize(
    "change",
    [
        {"accuracy": 7.0},
        {"accuracy": -0.1},
        {"accuracy": True},
        {"accuracy": 1},
        {"accuracy": "0.9"},
        {"accuracy": None},
        {"accuracy": [0.9]},
        {"accuracy": float("nan")},
        {"accuracy": float("inf")},
        {"images": 0},
        {"images": "10000"},
        {"images": True},
        {"data": ["cifar10"]},
        {"data": None},
        {"standard_error": 0.5},
        {"loss": float("inf")},
        {"loss": -0.1},
        {"loss": 0},
        {"by_class": []},
        {"by_class": [[750, 1000]] * 9},
        {"confusion": [[1000] * 10] * 9},
        {"confusion": [[1000] * 9] * 10},
        {"confusion": [[1000] * 10] * 10},
        {"confusion": [[True] * 10] * 10},
        {"confusion": [[10**25] * 10] * 10},
        {"train": None},
        {"train": {"accuracy": 0.81, "loss": 0.5613, "images": 0}},
        {"train": {"accuracy": 1.81, "loss": 0.5613, "images": 5000}},
        {"train": {"accuracy": 0.81, "images": 5000}},
        {"gap": {"accuracy_z": 1.0, "loss_z": 9.5}},
        {"gap": {"accuracy_z": EVALUATION["gap"]["accuracy_z"], "loss_z": 1e300}},
        {"gap": {"accuracy_z": EVALUATION["gap"]["accuracy_z"], "loss_z": "9.5"}},
        {"status": []},
        {"status": "fine"},
        {"schema": 1},
        {"status": "error", "code": "accuracy.weights.shape"},
        {"status": "error", "code": 5, "params": {}},
        {"status": "error", "code": "accuracy.weights.shape", "params": [1]},
    ],
)
def test_malformed_evaluation(tmp_path: Path, change: dict[str, Any]) -> None:
    """An evaluation of another form is for a person, and never earns points."""
    found = judged(tmp_path, reference.record(), ("accuracy",), EVALUATION | change)

    assert ("needs_attention", 0.0) == (found.status, found.score)


@pytest.mark.parametrize("text", ["", "[]", "[" * 200_000, "{", '{"schema": 1, "schema": 1}', "\u00e9", " " * 2**21])
def test_evaluation_that_is_none(tmp_path: Path, text: str) -> None:
    """An evaluation that is no strict JSON is for a person."""
    reference.store(tmp_path, reference.record())
    (tmp_path / "evaluation.json").write_text(text, "utf-8")

    assert "needs_attention" == judge.judge(tmp_path, ("accuracy",)).status


def test_names_of_values(tmp_path: Path) -> None:
    """Values from the sandbox named like Python's own arguments do no harm."""
    error = {"status": "error", "code": "accuracy.weights.shape", "params": {"self": 1, "code": 2, "row": 3}}
    found = judged(tmp_path, reference.record(), ("accuracy",), EVALUATION | error)

    assert ("graded", "failed") == (found.status, status(found)["accuracy.weights"])


@pytest.mark.parametrize("code", ["model.returns.not_a_model", "model.honest.custom", "stage.missing"])
def test_no_network_to_test(tmp_path: Path, code: str) -> None:
    """Where build_model gave no network, that is what has to be mended, not how the weights were saved."""
    error = {"status": "error", "code": code, "params": {"received": "list", "function": "build_model"}}
    found = judged(tmp_path, reference.record(), ("accuracy",), EVALUATION | error)
    check = next(check for check in found.checks if check.id == "accuracy.weights")

    assert check.reason is not None
    assert "accuracy.weights.no_network" == check.reason.code
    told = messages.render("en", check.reason.code, check.reason.params, load().checks[check.id].hint["en"])
    assert "build_model" in told.todo and "model.save" not in told.todo


def test_the_script_that_writes_the_weights_is_named(tmp_path: Path) -> None:
    """Who trained nothing is told the command, with the names of the lab."""
    found = judged(tmp_path, reference.record(), ("accuracy",), reference.trial(360))
    reason = next(check.reason for check in found.checks if check.id == "accuracy.test")

    assert reason is not None
    nothing = judged(tmp_path, reference.record(), ("accuracy",)).checks[0].reason
    assert nothing is not None and nothing.code == "accuracy.none"
    for each in (reason, nothing):
        assert "`python cifar10_cnn.py`" in messages.render("en", each.code, each.params).todo


def at(*path: str | int, value: Any) -> Change:
    """A change of one place."""

    def change(record: dict[str, Any]) -> None:
        place: Any = record["stages"]
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return change


def in_runs(key: str, value: Any) -> Change:
    """A change of both runs of `compile_model`."""

    def change(record: dict[str, Any]) -> None:
        for run in record["stages"]["compile"]["value"]["runs"]:
            run[key] = copy.deepcopy(value)

    return change


def in_optimizer(key: str, value: Any) -> Change:
    """A change of the optimizer's settings in both runs."""

    def change(record: dict[str, Any]) -> None:
        for run in record["stages"]["compile"]["value"]["runs"]:
            run["optimizer"]["config"][key] = value

    return change


LAYERS = ("model", "value", "layers")
MALFORMED: dict[str, tuple[Change, str]] = {
    "no data": (at("data", "value", value={}), "data.returns"),
    "one case": (at("data", "value", "cases", value=[{}]), "data.returns"),
    "cases of another form": (at("data", "value", "cases", value=[[], 5]), "data.returns"),
    "no images": (at("data", "value", "cases", 0, "x_train", value=None), "data.returns"),
    "images that are none": (at("data", "value", "cases", 0, "x_train", value={"problem": "no"}), "data.rows"),
    "images of objects": (at("data", "value", "cases", 1, "x_test", "dtype", value="|O"), "data.rows"),
    "images without bytes": (at("data", "value", "cases", 1, "x_test", "zlib", value=None), "data.rows"),
    "labels without bytes": (at("data", "value", "cases", 1, "y_test", "zlib", value=None), "data.one_hot"),
    "no model": (at("model", "value", value={}), "model.returns"),
    "no layers": (at(*LAYERS, value=[]), "model.honest"),
    "layers of another form": (at(*LAYERS, value={"0": 1}), "model.honest"),
    "a layer of another form": (at(*LAYERS, 2, value="Conv2D"), "model.honest"),
    "filters as text": (at(*LAYERS, 0, "config", "filters", value="32"), "model.honest"),
    "regularizer as text": (at(*LAYERS, 0, "config", "kernel_regularizer", value="l2"), "model.honest"),
    "groups that do not divide": (at(*LAYERS, 0, "config", "groups", value=3), "model.honest"),
    "no weights": (at("model", "value", "weights", value=None), "model.honest"),
    "other weights": (at("model", "value", "weights", value=[]), "model.honest"),
    "no predictions": (at("model", "value", "predictions", value=None), "model.honest"),
    "predictions without bytes": (at("model", "value", "predictions", "zlib", value=None), "model.honest"),
    "predictions of another shape": (at("model", "value", "predictions", "shape", value=[20]), "model.honest"),
    "frozen by a word": (at(*LAYERS, 0, "trainable", value="yes"), "model.trainable"),
    "bias by a word": (at(*LAYERS, 0, "config", "use_bias", value="yes"), "model.honest"),
    "input as text": (at("model", "value", "input", value="(32, 32, 3)"), "model.honest"),
    "no runs": (at("compile", "value", value={}), "compile.compiles"),
    "one run": (at("compile", "value", "runs", value=[{}]), "compile.compiles"),
    "no optimizer": (in_runs("optimizer", None), "compile.compiles"),
    "an empty optimizer": (in_runs("optimizer", {}), "compile.honest"),
    "an optimizer without settings": (in_runs("optimizer", {"class": "SGD"}), "compile.honest"),
    "an optimizer whose class is a list": (in_runs("optimizer", {"class": ["SGD"], "config": {}}), "compile.optimizer"),
    "momentum as text": (in_optimizer("momentum", "0.9"), "compile.momentum"),
    "momentum as a list": (in_optimizer("momentum", [0.9]), "compile.momentum"),
    "nesterov as text": (in_optimizer("nesterov", "no"), "compile.momentum"),
    "clipping as text": (in_optimizer("clipnorm", "0"), "compile.optimizer"),
    "no trajectory": (in_runs("trajectory", None), "compile.honest"),
    "a trajectory of another form": (in_runs("trajectory", [1, 2, 3]), "compile.honest"),
    "no rate": (in_runs("learning_rate", None), "compile.honest"),
    "rates as text": (in_runs("learning_rate", {"kind": "constant", "values": ["nan"] * 8}), "compile.learning_rate"),
    "no loss": (in_runs("loss", None), "compile.loss"),
    "own loss with a name of Keras": (in_runs("loss", {"custom": "categorical_crossentropy"}), "compile.loss"),
    "a loss without settings": (in_runs("loss", {"class": "CategoricalCrossentropy"}), "compile.loss"),
    "a loss with other settings": (in_runs("loss", {"class": "CategoricalCrossentropy", "config": [1]}), "compile.loss"),
    "a loss with empty settings": (in_runs("loss", {"class": "CategoricalCrossentropy", "config": {}}), "compile.loss"),
    "a loss as a list": (in_runs("loss", ["categorical_crossentropy"]), "compile.loss"),
    "no metrics": (in_runs("metrics", None), "compile.metrics"),
    "metrics as text": (in_runs("metrics", "accuracy"), "compile.metrics"),
    "own metric with a name of Keras": (in_runs("metrics", [{"custom": "accuracy"}]), "compile.metrics"),
    "nested metrics": (in_runs("metrics", [["accuracy"]]), "compile.metrics"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_parts_earn_nothing(tmp_path: Path, name: str) -> None:
    """The check of a part that is malformed is not passed, and the other sections keep their points."""
    change, check = MALFORMED[name]
    record = reference.record()
    change(record)
    found = judged(tmp_path, record, ("data", "model", "compile"))

    assert status(found)[check] != "passed"
    section = check.split(".")[0]
    assert points(found)[section] < FULL[section]
    assert FULL | {section: 0} == points(found) | {section: 0}


@pytest.mark.parametrize(
    "change",
    [
        at("data", "status", value=[]),
        at("data", "status", value=None),
        at("model", "value", value=None),
        at("model", "value", value=[1]),
        at("import", value=[]),
        lambda record: record.pop("stages"),
        lambda record: record.pop("schema"),
        lambda record: record.update(seed=-1),
        lambda record: record.clear(),
    ],
)
def test_malformed_evidence_is_for_a_person(tmp_path: Path, change: Change) -> None:
    """Evidence that the strict reader refuses is no zero."""
    record = reference.record()
    change(record)
    found = judged(tmp_path, record, ("data",))

    assert ("needs_attention", 0.0) == (found.status, found.score)
    assert found.reason is not None
    assert found.reason.code.startswith("evidence.")


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.symlink_to("/etc/passwd"), lambda path: None])
def test_evidence_that_is_no_file(tmp_path: Path, make: Callable[[Path], object]) -> None:
    """Where there is no evidence, a person has to look."""
    make(tmp_path / "evidence.json")

    assert "needs_attention" == judge.judge(tmp_path, ("data",)).status


def test_missing_stage_is_for_a_person(tmp_path: Path) -> None:
    """A stage that was not run is the grader's fault."""
    record = reference.record()
    del record["stages"]["compile"]
    found = judged(tmp_path, record, ("data", "compile"))

    assert ("needs_attention", 20.0) == (found.status, found.score)


def test_unknown_section(tmp_path: Path) -> None:
    """A section that the scheme does not have is an error of whoever asks."""
    with pytest.raises(GraderError, match=r"grader\.unknown_section"):
        judged(tmp_path, reference.record(), ("quiz",))


def test_surroundings_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of a pytest around, and files in the working folder, change nothing."""
    (tmp_path / "here").mkdir()
    for name in ("conftest.py", "numpy.py", "sitecustomize.py", "json.py"):
        (tmp_path / "here" / name).write_text("raise SystemExit(7)")
    (tmp_path / "here" / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only -k nothing")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")

    assert ("graded", 20.0) == ((found := judged(tmp_path, reference.record(), ("data",))).status, found.score)
    assert tmp_path / "here" == Path.cwd()


VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2**31, 2**63 - 1, 10**19, 0.5, -1e308, 1e308, 5e-324),
    *("", "ok", "custom", "SGD", "<f8", "|O", "relu", "\ud800", "\x1b[2J", "x" * 2000, "nan"),
    *(
        [],
        [[]],
        [None],
        [1, 2],
        ["a"],
        list(range(300)),
        {},
        {"class": "custom"},
        {"class": []},
        {"custom": {}},
        {"config": None},
        {"problem": 1},
    ),
]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a JSON value with each of its keys."""
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    for key, item in items:
        yield value, key
        yield from places(item)


def mutated(record: dict[str, Any], rng: random.Random, stage: str) -> dict[str, Any]:
    """Evidence with one to three places of a stage replaced, removed or doubled."""
    for _ in range(rng.choice([1, 1, 2, 3])):
        whole = record if rng.random() < 0.1 else {stage: record["stages"][stage]}
        container, key = rng.choice(list(places(whole)))
        action = rng.random()
        if action < 0.7:
            container[key] = copy.deepcopy(rng.choice(VALUES))
        elif action < 0.85:
            del container[key]
        elif isinstance(container, list):
            container.insert(key, copy.deepcopy(container[key]))
        if not isinstance(record.get("stages"), dict) or stage not in record["stages"]:
            break
    return record


@pytest.mark.parametrize("stage", ["data", "model", "compile", "import"])
def test_any_change_gives_a_verdict(tmp_path: Path, stage: str) -> None:
    """Honest evidence, changed at random in many ways, is judged without an error and never above the honest."""
    rng = random.Random(f"{stage} 20")
    sections = (stage,) if stage in FULL else ("data", "compile")
    honest = sum(FULL[name] for name in sections)
    seen: set[str | bool] = set()
    for _ in range(60):
        found = judged(tmp_path, mutated(reference.record(), rng, stage), sections)

        seen |= {found.status, found.score == honest}
        assert 0 <= found.score <= honest
        assert ("graded" == found.status) == ("broken" not in status(found).values())
        assert json.loads(json.dumps(found.to_dict()))
    assert {"graded", True, False} <= seen


def test_unused(tmp_path: Path) -> None:
    """What the judge does not look at does not matter: names of variables and further keys."""
    record = reference.record()
    record["extra"] = record["stages"]["model"]["value"]["extra"] = [1]
    files.write_json(tmp_path / "evidence.json", record)

    assert 60.0 == judge.judge(tmp_path, ("data", "model")).score


def test_one_after_another(tmp_path: Path) -> None:
    """Submissions judged by one session get the verdicts that each gets alone, whatever was judged before."""
    right, wrong = reference.record(), reference.record()
    at("model", "value", "predictions", value={"problem": "none"})(wrong)
    broken = copy.deepcopy(right) | {"schema": 99}
    alone = [subprocess_verdict(tmp_path / f"alone{n}", record) for n, record in enumerate((right, wrong, broken))]
    order = (0, 1, 0, 2, 1, 2, 0)
    together = [judged(tmp_path / f"{n}", (right, wrong, broken)[which]).to_dict() for n, which in enumerate(order)]

    assert [alone[which] for which in order] == [json.loads(json.dumps(verdict)) for verdict in together]
    assert 3 == len({json.dumps(verdict) for verdict in alone})


def subprocess_verdict(folder: Path, record: dict[str, Any]) -> Any:
    """The verdict of a process that judges nothing else."""
    reference.store(folder, record, None)
    code = (
        "import json, sys; from pathlib import Path; from autograder import judge; "
        f"print(json.dumps(judge.judge(Path(sys.argv[1]), {ALL!r}).to_dict()))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_sections_of_each(tmp_path: Path) -> None:
    """Each submission is judged by the sections that were asked for it."""
    names = [("data",), ALL, ("compile",), ("data", "model")]
    found = [judged(tmp_path / f"{n}", reference.record(), sections) for n, sections in enumerate(names)]

    assert [list(sections) for sections in names] == [[part.name for part in verdict.sections] for verdict in found]


def test_ended_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that ends is a fault of ours; the next submission gets a new one."""
    reference.store(tmp_path, reference.record())
    judge.judge(tmp_path, ("data",))
    with monkeypatch.context() as patched:
        patched.setattr(judge, "_heard", lambda *given: sys.exit("gone"))
        with pytest.raises(GraderError, match=r"grader\.judge_failed"):
            judge.judge(tmp_path, ("data",))

    assert 20.0 == judge.judge(tmp_path, ("data",)).score


def test_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an interruption nobody gets the verdict of the submission before."""
    reference.store(tmp_path / "right", reference.record())
    reference.store(tmp_path / "broken", reference.record() | {"schema": 99})
    judge.judge(tmp_path / "right", ("data",))
    ask = judge._Court.hear

    def interrupted(court: judge._Court, folder: Path, sections: Any) -> Any:
        court.cases.put((folder, sections))
        raise KeyboardInterrupt

    monkeypatch.setattr(judge._Court, "hear", interrupted)
    with pytest.raises(KeyboardInterrupt):
        judge.judge(tmp_path / "right", ("data",))
    monkeypatch.setattr(judge._Court, "hear", ask)

    assert "needs_attention" == judge.judge(tmp_path / "broken", ("data",)).status


def test_leaves_the_process_as_it_was(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Judging prints nothing, and keeps the working folder and the environment."""
    before = Path.cwd(), dict(os.environ)
    judged(tmp_path, reference.record())
    print("still here")

    assert before == (Path.cwd(), dict(os.environ))
    assert "still here\n" == capfd.readouterr().out
