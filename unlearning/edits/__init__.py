"""Changes of weights in closed form, reversible by a saved delta."""
