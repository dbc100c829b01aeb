"""What the window shows, counted, chosen and worded without Qt."""
