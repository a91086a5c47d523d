"""The AuraFlux REST API (seed 001): video jobs with credits, templates, approval and publishing."""
