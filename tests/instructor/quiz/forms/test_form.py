"""Forms: drawn the same again, without enemies, and with an error that says what is asked too much."""

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.instructor.quiz.bank.model import RELEASES, Bank
from autograder.instructor.quiz.forms import form
from autograder.instructor.quiz.forms.form import Draw, Form, FormError
from tests.conftest import REPO
from tests.support import quiz

ALL = Form("all", "seed", (Draw(("conv/*",), count=20), Draw(("regularization/*",), count=15)), {})


def names(found: list[form.Question]) -> list[str]:
    """The ids of questions."""
    return [question.item.id for question in found]


def test_the_labs_form_can_be_drawn() -> None:
    """The form that comes with the lab is filled for every one of 300 students, with as many questions for each."""
    read = form.read(REPO / "quiz" / form.FILE)
    sizes = {len(form.questions(read, quiz.real(), f"student{number}")) for number in range(300)}

    assert 1 == len(sizes)
    assert 100 == read.points


def test_the_same_again_and_others_for_others() -> None:
    """A student's form does not change; another student has other items, another seed too."""
    bank = quiz.real()
    first = form.questions(ALL, bank, "ann")

    assert first == form.questions(ALL, bank, "ann")
    assert names(first) != names(form.questions(ALL, bank, "ben"))
    assert names(first) != names(form.questions(replace(ALL, seed="other"), bank, "ann"))


def test_one_form_for_all() -> None:
    """Where nobody draws for himself all have the same items, values and orders."""
    shared = replace(ALL, individual=False)

    assert form.questions(shared, quiz.real(), "ann") == form.questions(shared, quiz.real(), "ben")


def test_enemies_are_never_drawn_together() -> None:
    """Whichever of two items names the other, no student gets both."""
    bank = quiz.real()
    first, second, *others = (item.id for item in bank.items if item.topic == "conv/arithmetic")
    hostile = replace(bank, items=tuple(replace(item, enemies=(second,) if item.id == first else ()) for item in bank.items))
    draw = Form("x", "s", (Draw(("conv/arithmetic",), release=RELEASES, count=len(others) + 1),), {})
    seen = set()
    for number in range(20):
        drawn = {item.id for item in form.choose(draw, hostile, str(number))}
        assert 1 == len(drawn & {first, second})
        seen |= drawn & {first, second}

    assert {first, second} == seen
    with pytest.raises(FormError, match="may stand together"):
        form.choose(replace(draw, draws=(Draw(("conv/arithmetic",), release=RELEASES, count=len(others) + 2),)), hostile, "ann")


def test_enemies_across_draws() -> None:
    """What one draw took keeps its enemies out of the next, and out of one with fewer candidates."""
    bank = quiz.real()
    first, second = bank.items[0], bank.items[-1]
    hostile = replace(bank, items=(replace(first, enemies=(second.id,)), *bank.items[1:-1], second))

    with pytest.raises(FormError):
        form.choose(Form("x", "s", (Draw(items=(first.id,)), Draw(items=(second.id,), count=1)), {}), hostile)


def test_items_for_practice_are_not_drawn() -> None:
    """An item whose answer students are given is in a form only if it is named, or practice is asked for."""
    bank = quiz.real()
    practice = {item.id for item in bank.items if item.release == "practice"}
    named = sorted(practice)[0]

    assert practice
    assert not practice & {item.id for item in form.choose(Form("x", "s", (Draw(),), {}), bank)}
    assert [named] == [item.id for item in form.choose(Form("x", "s", (Draw(items=(named,)),), {}), bank)]
    assert practice == {item.id for item in form.choose(Form("x", "s", (Draw(release=("practice",)),), {}), bank)}


def test_named_items_come_in_their_order() -> None:
    """A draw that names items takes them all, as they are named."""
    chosen = ("mn-when", "do-rate", "ar-out")

    assert list(chosen) == [item.id for item in form.choose(Form("x", "s", (Draw(items=chosen),), {}), quiz.real())]


def test_options_are_shuffled() -> None:
    """Options stand in another order for other students; a statement to judge keeps its two answers in order."""
    bank = quiz.real()
    draw = Form("x", "s", (Draw(types=("single", "truefalse"), release=RELEASES),), {})
    orders: dict[str, set[tuple[int, ...]]] = {}
    for number in range(10):
        for question in form.questions(draw, bank, str(number)):
            orders.setdefault(question.item.type, set()).add(question.order)

    assert 10 < len(orders["single"])
    assert {(0, 1)} == orders["truefalse"]


def test_codes_tell_items_apart() -> None:
    """No two items of the bank have the same code, and no code is the id."""
    bank = quiz.real()
    codes = {form.code(bank.id, item.id) for item in bank.items}

    assert len(bank.items) == len(codes)
    assert not any(item.id in codes for item in bank.items)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name = 3", "name has"),
        ('name = "a b"\nseed = "s"\n[[draw]]', "name has"),
        ('name = "a"\n[[draw]]', "seed is"),
        ('name = "a"\nseed = "s"', "says what is drawn"),
        ('name = "a"\nseed = "s"\nmore = 1\n[[draw]]', "more is no key"),
        ('name = "a"\nseed = "s"\n[[draw]]\ncount = 0', "count is"),
        ('name = "a"\nseed = "s"\n[[draw]]\ncount = true', "count is"),
        ('name = "a"\nseed = "s"\n[[draw]]\ntypes = ["song"]', "song is none of the types"),
        ('name = "a"\nseed = "s"\n[[draw]]\nrelease = ["today"]', "today is none of the release"),
        ('name = "a"\nseed = "s"\n[[draw]]\ntopics = "conv"', "topics is a list"),
        ('name = "a"\nseed = "s"\ntitle = "x"\n[[draw]]', "title has"),
        ('name = "a"\nseed = "s"\nindividual = 1\n[[draw]]', "individual is"),
        ('name = "a"\nseed = "s"\npoints = -1\n[[draw]]', "points are"),
        ("name = ", "cannot be read"),
        ("x = 1\n" * 20_000, "larger than"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: str, message: str) -> None:
    """Each rule of the file has a sentence."""
    path = tmp_path / "form.toml"
    path.write_text(content, "utf-8")

    with pytest.raises(FormError, match=message):
        form.read(path)


def test_an_item_that_is_not_there(tmp_path: Path) -> None:
    """A form cannot name what the bank does not have."""
    bank: Bank = quiz.sample(tmp_path)

    with pytest.raises(FormError, match="no nothing-here"):
        form.choose(Form("x", "s", (Draw(items=("nothing-here",)),), {}), bank)


def test_everything_is_the_bank(tmp_path: Path) -> None:
    """The form of the whole bank has its items in its order, but for essays, which come last."""
    bank = quiz.sample(tmp_path)
    order = sorted(bank.items, key=lambda item: item.type == "essay")

    assert order == form.choose(form.everything(bank), bank, "anybody")
