"""One page about a recording: which connections it supports, and why one may believe it."""
