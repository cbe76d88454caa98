"""What is to happen: scenarios with their acts, drawn from a seed or written by people."""
