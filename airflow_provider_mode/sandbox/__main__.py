"""Lets `python -m airflow_provider_mode.sandbox` run."""

import sys

from airflow_provider_mode.sandbox.cli import main

if __name__ == "__main__":
    sys.exit(main())
