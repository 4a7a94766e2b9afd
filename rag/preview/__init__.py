"""What a strategy would do, before it is pushed: how it cuts a document, and what it answers.

Nothing is recorded but the runs of prompts that reword or order.
"""
