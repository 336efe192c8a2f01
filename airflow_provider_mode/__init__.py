"""Apache Airflow provider for Mode: archive what nobody opens, delete its schedules, and undo it."""

__version__ = "0.1.0"
