"""Lets `python -m airflow_provider_mode.sandbox` run."""

import sys

from airflow_provider_mode.sandbox.cli import main

sys.exit(main())
