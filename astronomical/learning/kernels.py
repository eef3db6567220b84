"""The compiled kernels of this folder, without importing them or the compiler."""

from __future__ import annotations

from astronomical.tasks import CompiledCode

__all__ = ["KERNELS"]

#: Until the kernels are ready, scikit-learn and NumPy give the same scores.
KERNELS = CompiledCode("scoring of trees", "astronomical.learning.tree_kernels", cached=True)
