"""What decides. Five machines that do not know each other."""
