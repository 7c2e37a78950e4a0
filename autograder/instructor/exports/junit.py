"""JUnit XML, which every CI service shows: a suite for each section of a student, a test case for each check.

A check that was not passed is a failure with its three sentences, one that was not reached is skipped, and a fault of the
grader is an error, which is no failure of the student's.
"""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from autograder import report, safe
from autograder.instructor import results
from autograder.instructor.exports import asked
from autograder.instructor.exports.asked import Exported, Record, Request
from autograder.scheme import Scheme, load
from autograder.verdict import CheckResult, Reason, Verdict

SUFFIX = ".xml"
KINDS = {"failed": "failures", "broken": "errors", "not_checked": "skipped"}
VERDICT = "verdict"


def export(request: Request) -> Exported:
    """Write one file for the class if its name ends with .xml, else a folder with one for each student.

    Raises:
        GraderError: there are no results, or a file cannot be written.
    """
    found = Exported()
    rows = asked.listed(request, found, gradebook=False)
    if request.out.suffix.lower() == SUFFIX:
        results.write_bytes(request.out, document(rows, request.lang))
    else:
        for row in rows:
            results.write_bytes(request.out / f"{row.folder}{SUFFIX}", document([row], request.lang))
    found.said.append(f"{len(rows)} students in {request.out}.")
    return found


def document(rows: Sequence[Record], lang: str) -> bytes:
    """The file on these students."""
    root = ET.Element("testsuites", name="convmark")
    for row in rows:
        _student(root, row, lang, load())
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ET.indent(root, " ")
    body: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _student(root: ET.Element, row: Record, lang: str, scheme: Scheme) -> None:
    student = _text(row.student)
    verdict = row.verdict
    if verdict is None:
        _fault(root, student, "damaged", asked.DAMAGED)
        return
    for section in verdict.sections:
        checks = [check for check in verdict.checks if check.section == section.name]
        suite = _suite(root, f"{student} / {_title(scheme, section.name, lang)}", checks)
        properties = ET.SubElement(suite, "properties")
        if verdict.status == "graded":
            ET.SubElement(properties, "property", name="points", value=report.number(section.points))
        ET.SubElement(properties, "property", name="max_points", value=report.number(section.max_points))
        for check in checks:
            _case(suite, f"{student}.{check.section}", check, verdict, lang, scheme)
    if verdict.status != "graded" and verdict.reason and not any(check.status == "broken" for check in verdict.checks):
        _fault(root, student, verdict.reason.code, _sentences(verdict.reason, lang))


def _suite(root: ET.Element, name: str, checks: Sequence[CheckResult]) -> ET.Element:
    found = {key: sum(KINDS.get(check.status) == key for check in checks) for key in KINDS.values()}
    numbers = {key: str(value) for key, value in {"tests": len(checks), **found}.items()}
    return ET.SubElement(root, "testsuite", {"name": name, **numbers, "time": "0"})


def _case(suite: ET.Element, owner: str, check: CheckResult, verdict: Verdict, lang: str, scheme: Scheme) -> None:
    case = ET.SubElement(suite, "testcase", classname=owner, name=check.id, time="0")
    if check.status == "failed":
        reason = check.reason or Reason("unknown", {"code": "-"})
        hint = scheme.checks[check.id].hint[lang] if check.id in scheme.checks else ""
        _outcome(case, "failure", reason.code, _sentences(reason, lang, hint))
    elif check.status == "broken":
        reason = check.reason or verdict.reason or Reason("unknown", {"code": "-"})
        _outcome(case, "error", reason.code, _sentences(reason, lang))
    elif check.status == "not_checked":
        ET.SubElement(case, "skipped", message=_text(report.because(check, lang, scheme)))


def _fault(root: ET.Element, student: str, code: str, told: str) -> None:
    """A suite that says why a person has to look."""
    suite = ET.SubElement(
        root, "testsuite", name=f"{student} / {VERDICT}", tests="1", errors="1", failures="0", skipped="0", time="0"
    )
    case = ET.SubElement(suite, "testcase", classname=student, name=VERDICT, time="0")
    _outcome(case, "error", code, told)


def _outcome(case: ET.Element, tag: str, code: str, told: str) -> None:
    found = ET.SubElement(case, tag, message=_text(told.partition("\n")[0]), type=_text(code))
    found.text = safe.printable_lines(told)


def _sentences(reason: Reason, lang: str, hint: str = "") -> str:
    return report.sentences(reason, lang, hint).joined("\n")


def _title(scheme: Scheme, section: str, lang: str) -> str:
    return scheme.section_title(section, lang) if section in scheme.sections else _text(section)


def _text(value: str) -> str:
    """A text that XML can hold; its markup is escaped where it is written."""
    return safe.printable(value)
