"""Every format that a bank can be exported to, by its name on the command line."""

from autograder.instructor.quiz.exports.target import Target

TARGETS: dict[str, Target] = {}
