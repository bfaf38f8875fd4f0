"""The exact, instant cost of running Wan2.1 video diffusion pipelines.

The public names stand in `__init__.pyi`. Each is loaded when it is first used, so that whoever needs one
does not wait for all.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
