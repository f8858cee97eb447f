"""What registers do by themselves (moves) and to those who write to them (writes), one class each, without a clock.

A behaviour is what a device file says of it, checked, and a function of a state, the time and dice. Values are in the
register's own unit, scale and offset applied.
"""
