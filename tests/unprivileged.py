"""Where permissions count: they do not for root, whom many a container runs its tests as."""

import os

from wanmeter import WanmeterError

NOBODY = 65534


def as_nobody(act):
    """What `act` is refused with by wanmeter, or `None`, where permissions count."""
    if os.geteuid():
        return _refused(act)
    os.seteuid(NOBODY)
    try:
        return _refused(act)
    finally:
        os.seteuid(0)


def _refused(act):
    try:
        act()
    except WanmeterError as error:
        return str(error)
    return None
