"""``python -m autograder.probe``: a request on standard input, records on standard output.

Request: ``{"name", "kind", "cells", "seed", "stages", "memory_mib"}``. Records: ``{"begin": stage}`` when a
stage starts, ``{"look": …}`` before any of the submission runs (see `autograder.probe.look`), and
``{"stage", "status", …}`` when a stage has ended, with one of the statuses

- ``ok``: ``value`` describes what came back;
- ``not_done``: the stub of the template is still there;
- ``missing``: the function is not defined;
- ``unusable``: what came back is described by ``code`` and ``params``;
- ``error``: an exception, with the student's own lines; where a name is missing, ``left_out`` has those that would define it.
"""

import json
import os
import re
import sys
import warnings
from typing import Any

from autograder.probe import cells, look, source
from autograder.probe.wire import Wire, text

STUB = re.compile("Task not written yet")


def _limit_resources(memory_mib: int) -> None:
    """Bound memory, files and core dumps where the system can; the hard limits cannot be raised again."""
    try:
        import resource
    except ImportError:
        return
    wanted = {
        "RLIMIT_DATA": memory_mib * 2**20,
        "RLIMIT_FSIZE": 64 * 2**20,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 256,
    }
    for name, value in wanted.items():
        kind = getattr(resource, name, None)
        if kind is None:
            continue
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (value, value))
        except (ValueError, OSError):
            continue


def _failure(error: BaseException, loaded: source.Loaded, stages: Any) -> dict[str, Any]:
    if isinstance(error, stages.Missing):
        reason = loaded.why_missing(str(error))
        return {"status": "missing"} if reason is None else _failure(reason, loaded, stages)
    if isinstance(error, stages.Unusable):
        return {"status": "unusable", "code": error.code, "params": error.params}
    message = text(error.msg if isinstance(error, SyntaxError) else error)  # its place is told by ``lines``
    if isinstance(error, NotImplementedError) and STUB.match(message):
        return {"status": "not_done"}
    found = {
        "status": "error",
        "type": type(error).__name__[:100],
        "message": message,
        "lines": source.student_lines(error, loaded.files),
    }
    return found | ({"left_out": loaded.why_undefined(error)} if type(error) is NameError else {})


def _look(request: dict[str, Any]) -> list[dict[str, str | int]]:
    kind = request["kind"]
    return look.look(
        cells.python(kind, text) for text in (request["cells"] if kind == "notebook" else ["\n".join(request["cells"])])
    )


def _import(request: dict[str, Any], stages: Any) -> tuple[source.Loaded, dict[str, Any]]:
    if request["kind"] == "notebook":
        loaded = source.load_notebook(request["cells"])
    else:
        loaded = source.load_script(request["name"], "\n".join(request["cells"]))
    defined = [name for name in ("prepare_data", "build_model", "compile_model") if callable(loaded.namespace.get(name))]
    record: dict[str, Any] = {"status": "ok"}
    if loaded.error is not None:
        record = _failure(loaded.error, loaded, stages)
        record["status"] = "error"
    return loaded, record | {"defined": defined}


def _served(stage: str, loaded: source.Loaded, request: dict[str, Any], stages: Any) -> dict[str, Any]:
    """The record of a stage. What a function needs and was left out is executed, and the function is called again."""
    while True:
        try:
            return {"status": "ok", "value": getattr(stages, stage)(loaded.namespace, request)}
        except BaseException as error:
            if not loaded.supply(error):
                return _failure(error, loaded, stages)


def _warnings() -> None:
    """Tell warnings of the submission's making, without where this machine has its libraries."""

    def told(message: Any, category: type[Warning], filename: str, lineno: int, line: str | None = None) -> str:
        return f"{filename.rpartition('site-packages/')[2]}:{lineno}: {category.__name__}: {message}\n"

    warnings.simplefilter("default")
    warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"(keras|tensorflow|numpy)(\.|$)")
    warnings.formatwarning = told


def main() -> None:
    """Serve one request."""
    request = json.loads(sys.stdin.buffer.read())
    wire = Wire()
    wire.send({"begin": "setup"})
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="-1", KERAS_BACKEND="tensorflow")
    try:
        import keras
        import numpy
        import tensorflow

        from autograder.probe import stages  # before any of the submission runs: it may replace modules
    except ImportError as error:
        wire.send({"stage": "setup", "status": "error", "type": type(error).__name__, "message": text(error), "lines": []})
        return
    versions = {module.__name__: text(module.__version__, 40) for module in (numpy, keras, tensorflow)}
    wire.send({"stage": "setup", "status": "ok", "versions": versions | {"python": sys.version.split()[0]}})
    _limit_resources(int(request["memory_mib"]))
    _warnings()
    wire.send({"begin": "import"})
    wire.send({"look": _look(request)})
    loaded, record = _import(request, stages)
    wire.send({"stage": "import"} | record)
    request["prepared"] = False
    for stage in request["stages"]:
        wire.send({"begin": stage})
        record = _served(stage, loaded, request, stages)
        request["prepared"] |= stage == "data" and record["status"] == "ok"
        wire.send({"stage": stage} | record)
    sys.stdout.flush()  # before the end is told: it is answered by a kill
    sys.stderr.flush()
    wire.send({"begin": "end"})
    os._exit(0)


if __name__ == "__main__":
    main()
