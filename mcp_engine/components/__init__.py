"""How a component, ours or a third party's, contributes to the engine."""
