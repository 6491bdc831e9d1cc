"""Generalized linear models: who spikes given what all others did."""
