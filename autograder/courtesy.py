"""What pytest would say of itself in English, said in the student's language: an interruption, a wrong call, no check chosen."""

from typing import Any

import pytest

from autograder import messages, report
from autograder.errors import ConvmarkError, GraderError
from autograder.verdict import Reason


def sentence(lang: str, error: ConvmarkError) -> str:
    """What is wrong with a call, in one line."""
    return report.sentences(Reason(error.code, error.params), lang).joined()


class Courtesy:
    """Takes over the words in which pytest says that it was stopped or cannot begin. ``interrupted`` says which."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.interrupted = False

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self, session: pytest.Session) -> Any:
        """A path that does not exist, or an expression behind ``-k`` or ``-m`` that cannot be read; or Ctrl-C already here."""
        try:
            return (yield)
        except KeyboardInterrupt:
            self.interrupted = True
            session.items.clear()  # pytest goes on to run what was collected
            return None
        except pytest.UsageError as error:
            reason = " ".join(" ".join(map(str, error.args)).split()).removesuffix(".")
            code = "grader.pytest_path" if "not found: " in reason else "grader.pytest_call"
            known = GraderError(code, reason=reason, names=" ".join(name for name in session.config.args if name in reason))
            raise pytest.UsageError(sentence(self.lang, known)) from None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Any:
        """Ctrl-C ends the run as it should, without the lines that are for people who debug pytest."""
        try:
            return (yield)
        except KeyboardInterrupt:
            self.interrupted = True
            return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Whoever asks for the exit status learns of the interruption all the same."""
        if self.interrupted:
            session.exitstatus = pytest.ExitCode.INTERRUPTED

    def told(self, config: pytest.Config, status: int) -> str:
        """Why no check has answered; empty where pytest itself ends with a sentence of ours."""
        if self.interrupted:
            return messages.phrase(self.lang, "interrupted")
        if status != pytest.ExitCode.NO_TESTS_COLLECTED:
            return ""
        chosen = {"-k": config.option.keyword, "-m": config.option.markexpr}
        words = " ".join(f"{option} {text}" for option, text in chosen.items() if text)
        return messages.phrase(self.lang, "nothing_chosen", words=words or f"--sections={config.getoption('--sections')}")
