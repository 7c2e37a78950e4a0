"""Tests mirror the sources; what several of them share is in `support`."""
