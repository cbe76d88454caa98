"""A meeting point: half tunnels and tunnels."""
