"""What a charge point does with each command of its central system."""
