"""What the benchmark programs take as arguments, with bounds that are told before anything starts."""

import argparse
from collections.abc import Callable


def whole(least: int, most: int) -> Callable[[str], int]:
    """Read a whole number within bounds."""

    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and least <= int(text) <= most:
            return int(text)
        msg = f"{text!r} does not do; give a whole number from {least} to {most}"
        raise argparse.ArgumentTypeError(msg)

    return read
