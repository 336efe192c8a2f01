"""Airflow reads its configuration when it is first imported, so it gets a home of its own before that."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from importlib.metadata import distributions
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(tempfile.mkdtemp(prefix="mode-tests-"))
NAME = "airflow-provider-mode"
PLUGIN = "airflow_provider_mode.sandbox.pytest_plugin"
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")  # no property depends on how busy the machine is


def register_checkout(folder: Path) -> None:
    """Make Airflow find the provider of a checkout that is not installed, as an installation would."""
    info = folder / "airflow_provider_mode-0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 0\n")
    entry = "provider_info = airflow_provider_mode.get_provider_info:get_provider_info"
    (info / "entry_points.txt").write_text(f"[apache_airflow_provider]\n{entry}\n")
    sys.path[:0] = [str(ROOT), str(folder)]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(folder), os.environ.get("PYTHONPATH", "")])


os.environ.update(
    {
        "AIRFLOW_HOME": str(HOME),
        "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME}/airflow.db",
        "AIRFLOW__METRICS__TIMER_UNIT_CONSISTENCY": "True",  # what 2.11 warns about, and 3.x always does
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "NO_PROXY": "127.0.0.1,localhost",
    }
)
for name in [name for name in os.environ if name.startswith("AIRFLOW_CONN_")]:
    del os.environ[name]
if not any(found.name == NAME for found in distributions()):
    register_checkout(HOME / "site")


def pytest_configure(config: pytest.Config) -> None:
    """Offer the sandbox's fixture also where the package is not installed, so that no entry point does."""
    plugin = ROOT / f"{PLUGIN.replace('.', '/')}.py"
    if not config.pluginmanager.has_plugin("mode_sandbox") and plugin.exists():
        config.pluginmanager.import_plugin(PLUGIN)
