"""What client, agents and receiver write down, one JSON object a line."""
