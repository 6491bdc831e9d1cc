"""What makes spikes: networks, their dynamics, the simulator, and the best prediction."""
