"""The figures of an evaluation: what they say, and that they are read back as they were written."""

import json
import math

import numpy as np
import pytest

from autograder import dataset, figures, measuring
from autograder.answers import Answers

DATA = dataset.synthetic(200, 300)


def answered(data: dataset.Dataset, sharpness: float) -> Answers:
    """Random answers that lean towards the right class, the more the sharper."""
    labels = np.concatenate([data.y_test, data.sample[1]]).ravel()
    logits = np.random.default_rng(1).normal(size=(len(labels), 10))
    logits[np.arange(len(labels)), labels] += sharpness
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return Answers(logits.argmax(axis=1).astype(np.uint8), logs.astype(np.float16))


def test_figures_are_what_their_names_say() -> None:
    """Accuracy, losses, classes and confusion agree with the same, computed image by image."""
    answers = answered(DATA, 2.0)
    found = measuring.measure(answers, DATA)
    labels = DATA.y_test.ravel()
    losses = [-float(row[label]) for row, label in zip(answers.logs, labels, strict=False)]
    before = [-float(row[label]) for row, label in zip(answers.logs[300:], DATA.sample[1].ravel(), strict=True)]

    assert sum(answers.predicted[:300] == labels) == found.right == round(found.accuracy * 300)
    assert math.isclose(math.sqrt(found.accuracy * (1 - found.accuracy) / 300), found.standard_error)
    assert math.isclose(sum(losses) / 300, found.loss)
    assert (180, 300) == (found.train.images, found.images)
    assert math.isclose(sum(before) / 180, found.train.loss)
    spread = np.var(losses, ddof=1) / 300 + np.var(before, ddof=1) / 180
    assert math.isclose((found.loss - found.train.loss) / math.sqrt(spread), found.gap.loss_z)
    assert [sum(labels == k) for k in range(10)] == [count for _, count in found.by_class]
    assert sum((labels == 3) & (answers.predicted[:300] == 5)) == found.confusion[3][5]


def test_what_is_written_is_read() -> None:
    """Figures survive being written as JSON, beside keys of others."""
    found = measuring.measure(answered(DATA, 1.0), DATA)

    assert found == figures.read(json.loads(json.dumps(found.to_dict() | {"status": "ok"})))


@pytest.mark.parametrize("images", [1, 2])
@pytest.mark.parametrize("sharpness", [-50.0, 50.0])
def test_figures_without_an_error(images: int, sharpness: float) -> None:
    """Where all answers are alike or there is one image alone, no difference is divided by nothing."""
    data = dataset.synthetic(images, images)
    test, train = answered(data, sharpness), answered(data, -sharpness)
    mixed = Answers(
        np.concatenate([test.predicted[:images], train.predicted[images:]]),
        np.maximum(np.concatenate([test.logs[:images], train.logs[images:]]), np.float16(-16)),
    )
    found = measuring.measure(mixed, data)

    assert math.copysign(figures.MAX_Z, -sharpness) == found.gap.accuracy_z
    assert found == figures.read(found.to_dict())
