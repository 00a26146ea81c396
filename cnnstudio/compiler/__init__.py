"""What a network means: shapes, costs, receptive fields, diagnostics, source. Knows no torch and no Qt."""
