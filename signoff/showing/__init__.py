"""How jobs are shown to people in HTML: results made harmless, a job's life as a picture, times and words."""

from pathlib import Path
from typing import Final

TEMPLATES: Final = Path(__file__).parent / "templates"
"""The macros that the pages and exported reports share."""
