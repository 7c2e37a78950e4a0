"""The numbers of item analysis: how hard a question is, how well it separates, how far a test can be relied on.

Scores are arrays of shape (students, items); NaN where a student was not given the item, or its points are undecided.
Variances are of the population throughout, divided by n: mixing them with those divided by n − 1 gives a wrong KR-20.
What is not defined, as a correlation without variance, is None or NaN and never raises.
"""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Interval = tuple[float, float]

Z = 1.959963984540054  # of the normal distribution, for an interval of 95 %
GROUP = 0.27  # of the students in each of the two extreme groups
NEEDED = 0.80  # a reliability that is enough for decisions on single students
TINY = 1e-12  # relative: a variance below it is a rounding of the machine
DIGITS = 9  # scores that agree to so many decimals are ties


def wilson(p: float, n: int) -> Interval | None:
    """The 95 % interval of Wilson for a mean share of the points; None without answers.

    With partial credit the shares lie anywhere between 0 and 1. Their variance is then at most p(1 − p), that of right and
    wrong answers with the same mean, so the interval is rather too wide than too narrow.
    """
    if n < 1:
        return None
    scale = 1 + Z * Z / n
    middle = (p + Z * Z / (2 * n)) / scale
    half = Z * math.sqrt(max(0.0, p * (1 - p)) / n + Z * Z / (4 * n * n)) / scale
    return max(0.0, middle - half), min(1.0, middle + half)


def correlation(one: Array, two: Array) -> float | None:
    """Pearson's r of the pairs without NaN; None for fewer than three, or where one side does not vary."""
    both = ~(np.isnan(one) | np.isnan(two))
    if both.sum() < 3:
        return None
    x, y = one[both], two[both]
    if np.ptp(x) <= TINY * np.abs(x).max() or np.ptp(y) <= TINY * np.abs(y).max():
        return None
    x, y = x - x.mean(), y - y.mean()
    return max(-1.0, min(1.0, float(x @ y / math.sqrt((x @ x) * (y @ y)))))


def fisher(r: float, n: int) -> Interval | None:
    """The 95 % interval of a correlation by Fisher's z; None for fewer than four pairs."""
    if n < 4:
        return None
    if abs(r) >= 1:
        return r, r
    half = Z / math.sqrt(n - 3)
    return math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


def totals(points: Array, maximum: Array) -> Array:
    """For each student the share of the points of what he was given; NaN if nothing of it is decided."""
    return _shares(np.nansum(points, axis=1), _given(points, maximum).sum(axis=1))


def rests(points: Array, maximum: Array) -> Array:
    """For each student and item the share of the points of the other items that he was given, shape as *points*.

    Where all have the same items this is the total less the item, in other units, so its correlation with the item is the
    usual corrected one. NaN where there is no other item.
    """
    given = _given(points, maximum)
    scored = np.nan_to_num(points)
    return _shares(scored.sum(axis=1, keepdims=True) - scored, given.sum(axis=1, keepdims=True) - given)


def _given(points: Array, maximum: Array) -> Array:
    return np.where(np.isnan(points), 0.0, maximum)


def _shares(points: Array, maximum: Array) -> Array:
    found: Array = np.divide(points, maximum, out=np.full(points.shape, np.nan), where=maximum > TINY)
    return found


def band(scores: Array, low: float, high: float) -> Array:
    """With what weight each student belongs to the ranks from *low* to *high*, counted from the weakest; shape (n,).

    Those of equal score share their ranks equally: a group that ends among them takes a part of each. So the order of the
    students in a file makes no difference, and the weights sum to ``high - low``.
    """
    _, tie, sizes = np.unique(np.round(scores, DIGITS), return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    inside = np.clip(np.minimum(ends, high) - np.maximum(ends - sizes, low), 0.0, None)
    found: Array = (inside / sizes)[tie]
    return found


def mean(values: Array, weights: Array) -> float | None:
    """The weighted mean; None if nothing has any weight."""
    whole = float(weights.sum())
    return float(values @ weights) / whole if whole > TINY else None


def quarters(values: Array, scores: Array) -> tuple[float, ...]:
    """The mean of *values* in each quarter of the students by score, the weakest first; empty without students.

    Quarters are of equal size whatever n: students of equal score, or on a border, belong to two of them in part.
    """
    n = len(scores)
    means = [mean(values, band(scores, n * quarter / 4, n * (quarter + 1) / 4)) for quarter in range(4)] if n else []
    return tuple(value for value in means if value is not None)


def discrimination(shares: Array, scores: Array) -> float | None:
    """D: the mean share of the points in the upper 27 % by score less that in the lower; None for fewer than two students.

    A group has 27 % of the students, rounded to a whole number (halves up) and at least one; ties as in `band`.
    """
    n = len(scores)
    if n < 2:
        return None
    size = max(1, math.floor(GROUP * n + 0.5))
    upper, lower = mean(shares, band(scores, n - size, n)), mean(shares, band(scores, 0, size))
    assert upper is not None
    assert lower is not None
    return upper - lower


def alpha(points: Array) -> float | None:
    """Cronbach's alpha of a complete matrix; None for fewer than two items or students, or if the sums do not vary."""
    if min(points.shape) < 2:
        return None
    covariance = np.cov(points, rowvar=False, ddof=0)
    return _alpha(points.shape[1], float(np.trace(covariance)), float(covariance.sum()))


def _alpha(k: int, inside: float, whole: float) -> float | None:
    return k / (k - 1) * (1 - inside / whole) if k > 1 and inside > 0 and whole > TINY * inside else None


def alphas_without(points: Array) -> list[float | None]:
    """For each item, alpha of the others."""
    k = points.shape[1]
    if min(points.shape) < 2:
        return [None] * k
    covariance = np.cov(points, rowvar=False, ddof=0)
    own = np.diag(covariance)
    inside = own.sum() - own
    whole = covariance.sum() - 2 * covariance.sum(axis=0) + own
    return [_alpha(k - 1, float(inside[place]), float(whole[place])) for place in range(k)]


def kr20(right: Array) -> float | None:
    """Kuder and Richardson's formula 20 of a complete matrix of 0 and 1; None where `alpha` is None.

    Raises:
        ValueError: a score is neither 0 nor 1.
    """
    if not np.isin(right, (0.0, 1.0)).all():
        raise ValueError("KR-20 is for items that are right or wrong")
    if min(right.shape) < 2:
        return None
    p = right.mean(axis=0)
    return _alpha(right.shape[1], float((p * (1 - p)).sum()), float(right.sum(axis=1).var()))


def error_of_measurement(deviation: float, reliability: float) -> float:
    """The standard error of measurement, in the units of the standard deviation of the scores."""
    return deviation * math.sqrt(max(0.0, 1 - reliability))


def length_for(reliability: float, k: int, wanted: float = NEEDED) -> int | None:
    """How many items of this kind reach the wanted reliability, by Spearman and Brown; None if more items do not help."""
    if reliability <= 0:
        return None
    if reliability >= 1:
        return 1
    factor = wanted * (1 - reliability) / (reliability * (1 - wanted))
    return max(1, math.ceil(k * factor * (1 - TINY)))
