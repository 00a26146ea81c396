"""How a network travels: exports, each loaded back and compared."""
