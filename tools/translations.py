"""Keep the catalogues of messages together: `make messages`, after any change of a `.po` file.

``autograder/messages/<lang>/LC_MESSAGES/<domain>.po`` has a text for each id. English is the source; in every other language
the English text stands as a comment above the translation. Where that text has changed the translation becomes *fuzzy*,
which is gettext's word for "look at it again", and is not used until somebody takes the mark away. The compiled ``.mo``
files lie beside them: students need no tools.
"""

import argparse
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

FOLDER = Path(__file__).resolve().parent.parent / "autograder" / "messages"
SOURCE = "en"
DOMAINS = ("sentences", "pages", "pictures")
DAY = datetime(2026, 1, 1, tzinfo=UTC)  # a date of its own would change the compiled file at each run

# What the head of a catalogue says; no date, no person, no version, so that a file changes only with its messages.
ABOUT = {
    "project": "convmark",
    "version": "messages",
    "msgid_bugs_address": "see CONTRIBUTING.md",
    "last_translator": "see CONTRIBUTING.md",
    "language_team": "convmark",
}


def place(lang: str, domain: str, suffix: str = ".po") -> Path:
    """Where a catalogue is."""
    return FOLDER / lang / "LC_MESSAGES" / f"{domain}{suffix}"


def read(lang: str, domain: str) -> Catalog:
    """The catalogue as it is written."""
    with place(lang, domain).open("rb") as stream:
        return read_po(stream, locale=lang, domain=domain, ignore_obsolete=True, abort_invalid=True)


def merged(lang: str, domain: str) -> Catalog:
    """The catalogue with the ids of the source in its order: new ones empty, changed ones fuzzy, gone ones out."""
    source, known = read(SOURCE, domain), read(lang, domain)
    found = Catalog(
        lang, domain, known.header_comment, creation_date=DAY, revision_date=DAY, charset="utf-8", fuzzy=False, **ABOUT
    )
    for message in source:
        if not message.id:
            continue
        told = known.get(message.id)
        english = [] if lang == SOURCE else [" ".join(str(message.string).split())]
        is_stale = told is not None and lang != SOURCE and (told.fuzzy or [" ".join(told.auto_comments)] != english)
        text = told.string if told is not None else ""
        comments = told.user_comments if told is not None else ()
        found.add(message.id, text, flags=["fuzzy"] if is_stale and text else [], auto_comments=english, user_comments=comments)
    return found


def problems(catalog: Catalog) -> Iterator[str]:
    """The ids without a text, and those whose text has to be looked at again."""
    for message in catalog:
        if message.id and (message.fuzzy or not message.string):
            yield f"{catalog.locale} {catalog.domain}: {message.id} {'has changed in English' if message.fuzzy else 'is missing'}"


def files(lang: str, domain: str) -> dict[Path, bytes]:
    """What should stand in the two files of a catalogue."""
    catalog = merged(lang, domain)
    written, compiled = io.BytesIO(), io.BytesIO()
    write_po(written, catalog, width=0, ignore_obsolete=True)
    write_mo(compiled, catalog)
    lines = [line for line in written.getvalue().splitlines(keepends=True) if not line.startswith(b'"Generated-By')]
    return {place(lang, domain): b"".join(lines), place(lang, domain, ".mo"): compiled.getvalue()}


def languages() -> list[str]:
    """The languages that there are, the source first."""
    return sorted(
        (path.name for path in FOLDER.iterdir() if (path / "LC_MESSAGES").is_dir()), key=lambda name: (name != SOURCE, name)
    )


def main(arguments: list[str] | None = None) -> int:
    """Write the catalogues anew, or say with ``--check`` what is to be done; the exit status is 1 if anything is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    only_check = parser.parse_args(arguments).check
    found: list[str] = []
    for lang in languages():
        for domain in DOMAINS:
            for path, content in files(lang, domain).items():
                if not path.is_file() or path.read_bytes() != content:
                    found += [f"{path.relative_to(FOLDER)}: run `make messages`"] if only_check else []
                    if not only_check:
                        path.write_bytes(content)
            found += problems(merged(lang, domain))
    for line in found:
        sys.stdout.write(f"{line}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
