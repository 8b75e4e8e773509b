"""Where somebody goes after signing in."""

import re
from typing import Final

HOME: Final = "/review"
LONGEST: Final = 2_000

# One slash, and then what a path and a query are made of. Browsers read a backslash as a slash and drop line breaks
# and tabs, so a list of what is dangerous would have gaps.
_LOCAL: Final = re.compile(r"/(?!/)[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*")


def local_path(asked: object) -> str:
    """Give the path that was asked for if it is one of this site, else where everybody starts."""
    if isinstance(asked, str) and len(asked) <= LONGEST and _LOCAL.fullmatch(asked):
        return asked
    return HOME
