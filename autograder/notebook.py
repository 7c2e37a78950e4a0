"""``check("data")`` in the lab's notebook: one section of the same checks, on the notebook as it was saved."""

from pathlib import Path

from autograder import judge, messages, report


def check(section: str = "", *, lang: str | None = None, submission: str | None = None) -> None:
    """Check one section of the notebook in this folder, or all of them, and print what is wrong and why.

    The file on the disk is checked: save the notebook first.
    """
    options = [f"--submission={Path(submission or '.').resolve()}"]
    options += [f"--sections={section}"] if section else []
    options += [f"--lang={lang}"] if lang else []
    found = judge.run(options)
    if found.verdict is None:
        print(found.output.strip())
        return
    print(messages.phrase(found.lang, "saved_file"))
    print(report.to_text(found.verdict, found.lang))
