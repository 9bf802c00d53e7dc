"""The faces that other programs see: servers that answer for rig. `guard` stands before every one that speaks HTTP."""
