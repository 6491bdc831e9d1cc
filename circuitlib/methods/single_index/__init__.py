"""The single-index event model: one linear drive for each neuron, and one learned link for all."""
