"""convmark: evidence in, verdict out.

::

    submission ──► sandbox[ probe ] ──► evidence ──► rebuild ──► checks ──► verdict ──► report
    submission.py  supervise.py         evidence.py  network.py  checks/    verdict.py  report.py
                   probe/                            rebuild.py  plugin.py
                                                         │
                                           sandbox[ replay/ ] ──► accuracy, for the checks
                              evaluate.py: of submitted weights   evaluation.json
                              trial.py: after a short training
                              history.py: the student's own record   history.json, for reports only

A submission's functions run only in the probe, a process of its own. What they returned comes back as
plain data, the evidence. The checks turn evidence into points in a process in which no student code ran.

In the lab's notebook: ``from autograder import check; check("data")``.
"""

import sys
from typing import Any

# A student may have any Python: the bundle is unpacked, and no installer has asked for the right one.
if sys.version_info < (3, 11):  # noqa: UP036
    here = ".".join(map(str, sys.version_info[:2]))
    raise SystemExit(
        f"The lab needs Python 3.11, 3.12 or 3.13; this is {here}. / Нужен Python 3.11, 3.12 или 3.13, а это {here}."
    )

__version__ = "0.1.0"
__all__ = ["__version__", "check"]


def __getattr__(name: str) -> Any:
    """Load `check` when it is asked for: the probe imports this package and must stay light."""
    if name == "check":
        from autograder.notebook import check

        return check
    raise AttributeError(name)
