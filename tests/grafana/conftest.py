"""grafana/ is in no wheel: it is found here, after both programs, which come from the wheel."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))
