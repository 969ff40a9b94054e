"""The room of the numeric models: exposure, individual dosing, effects, pathways.

It is empty of functions so far; rules of this version need none. What is built here imports nothing of
ours, takes floats with stated units and never compares one to a threshold without a margin.
"""

__all__: list[str] = []
