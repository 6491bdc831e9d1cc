"""What runs experiments: their catalogue, the runs, and the store of finished ones."""
