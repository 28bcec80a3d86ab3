"""Weight-level unlearning: methods, what they are measured by, and attacks on what they leave."""
