"""What steers a model at decoding time and leaves its weights alone: suppression."""
