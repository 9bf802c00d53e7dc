"""The way through a parsed page, for everything that writes one as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def walk(root: Any, skip: Callable[[Any], bool], opened: Callable[[Any], None], closed: Callable[[Any], None]) -> None:
    """Visit every node without recursion: a page may be nested as deeply as its author likes.

    What `skip` says of is left out with all below it; `opened` comes before a node's children, `closed` after them.
    """
    node, top = root, root.mem_id  # == compares what nodes hold, which is slow for a deep page
    while True:
        left_out = skip(node)
        if not left_out:
            opened(node)
            if node.child is not None:
                node = node.child
                continue
            closed(node)
        while node.mem_id != top and node.next is None:
            node = node.parent
            closed(node)
        if node.mem_id == top:
            return
        node = node.next
