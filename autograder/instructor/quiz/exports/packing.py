"""Packages whose bytes depend on their content alone: a zip, and the XML in it."""

import io
import re
import zipfile
from collections.abc import Mapping
from xml.etree import ElementTree as ET

TIME = (2000, 1, 1, 0, 0, 0)  # the same for every file, so that the same bank makes the same bytes
MODE = 0o100644 << 16
ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 has no way to say


def archive(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files, sorted by their names."""
    whole = io.BytesIO()
    # Stored and not compressed: the bytes of a compressed file depend on the machine's zlib.
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as packed:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, TIME)
            entry.create_system = 3
            entry.external_attr = MODE
            packed.writestr(entry, content)
    return whole.getvalue()


def document(root: ET.Element) -> bytes:
    """An XML file in UTF-8; characters that XML cannot hold become U+FFFD."""
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{legal(text)}\n'.encode()


def legal(text: str) -> str:
    """The text with U+FFFD for each character that XML cannot hold."""
    return ILLEGAL.sub("\ufffd", text)
