"""OpenAI's shape: guards of chat completions and responses in plain JSON, and the client around them."""
