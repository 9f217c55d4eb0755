"""The pure core: values in, values out. No await, no clock, no dice, no I/O, no third party."""
