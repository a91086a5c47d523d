"""What the handlers know about text: the language model, and the statistics of words."""
