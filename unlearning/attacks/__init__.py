"""Ways to bring back what was unlearned, each beside a control that never learned it."""
