"""Carrying out a plan: read again, judge again, write down how to undo it, change."""
