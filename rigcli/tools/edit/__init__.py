"""How files are changed: texts kept in their shape, exact replaces, patches, diffs to look at, one desk that writes."""
