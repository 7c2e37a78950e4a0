"""A threshold below which a right solution falls at most so often: a one-sided tolerance limit."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats


def factor(count: int, share: float, confidence: float) -> float:
    """How many sample deviations below the sample mean the limit lies.

    With the probability *confidence* over samples of *count* normal values, at least the part ``1 - share`` of all
    values lies above ``mean - factor * deviation``. Hahn and Meeker (1991), "Statistical Intervals", section 4.6: a
    quantile of the noncentral t distribution.
    """
    shift = stats.norm.ppf(1 - share) * math.sqrt(count)
    return float(stats.nct.ppf(confidence, count - 1, shift) / math.sqrt(count))


def limit(values: Sequence[float], share: float, confidence: float) -> dict[str, float]:
    """Mean, deviation (n - 1), factor and threshold of *values*, and the p-value of Shapiro and Wilk's test for normality.

    Raises:
        ValueError: fewer than three values, or all the same.
    """
    found = np.asarray(values, np.float64)
    if len(found) < 3 or not found.max() > found.min():
        raise ValueError("at least three values that are not all the same")
    mean, deviation = float(found.mean()), float(found.std(ddof=1))
    distance = factor(len(found), share, confidence)
    return {
        "mean": mean,
        "deviation": deviation,
        "lowest": float(found.min()),
        "normality_p": float(stats.shapiro(found).pvalue),
        "factor": distance,
        "threshold": mean - distance * deviation,
    }
