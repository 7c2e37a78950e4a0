"""What an instructor runs; not shipped to students."""
