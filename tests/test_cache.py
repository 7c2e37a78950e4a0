"""The cache of results by what they were computed from."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autograder import cache
from autograder.cache import Cache


@pytest.fixture
def kept(tmp_path: Path) -> Cache:
    """An empty cache."""
    return Cache(tmp_path / "cache", max_bytes=500)


class TestKey:
    def test_order_does_not_matter(self) -> None:
        """The same parts give the same key in any order."""
        assert cache.key_of(a=1, b=[2]) == cache.key_of(b=[2], a=1)

    @pytest.mark.parametrize("other", [{"a": 2}, {"b": 1}, {"a": "1"}, {"a": 1, "b": None}, {"a": [1]}])
    def test_every_part_matters(self, other: dict[str, object]) -> None:
        """Another value, name, type or number of parts gives another key."""
        assert cache.key_of(a=1) != cache.key_of(**other)

    def test_version_matters(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another version of the grader has other keys."""
        before = cache.key_of(a=1)
        monkeypatch.setattr(cache, "__version__", "other")

        assert before != cache.key_of(a=1)


class TestHome:
    def test_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The folder that is named is made, for this account alone."""
        monkeypatch.setenv("CONVMARK_CACHE", str(tmp_path / "a" / "b"))

        assert tmp_path / "a" / "b" == cache.home()
        assert 0o700 == (tmp_path / "a" / "b").stat().st_mode & 0o777

    def test_not_to_be_had(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where the folder cannot be made nothing is kept."""
        (tmp_path / "file").touch()
        monkeypatch.setenv("CONVMARK_CACHE", str(tmp_path / "file" / "b"))

        assert cache.home() is None


class TestCache:
    def test_entry(self, kept: Cache) -> None:
        """What was kept is found under its key, and nothing under another."""
        kept.put("k", {"a": [1, "б"]})

        assert {"a": [1, "б"]} == kept.get("k")
        assert kept.get("other") is None

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"a": NaN}', '{"a": 1, "a": 2}', "{" * 5000, "x" * (2**20 + 1)])
    def test_damaged_entry(self, kept: Cache, content: str) -> None:
        """An entry that is not whole is none."""
        kept.put("k", {})
        (kept.folder / "k.json").write_text(content)

        assert kept.get("k") is None

    def test_deleted_folder(self, kept: Cache) -> None:
        """The folder may be deleted between any two calls."""
        kept.put("k", {})
        (kept.folder / "k.json").unlink()
        kept.folder.rmdir()

        assert kept.get("k") is None
        kept.put("k", {"a": 1})
        assert {"a": 1} == kept.get("k")

    def test_size_is_bounded(self, kept: Cache) -> None:
        """The entry that was not asked for the longest goes first."""
        for number, name in enumerate("abc"):
            kept.put(name, {"x": "x" * 100})
            os.utime(kept.folder / f"{name}.json", (number, number))
        kept.get("a")
        for name in "de":
            kept.put(name, {"x": "x" * 100})

        assert {"a.json", "c.json", "d.json", "e.json"} == {path.name for path in kept.folder.iterdir()}

    def test_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        """Then nothing is kept, and nothing fails."""
        (tmp_path / "file").write_text("")
        kept = Cache(tmp_path / "file" / "cache")
        kept.put("k", {})

        assert kept.get("k") is None


class TestAlone:
    def test_what_several_want_is_made_once(self, kept: Cache) -> None:
        """Of four that come at the same time for the same key one computes, and all have its value."""
        made: list[int] = []

        def want(number: int) -> object:
            with kept.alone("ab"):
                found = kept.get("ab")
                if found is None:
                    made.append(number)
                    time.sleep(0.2)
                    kept.put("ab", {"made": number})
                    found = kept.get("ab")
                return found

        with ThreadPoolExecutor(4) as pool:
            values = list(pool.map(want, range(4)))

        assert len(made) == 1
        assert values == [{"made": made[0]}] * 4

    def test_a_failure_gives_the_key_free(self, kept: Cache) -> None:
        """Who fails lets the next one try."""
        with pytest.raises(ValueError, match="failed"), kept.alone("ab"):
            raise ValueError("failed")

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(lambda: kept.alone("ab").__enter__()).result(10) is None
