"""Where commands of a model run: shut off from home, keys and network where the system can, and ended whole."""
