"""Faulty kernels of single operations, as tables by group: how a result goes wrong, and what must say so."""

from __future__ import annotations

from tests.suites.kernels import elements, products, rows

#: All of them.
KERNELS = (*products.KERNELS, *rows.KERNELS, *elements.KERNELS)
