"""Infer who is wired to whom in a neural circuit, from spikes alone."""
