"""Train the lab's network on the instructor's machine, and show how that went."""
