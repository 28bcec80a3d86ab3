"""The server: OpenAI's shape in front of any model, each answer past the gate."""
