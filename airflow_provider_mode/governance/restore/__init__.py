"""Undoing what a journal tells."""
