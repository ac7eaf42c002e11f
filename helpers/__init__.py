"""Image classification with neural networks: the library behind the notebooks."""
