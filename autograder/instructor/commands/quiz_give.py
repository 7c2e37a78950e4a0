"""`convmark quiz build` and `convmark quiz sheet`: the bank into a learning platform, or into the hands of students."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import click

from autograder import safe
from autograder.files import write as write_file
from autograder.instructor import tables
from autograder.instructor.commands import kinds, mistakes, options, output
from autograder.instructor.commands.quiz_bank import bank_option, form_option, read_bank, read_form, read_titles
from autograder.instructor.quiz.bank.expressions import ExpressionError
from autograder.instructor.quiz.bank.gaps import GapError
from autograder.instructor.quiz.bank.model import Bank
from autograder.instructor.quiz.exports import target as exporting
from autograder.instructor.quiz.exports.targets import TARGETS
from autograder.instructor.quiz.forms import form as forms
from autograder.instructor.quiz.forms import printed, sheets
from autograder.instructor.results import folders

MAX_ROSTER = 2**24
STUDENT = ("student", "student_id", "id", "username", "login", "студент", "логин")


@click.command()
@bank_option
@click.option(
    "--to",
    "names",
    type=click.Choice([*TARGETS, "all"]),
    multiple=True,
    required=True,
    help="The format; several times for several.",
)
@options.out_folder("quiz-build", "Where to write; each format gets a folder in it.")
@click.option(
    "--lang",
    type=click.Choice(["en", "ru", "both"]),
    default="en",
    show_default=True,
    help="Language of the questions; the command's own lines are English.",
)
@click.option("--topic", default="*", metavar="PATTERN", help='Only items on these topics, as "conv/*".')
@click.option(
    "--release",
    type=click.Choice(["exam", "practice", "all"]),
    default="all",
    show_default=True,
    help="Only items meant for this.",
)
@form_option(required=False)
@click.option("--verbose", is_flag=True, help="Name each item that loses something.")
@options.quiet
@options.as_json
def build(
    bank_dir: Path,
    names: Sequence[str],
    out: Path,
    lang: exporting.Lang,
    topic: str,
    release: str,
    form: Path | None,
    verbose: bool,
) -> None:
    """Export the bank for a learning platform, or for self-study.

    Whatever a format cannot hold is named. The same bank gives the same bytes.
    """
    bank = read_bank(bank_dir)
    items = forms.choose(replace(read_form(form), individual=False), bank) if form else bank.items
    chosen = [item for item in items if fnmatchcase(item.topic, topic) and release in {"all", item.release}]
    if not chosen:
        raise _nothing_left(bank, topic, release)
    titles = read_titles(bank_dir, bank, form)
    told = output.current()
    written: list[Written] = []
    for name in TARGETS if "all" in names else names:
        written += _build(TARGETS[name], forms.only(bank, chosen), lang, titles, out / name, verbose)
    told.results["files"] = [one.data() for one in written]
    if told.quiet:
        told.last(written[-1].line)


@dataclass(frozen=True)
class Written:
    """A file of an export, how many items of the bank it holds, and its size in bytes."""

    title: str
    path: Path
    held: int
    items: int
    size: int

    @property
    def line(self) -> str:
        """For a person."""
        return f"{self.title}: {self.path}, {self.held} of {self.items} items, {self.size:,} bytes"

    def data(self) -> dict[str, Any]:
        """For a program."""
        return {"path": str(self.path), "held": self.held, "items": self.items, "bytes": self.size}


def _nothing_left(bank: Bank, topic: str, release: str) -> mistakes.Mistake:
    topics = sorted({item.topic for item in bank.items})
    return mistakes.wrong(
        "No item of the bank is left.",
        expected=f"a --topic and a --release that some item has; topics are {', '.join(topics)}",
        received=f"--topic {topic} --release {release}",
        todo=mistakes.question(mistakes.did_you_mean(topic, topics)) + 'Patterns are like "conv/*".',
    )


def _title(titles: Mapping[str, str], lang: str) -> str:
    return titles.get(lang) or " / ".join(dict.fromkeys(titles.values()))


def _build(
    target: exporting.Target, bank: Bank, lang: exporting.Lang, titles: Mapping[str, str], out: Path, verbose: bool
) -> list[Written]:
    """Write the files of a target, and name what it cannot hold."""
    found, tell = [], output.current()
    langs = [lang] if lang in target.langs else [one for one in target.langs if one != "both"]
    lost = exporting.losses(target, bank)
    held = len(bank.items) - sum(loss.how == exporting.OMITTED for loss in lost)
    for one in langs:
        try:
            files = target.build(exporting.Request(bank, one, _title(titles, one)))
        except (ExpressionError, GapError, ValueError) as error:
            raise mistakes.unusable(
                error,
                expected=f"items that can be written out for {target.title}",
                received=f"the bank {bank.id}",
                todo="Mend the item; `convmark quiz lint` may say more.",
            ) from None
        for name, content in files.items():
            write_file(out / name, content)
            found.append(Written(target.title, out / name, held, len(bank.items), len(content)))
            tell.say(found[-1].line)
    count = Counter((loss.feature, loss.how) for loss in lost)
    for (feature, how), number in sorted(count.items()):
        what = exporting.FEATURES.get(feature, f"the type {feature}")
        tell.hint(f"  warning: {what}: {'lost' if how == 'no' else how} ({number} items)")
        if verbose:
            names = ", ".join(loss.item for loss in lost if (loss.feature, loss.how) == (feature, how))
            tell.hint(f"    {names}")
    return found


@click.command()
@bank_option
@form_option(required=True)
@click.option(
    "--students",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A CSV file with a column student, or one name in each line.",
)
@click.option("--student", "named", multiple=True, metavar="NAME", help="One student; several times for several.")
@options.out_folder("sheets")
@click.option(
    "--as",
    "kind",
    type=click.Choice(["md", "html", "pdf"]),
    default="md",
    show_default=True,
    help="To fill in on a computer, or to print.",
)
@click.option("--key", is_flag=True, help="Also write the key to each sheet, below OUT/keys.")
@options.quiet
@options.as_json
@options.lang
def sheet(
    bank_dir: Path, form: Path, students: Path | None, named: Sequence[str], out: Path, kind: str, key: bool, lang: str
) -> None:
    """Write an answer sheet for each student of a class: Markdown to fill in, or a page to print.

    Questions, their numbers and the order of options follow from the form's seed and the name.
    """
    bank, read = read_bank(bank_dir), read_form(form)
    names = [*named, *(_roster(students) if students else [])]
    if not names:
        raise mistakes.wrong(
            "Nobody is named who gets a sheet.",
            expected="--students FILE, with a name in each line or a column student, or --student NAME",
            received=kinds.describe(students) + " without names" if students else "neither",
            todo="For example: convmark quiz sheet --students class.csv",
        )
    places = folders(names)
    for student in dict.fromkeys(names):
        try:
            questions = forms.questions(read, bank, student)
            _write(read, questions, student, lang, kind, out / places[student])
            if key:
                write_file(out / "keys" / f"{places[student]}.html", printed.key(read, questions, student, lang).encode())
        except (forms.FormError, sheets.SheetError, printed.PrintError) as error:
            raise mistakes.unusable(
                error,
                expected="a form that the bank can fill, and a name that a sheet can have",
                received=f"{form} and {student}",
                todo="Mend the form or the name; sheets that were written before are whole.",
            ) from None
    told = f"{len(places)} sheets in {out}" + (f", keys in {out / 'keys'}" if key else "")
    output.current().last(told, sheets={student: str(out / place) for student, place in places.items()})


def _write(form: forms.Form, questions: Sequence[forms.Question], student: str, lang: str, kind: str, path: Path) -> None:
    # A name may have dots: with_suffix would cut it.
    if kind == "md":
        write_file(path.with_name(f"{path.name}.md"), sheets.write(form, questions, student, lang).encode())
        return
    page = path.with_name(f"{path.name}.html")
    write_file(page, printed.sheet(form, questions, student, lang).encode())
    if kind == "pdf":
        printed.pdf(page, path.with_name(f"{path.name}.pdf"))
        page.unlink()


def _roster(path: Path) -> list[str]:
    """The students of a file, each once, in its order."""
    try:
        rows = list(tables.rows(path, MAX_ROSTER))
    except tables.TableError as error:
        raise mistakes.wrong(
            f"{error}.",
            expected=f"a list of students of at most {MAX_ROSTER // 2**20} MiB",
            received=kinds.describe(path),
            todo="Name a CSV file with a column student, or one name in each line.",
        ) from None
    head = [cell.strip().lower() for cell in rows[0]] if rows else []
    column = next((head.index(name) for name in STUDENT if name in head), None)
    if column is None and any(sum(bool(cell.strip()) for cell in row) > 1 for row in rows):
        raise mistakes.wrong(
            f"{path} has several columns, and none of them is known to hold the students.",
            expected=f"one name in each line, or a first line with a column {' or '.join(STUDENT[:4])}",
            received=f"the columns {', '.join(filter(None, (cell.strip() for cell in rows[0])))}",
            todo="Call the column of the students student.",
        )
    body = rows if column is None else rows[1:]
    found = [row[column or 0].strip() for row in body if len(row) > (column or 0) and row[column or 0].strip()]
    odd = [name for name in found if safe.printable(name) != name or not any(map(str.isalnum, name))]
    if odd:
        raise mistakes.wrong(
            f"{path} names a student who cannot be one.",
            expected="names with a letter or a digit and without control characters, one in each line or in a column student",
            received=odd[0],
            todo="Take this line out, or name the right file with --students.",
        )
    return list(dict.fromkeys(found))
