"""Methods that came before the graph network: covariances and generalized linear models."""
