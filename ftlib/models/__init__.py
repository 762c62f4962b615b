"""A network as stages: its layer graph, freezing, initialization, the backbones, and what it computes from images."""
