"""A bank for other systems: each module is one format, `targets` lists them, `target` says what one is."""
