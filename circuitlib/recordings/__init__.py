"""What a method sees: spikes as times or counts, and what earlier spikes leave behind."""
