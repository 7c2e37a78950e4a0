"""Finding submissions in what learning platforms give to download, and staging them safely."""

import io
import os
import stat
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from autograder import history, submission
from autograder.errors import GraderError, SubmissionError
from autograder.instructor import archive, collect, layouts, staging
from autograder.instructor.collect import Entry
from tests.support.attempts import attempt

CODE = b"def build_model():\n    return None\n"


def tree(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Files below *folder*."""
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive_:
        for name, content in files.items():
            archive_.writestr(name, content)
    return out.getvalue()


def students(submissions: Path) -> dict[str, str]:
    """Students and their display names; all of them without a problem."""
    found = collect.entries(submissions)
    assert [None] * len(found) == [entry.problem for entry in found]
    return {entry.student: entry.name for entry in found}


def staged(entry: Entry, into: Path) -> dict[str, bytes]:
    """What staging copies of an entry."""
    into.mkdir()
    staging.stage(entry, into)
    return {path.name: path.read_bytes() for path in into.iterdir()}


def only(submissions: Path, into: Path) -> dict[str, bytes]:
    """What staging copies of the only entry."""
    (entry,) = collect.entries(submissions)
    return staged(entry, into)


def code_of(entry: Entry, into: Path) -> str:
    """The code of the problem that an entry has, or meets when it is staged."""
    if entry.problem is not None:
        return entry.problem.code
    into.mkdir()
    with pytest.raises(SubmissionError) as raised:
        staging.stage(entry, into)
    return raised.value.code


class TestLayouts:
    def test_folder_and_zip_for_each_student(self, tmp_path: Path) -> None:
        """A folder and a zip are a student each, in the order of names; what systems leave behind is skipped."""
        found = tree(
            tmp_path / "in",
            {"petrov/cifar10_cnn.py": CODE, "ivanov.zip": zipped({"cifar10_cnn.py": CODE}), ".DS_Store": b""},
        )

        assert ["ivanov", "petrov"] == list(students(found))
        first, second = collect.entries(found)
        assert {"cifar10_cnn.py": CODE} == staged(first, tmp_path / "a") == staged(second, tmp_path / "b")

    def test_nbgrader(self, tmp_path: Path) -> None:
        """nbgrader keeps a folder for each assignment inside a student's folder, and a course around all."""
        course = tree(
            tmp_path / "course",
            {"submitted/ivanov/lab/cifar10_cnn.ipynb": b"{}", "submitted/ivanov/lab/timestamp.txt": b"", "source/x": b""},
        )

        assert ["ivanov"] == list(students(course))
        assert {"cifar10_cnn.ipynb": b"{}"} == only(course / "submitted", tmp_path / "out")

    @pytest.mark.parametrize("name", ["Иван Петров_12345_assignsubmission_file_", "Иван Петров_12345_assignsubmission_file"])
    def test_moodle_folders(self, tmp_path: Path, name: str) -> None:
        """Moodle names folders after the student and the participant."""
        found = tree(tmp_path / "in", {f"{name}/cifar10_cnn.py": CODE})

        assert {"Иван Петров_12345": "Иван Петров"} == students(found)

    def test_moodle_text_beside_the_files(self, tmp_path: Path) -> None:
        """A text typed into Moodle is no second submission."""
        found = tree(
            tmp_path / "in",
            {
                "Ann Lee_7_assignsubmission_file_/cifar10_cnn.py": CODE,
                "Ann Lee_7_assignsubmission_onlinetext_/onlinetext.html": b"hello",
            },
        )

        assert {"cifar10_cnn.py": CODE} == only(found, tmp_path / "out")

    def test_moodle_as_one_zip(self, tmp_path: Path) -> None:
        """Moodle's download need not be unpacked."""
        found = tmp_path / "class.zip"
        found.write_bytes(
            zipped(
                {
                    "Ann Lee_7_assignsubmission_file_/cifar10_cnn.py": CODE,
                    "Bo Ek_8_assignsubmission_file_/work.zip": zipped({"lab/cifar10_cnn.py": CODE}),
                }
            )
        )

        assert ["Ann Lee_7", "Bo Ek_8"] == list(students(found))
        first, second = collect.entries(found)
        assert {"cifar10_cnn.py": CODE} == staged(first, tmp_path / "a") == staged(second, tmp_path / "b")

    def test_moodle_without_folders(self, tmp_path: Path) -> None:
        """Moodle can also put the student's name before each file's name."""
        found = tree(tmp_path / "in", {"Ann Lee_7_assignsubmission_file_cifar10_cnn.py": CODE})

        assert {"Ann Lee_7": "Ann Lee"} == students(found)
        assert {"cifar10_cnn.py": CODE} == only(found, tmp_path / "out")

    def test_canvas(self, tmp_path: Path) -> None:
        """Canvas gives flat files; those of a student belong together, late or resubmitted or not."""
        found = tree(
            tmp_path / "in",
            {
                "petrovivan_LATE_123_456_cifar10_cnn-1.ipynb": b"{}",
                "petrovivan_LATE_123_457_cifar10_cnn.keras": b"w",
                "leeann_124_458_cifar10_cnn.py": CODE,
            },
        )

        assert ["leeann_124", "petrovivan_123"] == list(students(found))
        assert ["petrovivan_123"] == collect.marked_late(collect.entries(found))
        assert {"cifar10_cnn.ipynb": b"{}", "cifar10_cnn.keras": b"w"} == staged(collect.entries(found)[1], tmp_path / "o")

    def test_canvas_as_one_zip(self, tmp_path: Path) -> None:
        """Canvas' download need not be unpacked."""
        found = tmp_path / "submissions.zip"
        found.write_bytes(zipped({"leeann_124_458_cifar10_cnn.py": CODE, "petrov_LATE_1_2_cifar10_cnn.py": CODE}))

        assert ["leeann_124", "petrov_1"] == list(students(found))
        assert ["petrov_1"] == collect.marked_late(collect.entries(found))
        assert {"cifar10_cnn.py": CODE} == staged(collect.entries(found)[0], tmp_path / "out")

    def test_class_in_a_wrapping_folder(self, tmp_path: Path) -> None:
        """A folder around everything in the class's zip is no student."""
        found = tmp_path / "class.zip"
        found.write_bytes(zipped({"class/ivanov/cifar10_cnn.py": CODE, "class/petrov/cifar10_cnn.py": CODE}))

        assert ["ivanov", "petrov"] == list(students(found))
        assert {"cifar10_cnn.py": CODE} == staged(collect.entries(found)[1], tmp_path / "out")

    def test_names_are_made_safe(self) -> None:
        """Control and bidirectional characters in a name show as escapes."""
        assert "a\\x1b[31mb\\x202ec" == layouts.owner_of_folder("a\x1b[31mb\u202ec").student

    def test_names_stand_on_one_line(self) -> None:
        """Every character that ends a line shows as an escape."""
        assert "a\\x2028b\\x2029c\\x0ad" == layouts.owner_of_folder("a\u2028b\u2029c\nd").student

    @pytest.mark.parametrize("name", ["ivanov//cifar10_cnn.py", "./ivanov/./cifar10_cnn.py", "ivanov\\\\cifar10_cnn.py"])
    def test_paths_in_other_words(self, tmp_path: Path, name: str) -> None:
        """Parts of a member's path that mean nothing change neither whose it is nor what is copied."""
        found = tmp_path / "class.zip"
        found.write_bytes(zipped({name: CODE, "petrov/cifar10_cnn.py": CODE}))

        assert ["ivanov", "petrov"] == list(students(found))
        assert {"cifar10_cnn.py": CODE} == staged(collect.entries(found)[0], tmp_path / "out")


class TestProblems:
    def test_stray_file(self, tmp_path: Path) -> None:
        """A file that belongs to nobody is reported, not overlooked."""
        (entry,) = collect.entries(tree(tmp_path / "in", {"notes.txt": b""}))

        assert "collect.stray_file" == code_of(entry, tmp_path / "out")

    def test_link_and_pipe(self, tmp_path: Path) -> None:
        """Links are not followed and pipes are not waited for."""
        found = tree(tmp_path / "in", {})
        (found / "link").symlink_to("/etc")
        os.mkfifo(found / "pipe")

        assert ["collect.not_a_file"] * 2 == [code_of(entry, tmp_path / "o") for entry in collect.entries(found)]

    def test_links_inside_are_not_followed(self, tmp_path: Path) -> None:
        """Neither a file nor a folder is read through a link; nor is a pipe of the lab's name."""
        secret = tree(tmp_path / "secret", {"cifar10_cnn.py": b"secret"})
        found = tree(tmp_path / "in", {"ivanov/readme.txt": b""})
        (found / "ivanov" / "cifar10_cnn.py").symlink_to(secret / "cifar10_cnn.py")
        (found / "ivanov" / "more").symlink_to(secret)
        os.mkfifo(found / "ivanov" / "cifar10_cnn.ipynb")

        assert {} == only(found, tmp_path / "out")

    def test_folder_and_zip_of_one_student(self, tmp_path: Path) -> None:
        """Which of two submissions counts is for a person to say."""
        found = tree(tmp_path / "in", {"ivanov/cifar10_cnn.py": CODE, "ivanov.zip": zipped({"cifar10_cnn.py": CODE})})
        (entry,) = collect.entries(found)

        assert "collect.twice" == code_of(entry, tmp_path / "out")

    def test_two_versions_side_by_side(self, tmp_path: Path) -> None:
        """Two different files of the lab's name in two folders are for a person."""
        found = tree(tmp_path / "in", {"ivanov/v1/cifar10_cnn.py": CODE, "ivanov/v2/cifar10_cnn.py": CODE + b"\n"})
        (entry,) = collect.entries(found)

        assert "submission.two_edited" == code_of(entry, tmp_path / "out")

    def test_unreadable_class(self, tmp_path: Path) -> None:
        """A class's zip that is none is the grader's error, not a student's."""
        found = tmp_path / "class.zip"
        found.write_bytes(b"no zip")

        with pytest.raises(GraderError) as raised:
            collect.entries(found)
        assert "collect.broken_archive" == raised.value.code


class TestStaging:
    def test_only_what_can_be_graded_is_copied(self, tmp_path: Path) -> None:
        """Modules beside the submission, the kit itself and other files stay where they are."""
        found = tree(
            tmp_path / "in",
            {
                "ivanov/lab/cifar10_cnn.py": CODE,
                "ivanov/lab/cifar10_cnn.keras": b"w",
                "ivanov/lab/numpy.py": b"x",
                "ivanov/lab/conftest.py": b"x",
                "ivanov/lab/data.bin": b"x",
                "ivanov/lab/autograder/checks/cifar10_cnn.py": b"x",
                "ivanov/lab/.ipynb_checkpoints/cifar10_cnn-checkpoint.ipynb": b"x",
                "ivanov/__MACOSX/._cifar10_cnn.py": b"x",
            },
        )

        assert {"cifar10_cnn.py": CODE, "cifar10_cnn.keras": b"w"} == only(found, tmp_path / "out")

    def test_other_names_if_none_is_the_labs(self, tmp_path: Path) -> None:
        """A submission under another name is found."""
        assert {"my work.py": CODE} == only(tree(tmp_path / "in", {"ivanov/my work.py": CODE}), tmp_path / "out")

    def test_digest_is_of_names_and_bytes(self, tmp_path: Path) -> None:
        """The same files give the same digest, another byte another one."""
        digests = []
        for number, code in enumerate((CODE, CODE, CODE + b"#")):
            (entry,) = collect.entries(tree(tmp_path / f"in{number}", {"ivanov/cifar10_cnn.py": code}))
            into = tmp_path / f"out{number}"
            into.mkdir()
            digests.append(staging.stage(entry, into))

        assert digests[0] == digests[1] != digests[2]

    def test_size_is_bounded(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file beyond the limit is not copied."""
        monkeypatch.setattr(staging, "MAX_WEIGHTS_BYTES", 10)
        found = tree(tmp_path / "in", {"ivanov/cifar10_cnn.py": CODE, "ivanov/cifar10_cnn.keras": b"w" * 11})
        (entry,) = collect.entries(found)

        assert "collect.too_large" == code_of(entry, tmp_path / "out")

    def test_size_of_all_is_bounded(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Files that are small alone and large together are for a person; so are very many files."""
        folder = tmp_path / "in" / "ann"
        folder.mkdir(parents=True)
        for number in range(5):
            (folder / f"cifar10_cnn_{number}.py").write_bytes(b"#" * 1000)
        monkeypatch.setattr(staging, "MAX_CODE_BYTES", 4000)
        refused = attempt(staging.stage, collect.entries(tmp_path / "in")[0], tmp_path)
        monkeypatch.setattr(staging, "MAX_CODE_FILES", 4)
        too_many = attempt(staging.stage, collect.entries(tmp_path / "in")[0], tmp_path)

        assert ["collect.too_much", "collect.too_many_files"] == [refused.code, too_many.code]


class TestRecordOfTheTraining:
    FILES: ClassVar[dict[str, bytes]] = {"ivanov/cifar10_cnn.py": CODE, "ivanov/lab/cifar10_cnn_history.csv": b"epoch"}

    def test_it_goes_with_the_code(self, tmp_path: Path) -> None:
        """The record lies beside the code, whatever folder it came in; another table is left where it is."""
        found = tree(tmp_path / "in", {**self.FILES, "ivanov/grades.csv": b"x"})

        assert {"cifar10_cnn.py": CODE, "cifar10_cnn_history.csv": b"epoch"} == only(found, tmp_path / "out")

    def test_beside_an_archive(self, tmp_path: Path) -> None:
        """An archive is opened though the record was handed in beside it, and one inside comes first."""
        inside = {"cifar10_cnn.py": CODE, "cifar10_cnn_history.csv": b"inside"}
        found = tree(tmp_path / "in", {"ivanov/lab.zip": zipped(inside), "ivanov/cifar10_cnn_history.csv": b"beside"})

        assert inside == only(found, tmp_path / "out")

    def test_it_changes_the_digest(self, tmp_path: Path) -> None:
        """With another record the submission is another one."""
        digests = set()
        for number, record in enumerate((b"epoch", b"epochs")):
            found = tree(tmp_path / f"in{number}", {**self.FILES, "ivanov/lab/cifar10_cnn_history.csv": record})
            (tmp_path / f"out{number}").mkdir()
            digests.add(staging.stage(collect.entries(found)[0], tmp_path / f"out{number}"))

        assert 2 == len(digests)

    @pytest.mark.parametrize("where", ["folder", "archive"])
    def test_one_that_is_too_large_costs_nothing(self, where: str, tmp_path: Path) -> None:
        """It is empty beside the code, which is graded all the same."""
        files = {"cifar10_cnn.py": CODE, "cifar10_cnn_history.csv": b"0" * (1024 * history.MAX_KIB + 1)}
        inside = {f"ivanov/{name}": content for name, content in files.items()}
        found = tree(tmp_path / "in", inside if where == "folder" else {"ivanov.zip": zipped(files)})

        assert {**files, "cifar10_cnn_history.csv": b""} == only(found, tmp_path / "out")

    @pytest.mark.parametrize("kind", ["link", "pipe"])
    def test_what_is_no_file_is_not_there(self, kind: str, tmp_path: Path) -> None:
        """Neither is a link followed nor a pipe waited for."""
        found = tree(tmp_path / "in", {"ivanov/cifar10_cnn.py": CODE})
        record = found / "ivanov" / history.SUBMITTED
        record.symlink_to("/etc/passwd") if kind == "link" else os.mkfifo(record)

        assert {"cifar10_cnn.py": CODE} == only(found, tmp_path / "out")

    def test_alone_it_is_no_submission(self, tmp_path: Path) -> None:
        """A record without code is no work."""
        found = tree(tmp_path / "in", {"ivanov/cifar10_cnn_history.csv": b"epoch"})
        only(found, tmp_path / "out")

        assert "submission.none_here" == attempt(submission.find, tmp_path / "out", {}).code


class TestHostileArchives:
    def problem(self, tmp_path: Path, content: bytes) -> str:
        """The code of the problem with a student's archive."""
        (entry,) = collect.entries(tree(tmp_path / "in", {"ivanov.zip": content}))
        return code_of(entry, tmp_path / "out")

    @pytest.mark.parametrize(
        "name", ["../cifar10_cnn.py", "/cifar10_cnn.py", "a/../../cifar10_cnn.py", "..\\cifar10_cnn.py", "C:\\x.py"]
    )
    def test_traversal(self, tmp_path: Path, name: str) -> None:
        """A path that leads outside condemns the archive."""
        assert "collect.unsafe_archive" == self.problem(tmp_path, zipped({name: CODE}))
        assert [tmp_path / "in", tmp_path / "out"] == sorted(tmp_path.iterdir())

    def test_no_archive(self, tmp_path: Path) -> None:
        """A file that only claims to be a zip is for a person."""
        assert "collect.broken_archive" == self.problem(tmp_path, b"Rar!")

    def test_cut_short(self, tmp_path: Path) -> None:
        """An archive whose data was damaged is for a person."""
        content = bytearray(zipped({"cifar10_cnn.py": os.urandom(5000)}, zipfile.ZIP_STORED))
        content[1000:1100] = bytes(100)

        assert "collect.broken_archive" == self.problem(tmp_path, bytes(content))

    def test_damaged_inside_another(self, tmp_path: Path) -> None:
        """An archive that cannot be unpacked from the archive around it is for a person."""
        content = bytearray(zipped({"ivanov.zip": zipped({"cifar10_cnn.py": CODE})}))
        start = content.index(b"ivanov.zip") + len("ivanov.zip")
        content[start : start + 20] = b"\xff" * 20
        (tmp_path / "class.zip").write_bytes(content)
        (entry,) = collect.entries(tmp_path / "class.zip")

        assert "collect.broken_archive" == code_of(entry, tmp_path / "out")

    @pytest.mark.parametrize("size", [47, 2**31])
    def test_members_before_the_file(self, tmp_path: Path, size: int) -> None:
        """An archive whose directory says that its members begin before its first byte is for a person."""
        content = bytearray(zipped({"cifar10_cnn.py": CODE}))
        end = content.index(b"PK\5\6")
        content[end + 16 : end + 20] = (struct.unpack_from("<L", content, end + 16)[0] + size).to_bytes(4, "little")

        assert "collect.broken_archive" == self.problem(tmp_path, bytes(content))

    def test_bomb(self, tmp_path: Path) -> None:
        """What unpacks to a thousand times its size is not unpacked."""
        assert "collect.bomb" == self.problem(tmp_path, zipped({"cifar10_cnn.py": bytes(8 * 2**20)}))

    def test_too_many_members(self, tmp_path: Path) -> None:
        """The number of members is looked at before the directory is read."""
        content = zipped({f"{number}.txt": b"" for number in range(archive.MAX_MEMBERS + 1)}, zipfile.ZIP_STORED)

        assert "collect.too_many_members" == self.problem(tmp_path, content)

    def test_encrypted(self, tmp_path: Path) -> None:
        """An archive with a password is for a person."""
        content = bytearray(zipped({"cifar10_cnn.py": CODE}))
        for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            content[content.index(mark) + offset] |= 1

        assert "collect.encrypted" == self.problem(tmp_path, bytes(content))

    def test_links_are_left_out(self, tmp_path: Path) -> None:
        """A link inside an archive is no file."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive_:
            info = zipfile.ZipInfo("cifar10_cnn.py")
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive_.writestr(info, "/etc/passwd")

        assert {} == only(tree(tmp_path / "in", {"ivanov.zip": out.getvalue()}), tmp_path / "out")

    def test_cyrillic_names_of_windows(self, tmp_path: Path) -> None:
        """Names in code page 866 are read as what they were."""
        content = zipped({"XXXX.py": CODE}, zipfile.ZIP_STORED).replace(b"XXXX", "лаба".encode("cp866"))

        assert {"лаба.py": CODE} == only(tree(tmp_path / "in", {"ivanov.zip": content}), tmp_path / "out")
