"""What tests of code built on this SDK can use; each module says what it needs besides the SDK."""
