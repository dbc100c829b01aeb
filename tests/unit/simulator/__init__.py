"""The simulator, seen over real HTTP."""
