"""What is shipped: the distributions' contents, and what they depend on."""
