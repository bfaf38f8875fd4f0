"""Runs code without root's privileges, so that permissions count; containers often run tests as root."""

import os

from wanmeter import WanmeterError

NOBODY = 65534


def as_nobody(act):
    """Call `act` as an unprivileged user; return wanmeter's error text, or `None`."""
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
