"""Pictures: reading them safely, and the ONNX models that look at them."""
