"""A line before each change and a line after it."""
