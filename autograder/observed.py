"""What the checks look at: evidence made ready, and set beside what was expected."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from autograder import evidence as ev
from autograder import forward, inputs, keras2, rebuild
from autograder.comparison import Comparison
from autograder.errors import CheckFailed, EvidenceError, SubmissionError
from autograder.evidence import Array, Evidence
from autograder.inputs import DataCase
from autograder.lab import EPOCHS
from autograder.network import Network, of_scheme
from autograder.scheme import Scheme

PARTS = ("x_train", "y_train", "x_test", "y_test")
TOLERANCE = 1e-3  # between Keras and numpy; they agree to better than 1e-4


@dataclass(frozen=True)
class PreparedCase:
    """The arguments of ``prepare_data`` in one case and the four arrays that came back."""

    given: DataCase
    returned: dict[str, Array]


@dataclass(frozen=True)
class Run:
    """How ``compile_model`` compiled for one number of epochs; ``problem`` is what kept the loss from being computed."""

    epochs: int
    loss: Any
    metrics: list[Any]
    optimizer: dict[str, Any]
    rate_kind: str
    rates: list[float]
    trajectory: list[list[float]]
    warnings: list[str]
    repeated: bool
    measured: tuple[float, list[float]]
    problem: str = ""


class Observed:
    """Evidence by section. Each property raises the sentence for a function that did not work."""

    def __init__(self, evidence: Evidence, scheme: Scheme, evaluation: dict[str, Any] | None = None) -> None:
        self.evidence = evidence
        self.scheme = scheme
        self.evaluation = evaluation

    def _value(self, stage: str) -> dict[str, Any]:
        """A stage's value; if the function is missing because the file stopped before it, the reason for that."""
        start = self.evidence.stage("import")
        if start.status in {"timeout", "crash"}:
            ev.demand(start)
        found = self.evidence.stage(stage)
        if found.status == "missing" and start.status == "error":
            code = "import.syntax" if ev.is_syntax(start) else "import.stopped"
            raise SubmissionError(code, function=ev.FUNCTIONS[stage], **ev.error_params(start.details))
        if found.status == "error" and "left_out" in found.details and found.details.get("lines"):
            text = "; ".join(ev.texts(found.details["left_out"]))
            error = {"function": ev.FUNCTIONS[stage], "left_out": text, **ev.error_params(found.details)}
            if moved := keras2.moved(text):
                raise SubmissionError("stage.name_moved", **error, **moved)
            raise SubmissionError("stage.name_left_out" if text else "stage.name_error", **error)
        return ev.demand(found)

    @cached_property
    def data(self) -> list[PreparedCase]:
        """What ``prepare_data`` returned in each case."""
        cases = self._value("data").get("cases")
        given = inputs.data_cases(self.evidence.seed)
        if not isinstance(cases, list) or len(cases) != len(given):
            raise EvidenceError("evidence.malformed", what="data.cases")
        return [
            PreparedCase(case, {part: ev.array(ev.table(found, case.name).get(part), part) for part in PARTS})
            for case, found in zip(given, cases, strict=True)
        ]

    @cached_property
    def kept(self) -> dict[str, tuple[int, int]]:
        """By part how many rows of many were given to ``prepare_data`` and came back; nothing where that is not known."""
        stage = self.evidence.stages.get("rows")
        found = ev.table(stage.value, "rows").get("kept") if stage and stage.status == "ok" else {}
        rows = found if isinstance(found, dict) else {}
        return {part: (rows[part][0], rows[part][1]) for part in PARTS if _is_pair(rows.get(part))}

    @cached_property
    def model(self) -> dict[str, Any]:
        """The probe's description of what ``build_model`` returned."""
        value = self._value("model")
        if not value:
            raise EvidenceError("evidence.malformed", what="model")
        return value

    @cached_property
    def network(self) -> Network:
        """The received network, rebuilt from the description."""
        return rebuild.rebuild(self.model)

    @cached_property
    def comparison(self) -> Comparison:
        """The received network beside the expected one."""
        data = self.scheme.raw["data"]
        expected = of_scheme(self.scheme.raw["model"]["layers"], data["image_shape"])
        return Comparison(expected, self.network)

    def demand_honesty(self) -> None:
        """Raise unless weights and predictions are those that the description implies."""
        network = self.network
        implied = network.weight_shapes()
        if all(shapes is not None for shapes in implied):
            flat = [shape for shapes in implied for shape in shapes or []]
            if flat != rebuild.reported_weights(self.model):
                raise CheckFailed("model.honest.weights")
        if not forward.can_predict(network):
            return
        found = ev.array(self.model.get("predictions"), "predictions")
        if found.values is None:
            problem = ev.table(self.model.get("predictions"), "predictions").get("problem", "")
            raise CheckFailed("model.honest.no_prediction", reason=str(problem)[:300])
        expected = forward.predict(network, self.evidence.seed)
        largest = float(np.abs(expected).max(initial=1))
        tolerance = TOLERANCE * largest if math.isfinite(largest) else TOLERANCE
        if found.shape != expected.shape or not np.allclose(found.values, expected, rtol=0, atol=tolerance):
            raise CheckFailed("model.honest.predictions")

    @cached_property
    def runs(self) -> list[Run]:
        """How ``compile_model`` compiled, for each number of epochs."""
        runs = self._value("compile").get("runs")
        if not isinstance(runs, list) or len(runs) != len(EPOCHS):
            raise EvidenceError("evidence.malformed", what="compile.runs")
        return [_run(ev.table(item, "run"), epochs) for item, epochs in zip(runs, EPOCHS, strict=True)]


def _is_pair(value: Any) -> bool:
    """Whether these are two numbers of rows."""
    return isinstance(value, list) and len(value) == 2 and all(type(item) is int and 0 <= item < 2**31 for item in value)


def _numbers(value: Any, count: int) -> list[float]:
    """*count* numbers; infinities and what is no number become NaN, which passes no comparison."""
    values = value if isinstance(value, list) else []
    clean = [float(item) if isinstance(item, int | float) and not isinstance(item, bool) else float("nan") for item in values]
    return (clean + [float("nan")] * count)[:count]


def _run(item: dict[str, Any], epochs: int) -> Run:
    rate = item.get("learning_rate")
    rate = rate if isinstance(rate, dict) else {}
    metrics = item.get("metrics")
    path = item.get("trajectory")
    warnings = item.get("warnings")
    found = item.get("measured")
    measured = found if isinstance(found, dict) else {}
    values = measured.get("metrics")
    return Run(
        epochs=epochs,
        loss=item.get("loss"),
        metrics=metrics if isinstance(metrics, list) else [],
        optimizer=ev.table(item.get("optimizer"), "optimizer"),
        rate_kind=str(rate.get("kind", ""))[:100],
        rates=_numbers(rate.get("values"), len(inputs.STEPS)),
        trajectory=[_numbers(row, len(inputs.GRADIENT)) for row in path[: inputs.UPDATES]] if isinstance(path, list) else [],
        warnings=[str(text)[:200] for text in warnings[:5]] if isinstance(warnings, list) else [],
        repeated="again" not in rate or rate["again"] == rate.get("values"),
        measured=(_numbers([measured.get("loss")], 1)[0], _numbers(values, 20) if isinstance(values, list) else []),
        problem=str(measured.get("loss_problem", ""))[:200],
    )
