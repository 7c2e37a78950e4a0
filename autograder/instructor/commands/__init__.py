"""The subcommands of convmark, one module each."""
