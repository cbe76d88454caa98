"""The command `offset`: what did not exist before."""
