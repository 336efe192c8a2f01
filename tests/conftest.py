"""Airflow reads its configuration when it is first imported, so it gets a home of its own before that."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(tempfile.mkdtemp(prefix="mode-tests-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

os.environ.update(
    {
        "AIRFLOW_HOME": str(HOME),
        "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME}/airflow.db",
        "AIRFLOW__METRICS__TIMER_UNIT_CONSISTENCY": "True",  # what 2.11 warns about, and 3.x always does
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "NO_PROXY": "127.0.0.1,localhost",
    }
)
for name in [name for name in os.environ if name.startswith("AIRFLOW_CONN_")]:
    del os.environ[name]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

PLUGIN = "airflow_provider_mode.sandbox.pytest_plugin"


def pytest_configure(config: pytest.Config) -> None:
    """Offer the sandbox's fixture also from a checkout that is not installed, where no entry point does."""
    if (
        not config.pluginmanager.has_plugin("mode_sandbox")
        and (ROOT / f"{PLUGIN.replace('.', '/')}.py").exists()
    ):
        config.pluginmanager.import_plugin(PLUGIN)
