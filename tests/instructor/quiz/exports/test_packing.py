"""Packages: a zip that depends on its content alone, and XML that can be read."""

import io
import zipfile
from xml.etree import ElementTree as ET

from autograder.instructor.quiz.exports import packing
from tests.support.packages import unpacked


def test_order_of_files_makes_no_difference() -> None:
    """Files are sorted by their names, and come out as they went in."""
    one, two = {"b/x.xml": b"1", "a.txt": "ё".encode()}, {"a.txt": "ё".encode(), "b/x.xml": b"1"}

    assert packing.archive(one) == packing.archive(two)
    assert ["a.txt", "b/x.xml"] == list(unpacked(packing.archive(one)))
    assert one == unpacked(packing.archive(one))


def test_nothing_of_the_machine_is_in_a_zip() -> None:
    """Date, system, permissions and method are the same for every file."""
    with zipfile.ZipFile(io.BytesIO(packing.archive({"a": b"1", "b": b"2" * 5000}))) as archive:
        found = {(one.date_time, one.create_system, one.external_attr >> 16, one.compress_type) for one in archive.infolist()}

    assert {((2000, 1, 1, 0, 0, 0), 3, 0o100644, zipfile.ZIP_STORED)} == found


def test_characters_that_xml_lacks_are_replaced() -> None:
    """A control character and half a surrogate pair do not break the file; letters and emoji stay."""
    root = ET.Element("a", title="\x0b")
    root.text = "ё\x00\ud800😀 <b>&"

    found = ET.fromstring(packing.document(root))

    assert "ё\ufffd\ufffd😀 <b>&" == found.text
    assert "\ufffd" == found.get("title")
