"""What a person sees. Reaches torch only through training, insight and exchange, inside functions."""
