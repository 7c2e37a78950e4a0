"""The reader of scripts and notebooks, and what is read off their text without running it."""

import ast
import codecs
import json
import re
from pathlib import Path
from random import Random
from typing import Any

from autograder import submission
from autograder.errors import ConvmarkError
from autograder.probe import cells as probe_cells
from autograder.probe import look, source
from tests.fuzz import mutators
from tests.fuzz.target import Broken, Target

MODULES = ("submission", "strictjson", "probe.look", "probe.source", "probe.wire")
NAMES = ("cifar10_cnn.ipynb", "cifar10_cnn.py", "other.PY", "a.IPYNB")
SCRIPT = '''# -*- coding: utf-8 -*-
import os, keras as k
from tensorflow.keras import layers
from autograder import verdict
SIZE = (32, max(1, 2)); N: int = 3
relu = layers.ReLU
try:
    import socket
except ImportError:
    pass
class A:
    def get_config(self): return {}
def prepare_data(a, b, c, d):
    """text"""

    return (a, b), (c, d)
def build_model():
    keras.Model.x.y = open("/proc/self/mem").__class__
    return [x for x in (yield)]
async def compile_model(model, epochs=25):
    global z; model.fit(eval("1"))
lambda: (z := 1)
'''
CELLS = ("%matplotlib inline\n!ls\nx?\ny = !ls\nimport os", "%%bash\nls", "%%time\nA = 1",
"get_ipython().run_line_magic('x', '')",
         "def build_model(:\n  pass", "", "   ", "\t x", "f = f()()", "a.b, c[0] = d = 1",
         "B = keras.layers.Dense(3).x(1)")  # fmt: skip
TOKENS = tuple(
    token.encode("utf-8", "surrogatepass")
    for token in (
        "def build_model", "def prepare_data(",
        "(" * 90, "[" * 300, "-" * 500, "not " * 200, "a." * 300, "a(" * 100, "f'{x!r:{y}}'",
        "'''", '"', "\\\n", "\\N{DASH}", "\\u", "\0", "\f", "\r", "\x0b", "\u2028", "\ufeff", "é", "ﬁ", "\ud800",
        "# coding: latin-1\n",
        "# coding: rot13\n", "# coding: utf-7\n", "# coding: idna\n", "# coding: hex\n", "# coding: undefined\n",
        "#coding:mbcs\n",
        "# coding: unicode_escape\n", "# coding: punycode\n", "# coding: utf-32\n", "%", "!", "?", "%%", "=", ":=", "*", "**",
        "@", "\n    ",
        "import ctypes\n", "lambda: ", "if 1:\n", "try:\n", "yield ", "await ", "async ", "global x\n", "nonlocal x\n",
        "del x\n", "match x:\n",
        "9" * 5000, "1e999", "0x", "1_0", "0777", "...", ";", "return\n", "from . import x\n",
        "from __future__ import braces\n", "try: x\nexcept* A: y\n",
    )
)  # fmt: skip


def notebook(*cells: Any) -> dict[str, Any]:
    """A notebook of these code cells."""
    rows = [{"cell_type": "code", "source": cell, "outputs": [], "metadata": {}} for cell in cells]
    return {"cells": [{"cell_type": "markdown", "source": ["# T"]}, *rows], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def seeds() -> list[bytes]:
    """Scripts in several encodings, and notebooks of several versions."""
    cells = [line + "\n" for line in SCRIPT.split("\n")]
    texts = [
        notebook(cells),
        notebook(*CELLS),
        notebook(SCRIPT),
        {"worksheets": [{"cells": [{"cell_type": "code", "input": cells}]}]},
    ]
    scripts = [SCRIPT, *CELLS, "# coding: cp1251\nx = 'я'", "#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n"]
    plain = [text.encode("utf-8") for text in scripts]
    return [b"", codecs.BOM_UTF16_LE, SCRIPT.encode("utf-16"), SCRIPT.encode("cp1251"), *plain, *map(mutators.dumped, texts)]


def _cell(random: Random, notebook_: Any) -> Any:
    """The notebook with the text of one cell changed."""
    paths = [path for path in mutators.places(notebook_) if isinstance(mutators.at(notebook_, path), str)]
    if not paths:
        return notebook_
    *way, key = random.choice(paths)
    holder = mutators.at(notebook_, tuple(way))
    text = mutators.of_bytes(random, holder[key].encode("utf-8", "surrogatepass"), SCRIPT.encode(), TOKENS)
    holder[key] = text.decode("utf-8", "replace")
    return notebook_


def mutate(random: Random, data: bytes, other: bytes) -> bytes:
    """One to four changes, in the text or in the structure."""
    for _ in range(random.choice((1, 1, 2, 4))):
        value = mutators.parsed(data) if data[:1] == b"{" else None
        if value is None or random.random() < 0.15:
            data = mutators.of_bytes(random, data, other, TOKENS)
        elif random.random() < 0.5:
            data = mutators.dumped(_cell(random, value))
        else:
            data = mutators.dumped(mutators.of_json(random, value, mutators.parsed(other)))
    return data


def _text(cells: list[str]) -> list[str]:
    """What the probe reads off the text of cells, without running any of it."""
    words = [f"look {re.sub('[^a-z]', '', str(row['what']))[:12]}" for row in look.look(cells)]
    reading = probe_cells.Reading()
    for kind in ("notebook", "script"):
        for cell in cells:
            try:
                body = ast.parse(probe_cells.python(kind, cell)).body
            except probe_cells.UNREADABLE as error:
                words.append(f"{kind} {type(error).__name__}")
                json.dumps(source.student_lines(error, {"<unknown>"}))
                continue
            never = probe_cells.heavy(body)
            for node in body:
                flags = reading.takes(node), probe_cells.may_run(node, never), probe_cells.is_ipython(node)
                words.append(f"statement {type(node).__name__} {flags} {bool(probe_cells.names(node))}")
    return sorted(set(words))


def _read(name: str, data: bytes) -> list[str]:
    cells = submission.cells_of(name, data)
    for digest in (submission.code_digest(cells), submission.task_digest(cells)):
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise Broken("no digest")
    return ["read", *_text(cells)]


def run(data: bytes, folder: Path) -> list[str]:
    """Read the bytes as a script and as a notebook, alone and as files of a submission."""
    submission.decode(data)
    words = []
    for name in NAMES[:2]:
        try:
            words += [f"{name[-2:]} {word}" for word in _read(name, data)]
        except ConvmarkError as error:
            words.append(f"{type(error).__name__} {error.code} {error.params.get('reason')}")
        (folder / name).write_bytes(data)
    try:
        found = submission.find(folder, {"cifar10_cnn.py": submission.code_digest([SCRIPT])})
        words.append(f"found {found.kind} {found.untouched} {len(found.ignored)}")
    except ConvmarkError as error:
        words.append(f"find: {error.code}")
    return words


TARGET = Target("notebooks", [f"autograder.{name}" for name in MODULES], seeds, mutate, run)
