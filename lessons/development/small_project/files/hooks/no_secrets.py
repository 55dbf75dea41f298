"""Refuses files in which something is called a password, a secret or a token and has a value."""

import re
import sys
from pathlib import Path

SECRET = re.compile(r"(password|secret|token)\w*\s*[=:]\s*[\"'][^\"']{8,}", re.IGNORECASE)
found = [name for name in sys.argv[1:] if SECRET.search(Path(name).read_text(errors="replace"))]
sys.exit(f"a secret in {', '.join(found)}" if found else 0)
