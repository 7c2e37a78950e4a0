"""Train networks in full: a resumable run, its history, and its pictures."""
