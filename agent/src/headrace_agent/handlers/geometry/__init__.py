"""3D models: reading them safely, measuring and drawing them."""
