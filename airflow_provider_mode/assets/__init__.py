"""Mode's reports as assets of Airflow: ``mode://<workspace>/reports/<report>``."""
