"""What reports are made of: pages that load nothing, drawings, wording, and files for their owner's eyes."""
