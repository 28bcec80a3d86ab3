"""What the agents' models are asked, where the rules are uncertain or something must be rewritten."""

from .adviser import Answer, Spending
from .advisers import Advisers
from .models import AgentModel, load_agent_models

__all__ = ["Advisers", "AgentModel", "Answer", "Spending", "load_agent_models"]
