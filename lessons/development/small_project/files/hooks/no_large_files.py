"""Refuses files above 500 kB: models and tables are kept elsewhere, by their digest."""

import sys
from pathlib import Path

found = [name for name in sys.argv[1:] if Path(name).stat().st_size > 500_000]
sys.exit(f"too large: {', '.join(found)}" if found else 0)
