"""How each language writes numbers, where Django's own way is not the one of scientific papers."""
