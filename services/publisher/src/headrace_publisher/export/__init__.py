"""The documented ``results/<id>/result.json`` in S3."""
