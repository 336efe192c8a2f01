from __future__ import annotations

from tests.operators.conftest import mode, said

__all__ = ["mode", "said"]
