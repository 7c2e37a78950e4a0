"""Signs that a network was trained on the test images. They are for a person to look at and cost no points.

A network does better on images that it was trained on than on others, and the better it fits the former, the more so.
Both rules ask whether the test images behave as unseen ones do.
"""

from autograder.figures import Figures
from autograder.verdict import Reason

SIGNIFICANT = 3.09
"""Standard errors: a normal variable lies further to one side once in 1,000 times.

So often the first rule is wrong of a network that does equally well on all images; one that does better on its
training images, as nearly all do, it flags more seldom still.
"""

FITTED, FITTED_BY_DATA = 0.80, {"synthetic": 0.90}
"""The share of training images from which on the second rule speaks, unless the marking scheme says otherwise.

A network that knows so many has begun to learn them by heart, and is measurably less sure of images that it has not
seen. One that knows fewer may have learned what holds for all images and no more, without any gap. In the synthetic set
12% of the images cannot be told, so there more than 88% are known by heart alone.
"""

ENOUGH = 1000
"""Images of each kind that the rules need.

Among fewer a difference of some points is within chance, so that its absence says nothing, and shares are not normal.
"""


def better_on_test(figures: Figures) -> bool:
    """Whether test images are recognised significantly more often than training images."""
    return figures.gap.accuracy_z < -SIGNIFICANT


def no_gap(figures: Figures, data: str, fitted: float | None = None) -> bool:
    """Whether the network fits its training images well, and the losses on test images look like those on them."""
    bound = FITTED_BY_DATA.get(data, FITTED) if fitted is None else fitted
    return figures.train.accuracy >= bound and figures.gap.loss_z < SIGNIFICANT


def of_test_set(figures: Figures, data: str, fitted: float | None = None) -> Reason | None:
    """The flag, with the figures, of a network that was perhaps trained on the test images of *data*; else None.

    *fitted* is a bound for the second rule other than the usual one; above 1 it never speaks.
    """
    train, gap = figures.train, figures.gap
    if min(figures.images, train.images) < ENOUGH or not (better_on_test(figures) or no_gap(figures, data, fitted)):
        return None
    params = {
        "test": f"{figures.accuracy:.2%}",
        "train": f"{train.accuracy:.2%}",
        "accuracy_z": f"{gap.accuracy_z:.1f}",
        "test_loss": f"{figures.loss:.3f}",
        "train_loss": f"{train.loss:.3f}",
        "loss_z": f"{gap.loss_z:.1f}",
    }
    return Reason("flag.test_set", params)
