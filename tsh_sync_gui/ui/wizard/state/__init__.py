"""What the wizard shows, step by step: plain folds of results, without Qt."""
