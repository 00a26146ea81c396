"""How it is taught: questions about a network, marked by inference. Knows neither torch nor Qt."""
