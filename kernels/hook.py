"""What hatchling asks before it packs a wheel or installs for editing: the kernels are compiled, where that is possible."""

import importlib.util
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelsHook(BuildHookInterface[Any]):
    """Puts the compiled library into what is built, and says in its name for which machines that is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 hatchling's signature
        """Compile; without a compiler the wheel is one for every machine, and works without the library."""
        spec = importlib.util.spec_from_file_location("build", Path(self.root, "kernels", "build.py"))
        if spec is None or spec.loader is None:
            raise ImportError("kernels/build.py is not there")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        why = module.build()
        if why:
            sys.stderr.write(f"footfall: {why}\n")
            return
        build_data["artifacts"].append("kernels/footfall_kernels.so")
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-" + sysconfig.get_platform().replace("-", "_").replace(".", "_")
