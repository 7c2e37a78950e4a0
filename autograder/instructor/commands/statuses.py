"""Exit statuses: one meaning for all commands, what a script may rely on."""

DONE, ATTENTION, REFUSED, INTERRUPTED = 0, 1, 2, 130

MEANING = {
    DONE: "all well: what was asked for is there",
    ATTENTION: "something needs a person: it ran, and what is wrong or left to do is named",
    REFUSED: "nothing could be done: it was called wrongly, or what it needs is missing",
    INTERRUPTED: "interrupted, with Ctrl-C: the same command continues or starts again, nothing is broken",
}
