"""Components that model families share: text encoder, image encoder, causal VAE."""
