"""Pictures: checked, encoded anew, stored once."""
