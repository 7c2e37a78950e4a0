"""The reader of a student's record of a training: any bytes under the name of one."""

from pathlib import Path
from random import Random

from autograder import accuracy, history, messages
from autograder.errors import ConvmarkError
from autograder.instructor import training_part
from autograder.instructor.rendering import Words
from tests.fuzz import mutators
from tests.fuzz.target import Broken, Target

HEADER = "epoch,accuracy,loss,val_accuracy,val_loss"
ROWS = ("0,0.4312,1.5620,0.5611,1.2233", "1,0.5710,1.2020,0.6102,1.1004", "2,0.6240,1.0641,0.6604,0.9804")
TOKENS = [
    *(
        b"nan",
        b"inf",
        b"-0.0",
        b"1e308",
        b"1e-400",
        b"0x1p3",
        b"1_0",
        b"\xd9\xa3",
        b"",
        b'"',
        b'""',
        b",",
        b";",
        b"\r",
        b"\n",
        b"\0",
    ),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"epoch", b"val_loss", b"9" * 50, b"9" * 200_000, b"0,0,0,0,0\n" * 5000),
]


def seeds() -> list[bytes]:
    """Records as Keras writes them, with more columns and with an epoch that was repeated."""
    plain = "\n".join([HEADER, *ROWS, ""])
    more = "\n".join([HEADER + ",norm of dense", *(f"{row},1.2" for row in ROWS), f"{ROWS[0]},1.3", ""])
    return [b"", plain.encode(), more.encode(), plain.replace(",", ";").encode(), plain.encode("utf-16")]


def mutate(random: Random, data: bytes, other: bytes) -> bytes:
    """One to four changes in the text."""
    for _ in range(random.choice((1, 1, 2, 4))):
        data = mutators.of_bytes(random, data, other, TOKENS)
    return data


def run(data: bytes, folder: Path) -> list[str]:
    """Record what the bytes say, read that back, and draw it."""
    submitted = folder / history.SUBMITTED
    submitted.write_bytes(data)
    history.record(submitted, folder)
    found = history.load(folder)
    if found is None:
        raise Broken("nothing was recorded")
    if found["status"] != "ok":
        return [f"{found['code']} {sorted(found['params'])}"]
    read = history.of_facts({"history": found})
    if read is None or len(set(map(len, (read.loss, read.accuracy, read.val_loss, read.val_accuracy)))) != 1:
        raise Broken("what was recorded cannot be read")
    for lang in messages.LANGUAGES:
        accuracy.of_history(read, lang)
        drawn = training_part.facts(Words(lang), {"history": found})
        if drawn is None or len(drawn["rows"]) > training_part.MAX_ROWS + 1:
            raise Broken("the curves are not drawn")
    try:
        history.read(found | {"loss": [*found["loss"], 1.0]})
    except ConvmarkError as error:
        return ["ok", str(min(read.epochs, 5)), error.code]
    raise Broken("columns of other lengths are read")


TARGET = Target("histories", ["autograder.history", "autograder.instructor.training_part"], seeds, mutate, run)
