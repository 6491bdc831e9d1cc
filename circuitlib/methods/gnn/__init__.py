"""Graph networks: a structure module gives the weights, a spike module predicts through them."""
