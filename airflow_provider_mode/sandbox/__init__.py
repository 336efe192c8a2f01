"""A local, stateful imitation of Mode's REST and Discovery APIs, for demos and tests.

It stands alone: it shares no code with this package's client, so that the two cannot agree on a mistake.
"""

from airflow_provider_mode.sandbox.options import Options
from airflow_provider_mode.sandbox.sandbox import Sandbox

__all__ = ["Options", "Sandbox"]
