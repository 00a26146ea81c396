"""What is seen of the network beside the canvas: palette, inspector, outline, summary, source, problems."""
