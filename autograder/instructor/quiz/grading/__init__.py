"""Answers from sheets and platforms, marks for them, what a person decides, and the tables and pages made of it."""
