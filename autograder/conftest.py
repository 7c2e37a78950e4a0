"""What `pytest autograder` loads; no entry point, so the plugin is active here and nowhere else."""

pytest_plugins = ["autograder.plugin"]
