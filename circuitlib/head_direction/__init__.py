"""Head-direction cells: recordings and their controls, tuning, and places on a ring."""
