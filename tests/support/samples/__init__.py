"""A ninth entity, as an engineer would add one: its spec, and its data in the simulator."""
