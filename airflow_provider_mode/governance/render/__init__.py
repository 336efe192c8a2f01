"""A plan for people: Markdown and one HTML page."""
