"""Storage actions for Robusta: five workflows for persistent volumes.

Robusta reloads this package and its first-level modules whenever its configuration changes, but not the modules deeper
down. So that an upgrade in a running runner runs the new code everywhere, executing this module again forgets the deeper
modules: the action modules, which are loaded right after it, then import them afresh.
"""

import sys

for _name in [name for name in sys.modules if name.startswith(__name__ + ".")]:
    del sys.modules[_name]
