"""Exact cost of running Wan2.1 and Wan2.2 video diffusion pipelines, from shapes alone.

`__init__.pyi` lists the public names. Each is imported on first use, so that `import wanmeter` is fast.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
