"""Dead letters: searched, understood, tried again and mended."""
