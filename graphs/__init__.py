"""Agent workflows as governed LangGraph graphs."""
