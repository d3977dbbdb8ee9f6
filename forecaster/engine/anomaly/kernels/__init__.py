"""The loops of the anomaly score over the series of a step, one module a member, compiled as the kernel of
Holt-Winters is.

States have the series first: what a series' step needs lies side by side. Values are in units of the series'
first magnitude above zero; a missing one is NaN and leaves a state as it is. Rates are weights of the newest.
"""
