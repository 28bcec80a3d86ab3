"""Weight-level jobs: asked for, run in processes of their own, approved, promoted and taken back."""
