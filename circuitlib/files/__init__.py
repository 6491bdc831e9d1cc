"""From a file to a recording: one module for each kind of file."""
