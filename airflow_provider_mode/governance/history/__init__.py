"""What earlier inventories saw: since when a report is watched, and when its views last grew."""
