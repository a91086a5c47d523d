"""The page at ``/docs``: made from the document, without scripts and without requests to elsewhere."""
